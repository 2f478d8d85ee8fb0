"""EFS: shared file systems, entered through a mount target in each subnet."""

from dataclasses import replace

from caisson.terraform.aws.at_rest import AtRest, by_flag, by_key
from caisson.terraform.aws.attached import Attached, attached
from caisson.terraform.aws.carried import carried, instances_of
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.kinds import SUBNET
from caisson.terraform.aws.naming import Names, together
from caisson.terraform.aws.openness import refuses_plain_text
from caisson.terraform.aws.owned_policies import owned_policy
from caisson.terraform.aws.policies import document_of
from caisson.terraform.aws.presence import unset
from caisson.terraform.aws.seats import ports, seated
from caisson.terraform.aws.stores import (
    DAY_S,
    HOUR_S,
    NETWORK_QUESTIONS,
    backed_up,
    moved_to,
    unread,
)
from caisson.terraform.aws.typed import given
from caisson.terraform.aws.written import flag, text
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Holding, Rest, Way
from caisson.topology.truth import any_of, negated

FILES = "aws_efs_file_system"
MOUNT = "aws_efs_mount_target"
BACKUP_POLICY = "aws_efs_backup_policy"
REPLICATION = "aws_efs_replication_configuration"
POLICY = "aws_efs_file_system_policy"
TYPES = frozenset({FILES, MOUNT, BACKUP_POLICY, REPLICATION, POLICY, "aws_efs_access_point"})
NFS = 2049
# The default plan of AWS Backup for EFS: daily, starting within eight hours of 5 a.m. UTC, kept
# for 35 days (EFS user guide, "Automatic backups").
KEPT_DAYS = 35.0
LATEST_START_S = 8 * HOUR_S


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    backups = attached(reading.of(BACKUP_POLICY), "file_system_id", FILES)
    policies = attached(reading.of(POLICY), "file_system_id", FILES)
    return joined(
        [
            *(_files(each, backups, policies) for each in reading.of(FILES)),
            *(_mount(names, each) for each in reading.of(MOUNT)),
            *(_replication(each) for each in reading.of(REPLICATION)),
            *(
                owned_policy(each, "policy", "file_system_id", (FILES,))
                for each in reading.of(POLICY)
            ),
        ]
    )


def _files(block: Block, backups: Attached, policies: Attached) -> Fragment:
    at_rest = encryption(block)
    one_zone = _one_zone(block)
    store = at_rest.on(
        replace(
            holding(block, Rest.FILES, "efs"),
            encrypted_in_transit=_in_transit(block, policies),
            public=False,  # a mount target has no address that the internet can send to
            multi_zone=negated(one_zone),
            deletion_protected=False,
            versioned=False,
        )
    )
    return joined(
        [
            Fragment(holdings=(store,)),
            at_rest.gaps(block),
            _backups(block, store, backups, one_zone=one_zone),
        ]
    )


def _one_zone(block: Block) -> bool | None:
    """Return whether it is in the one zone that is named; in several when none is."""
    if unset(block, "availability_zone_name"):
        return False
    return True if text(block, "availability_zone_name") else None


def encryption(block: Block) -> AtRest:
    # CreateFileSystem, `Encrypted`: off unless told.
    return by_flag(block, "kms_key_id", flagged=flag(block, "encrypted", default=False))


def _in_transit(block: Block, policies: Attached) -> bool | None:
    """Return whether mounts without TLS are refused, which only a policy does."""
    return any_of(
        refuses_plain_text(document_of(each, "policy")) if sure else None
        for each, sure in policies.all_to(block.address)
    )


def _backups(block: Block, store: Holding, backups: Attached, *, one_zone: bool | None) -> Fragment:
    """Return the automatic backups: as told, else on for those in one zone only.

    (CreateFileSystem, `Backup`.)
    """
    told = [_enabled(each) if sure else None for each, sure in backups.all_to(block.address)]
    enabled = any_of(told) if told else one_zone
    return backed_up(
        block,
        store,
        0.0 if enabled is False else KEPT_DAYS if enabled else None,
        lag_most_s=DAY_S + LATEST_START_S,
        every_s=DAY_S,
        point_in_time=False,
        survives_store=True,
        part="automatic-backups",
        via="automatic backups",
    )


def _enabled(block: Block) -> bool | None:
    said = block.block("backup_policy")
    status = text(said, "status")
    return None if status is None else status == "ENABLED"


def _mount(names: Names, block: Block) -> Fragment:
    files = given(block, "file_system_id", FILES)
    seats = [
        seated(
            names,
            block,
            names.link(block, "subnet_id", SUBNET),
            "security_groups",
            public=False,
            listens=ports(NFS),
            owner=each,
            opens=False,
            sure=files.sure,
        )
        for each in files.every
    ]
    if files.every and files.certainty is not Certainty.OPEN:
        return joined(seats)
    what = f"what {block.address} leads to cannot be told"
    lost = unread(block, what, *NETWORK_QUESTIONS, about=instances_of(block.reading, (FILES,)))
    return joined([*seats, lost])


def _replication(block: Block) -> Fragment:
    """Return the replication; "designed to" keep 15 minutes "for most file systems" is no bound."""
    sources = given(block, "source_file_system_id", FILES)
    found = [_replica(block, each) for each in block.blocks("destination")]
    targets = together(each for each, _ in found)
    moved = carried(block, Way.REPLICATION, sources, targets, types=(FILES,))
    return joined([moved, *(each for _, each in found)])


def _replica(block: Block, there: Block) -> tuple[Link, Fragment]:
    """Return the target of a destination, and the file system that is made when none is named."""
    named = given(there, "file_system_id", FILES)
    if named.only is not None:
        return named, NO_FRAGMENT
    made = _made(block, there, sure=unset(there, "file_system_id"))
    own = block.link("source_file_system_id", FILES)
    others = tuple(each for each in named.to if each not in own.to)
    certainty = Certainty.EXACT if made.holdings[0].sure else Certainty.AMONG
    return Link((made.holdings[0].id, *others), named.outside, certainty), made


def _made(block: Block, there: Block, *, sure: bool) -> Fragment:
    """Return the file system that replication makes: "always encrypted", in the region named."""
    zone = text(there, "availability_zone_name")
    by_zone = zone[:-1] if zone else block.resource.region
    keys = by_key(there, "kms_key_id", without=True)
    found = replace(
        moved_to(holding(block, Rest.REPLICA, "efs"), block, text(there, "region", by_zone)),
        public=False,
        encrypted_in_transit=False,
        multi_zone=negated(_one_zone(there)),
        deletion_protected=False,
        versioned=False,
        sure=sure,
    )
    return joined([Fragment(holdings=(keys.on(found),)), keys.gaps(block)])
