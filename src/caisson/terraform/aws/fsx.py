"""FSx: Windows, Lustre, ONTAP and OpenZFS file systems. All of them are always encrypted."""

from dataclasses import dataclass, replace

from caisson.terraform.aws.at_rest import AtRest, by_key
from caisson.terraform.aws.carried import carried
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.presence import unset
from caisson.terraform.aws.seats import seated, subnets
from caisson.terraform.aws.snapshots import Snapshots, snapshots
from caisson.terraform.aws.stores import DAY_S, HOUR_S, backed_up, uses
from caisson.terraform.aws.typed import given
from caisson.terraform.aws.written import number, text
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import Ports
from caisson.topology.resources import Rest, Way


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of file system. `kept_days` is how long automatic backups are kept unless told."""

    type: str
    system: str
    kept_days: float
    listens: tuple[Ports, ...] | None


FAMILIES = (
    # Ports as the user guides list them under "File system access control with Amazon VPC".
    Family("aws_fsx_lustre_file_system", "lustre", 0.0, (Ports(988, 988), Ports(1018, 1023))),
    Family("aws_fsx_ontap_file_system", "ontap", 0.0, None),
    Family(
        "aws_fsx_openzfs_file_system",
        "openzfs",
        0.0,
        (Ports(111, 111), Ports(2049, 2049), Ports(20001, 20003)),
    ),
    Family(
        "aws_fsx_windows_file_system",
        "smb",
        7.0,
        (Ports(135, 135), Ports(445, 445), Ports(5985, 5985), Ports(49152, 65535)),
    ),
)
FILE_SYSTEMS = tuple(each.type for each in FAMILIES)
BACKUP = "aws_fsx_backup"
BUCKET = "aws_s3_bucket"
TO_S3 = "aws_fsx_data_repository_association"
TYPES = frozenset(
    {
        *FILE_SYSTEMS,
        BACKUP,
        TO_S3,
        "aws_fsx_ontap_storage_virtual_machine",
        "aws_fsx_ontap_volume",
        "aws_fsx_openzfs_snapshot",
        "aws_fsx_openzfs_volume",
    }
)


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    return joined(
        [
            *(_files(each, names, one) for each in FAMILIES for one in reading.of(each.type)),
            *(_with_bucket(each) for each in reading.of(TO_S3)),
            snapshots(reading, Snapshots(BACKUP, "file_system_id", FILE_SYSTEMS), _at_rest, "fsx"),
        ]
    )


def _at_rest(block: Block) -> AtRest:
    return by_key(block, "kms_key_id", without=True)


def _files(family: Family, names: Names, block: Block) -> Fragment:
    kind = text(block, "deployment_type", "SCRATCH_1" if family.system == "lustre" else None)
    store = _at_rest(block).on(
        replace(
            holding(block, Rest.FILES, family.system),
            # All but Lustre take clients that talk in the clear unless a setting inside says no.
            encrypted_in_transit=None,
            public=False,
            multi_zone=None if kind is None else kind.startswith("MULTI_AZ"),
            deletion_protected=False,
            # "Scratch file systems ... data is not replicated and does not persist if a file
            # server fails" (FSx for Lustre user guide, "Deployment options").
            durable=not (kind or "").startswith("SCRATCH"),
        )
    )
    seat = seated(
        names,
        block,
        subnets(names, block, "subnet_ids"),
        "security_group_ids",
        public=False,
        listens=family.listens,
    )
    backups = backed_up(
        block,
        store,
        number(block, "automatic_backup_retention_days", family.kept_days),
        lag_most_s=DAY_S + HOUR_S,
        every_s=DAY_S,
        point_in_time=False,
    )
    restored = uses(block, given(block, "backup_id", BACKUP), "restored from")
    gaps = _at_rest(block).gaps(block)
    return joined([Fragment(holdings=(store,)), gaps, seat, backups, restored, _imported(block)])


def _imported(block: Block) -> Fragment:
    """Return what a Lustre file system takes from a bucket and writes back to one."""
    own = Link((block.address,))
    found = []
    if not unset(block, "import_path"):
        taken = given(block, "import_path", BUCKET)
        found.append(carried(block, Way.CACHE, taken, own, types=(BUCKET,)))
    if not unset(block, "export_path"):
        back = given(block, "export_path", BUCKET)
        found.append(carried(block, Way.EXPORT, own, back, types=()))
    return joined(found)


def _with_bucket(block: Block) -> Fragment:
    files = given(block, "file_system_id", *FILE_SYSTEMS)
    buckets = given(block, "data_repository_path", BUCKET)
    exports = any(each.blocks("auto_export_policy") for each in block.blocks("s3"))
    # Without the policy somebody may still export by hand.
    back = files if exports else replace(files, certainty=Certainty.AMONG)
    return joined(
        [
            carried(block, Way.CACHE, buckets, files, types=(BUCKET,)),
            carried(block, Way.EXPORT, back, buckets, types=FILE_SYSTEMS),
        ]
    )
