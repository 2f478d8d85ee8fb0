"""Which resources a selection of AWS Backup takes.

docs.aws.amazon.com/aws-backup/latest/devguide/assigning-resources.html: what is listed and what
has one of the listed tags, less what is excluded, and of that what meets all conditions. Whether
both a list and tags narrow or widen each other is told in two ways there, so that what only one
of them takes is perhaps taken. A plan takes resources of its own account and region.

.../assigning-resources-json.html: what is listed by its service alone (`arn:aws:ec2:*`) is taken
where its type is opted in; what is listed by its type (`arn:aws:ec2:*:*:instance/*`), always.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from caisson.terraform.aws.hidden import hidden
from caisson.terraform.model import UNKNOWN, Certainty, Link, Unknown
from caisson.terraform.reading import Block, Reading
from caisson.topology.arns import Arn
from caisson.topology.truth import all_of, any_of, negated

_COLONS = 5  # of an ARN, at least
_TAG = "aws:ResourceTag/"


@dataclass(frozen=True, slots=True)
class Kind:
    """How ARNs of a type look, `service` and what precedes the name, and what opts it in."""

    service: str
    prefix: str
    names: tuple[str, ...]
    opt_in: str
    always_asks: bool = False  # must be opted in even when it is listed


KINDS: Mapping[str, Kind] = {
    "aws_db_instance": Kind("rds", "db:", ("identifier",), "RDS"),
    "aws_docdb_cluster": Kind("rds", "cluster:", ("cluster_identifier",), "DocumentDB", True),
    "aws_dynamodb_table": Kind("dynamodb", "table/", ("name",), "DynamoDB"),
    "aws_ebs_volume": Kind("ec2", "volume/", ("id",), "EBS"),
    "aws_efs_file_system": Kind("elasticfilesystem", "file-system/", ("id",), "EFS"),
    "aws_fsx_lustre_file_system": Kind("fsx", "file-system/", ("id",), "FSx"),
    "aws_fsx_ontap_volume": Kind("fsx", "volume/", ("id",), "FSx"),
    "aws_fsx_openzfs_file_system": Kind("fsx", "file-system/", ("id",), "FSx"),
    "aws_fsx_windows_file_system": Kind("fsx", "file-system/", ("id",), "FSx"),
    "aws_instance": Kind("ec2", "instance/", ("id",), "EC2"),
    "aws_neptune_cluster": Kind("rds", "cluster:", ("cluster_identifier",), "Neptune", True),
    "aws_rds_cluster": Kind("rds", "cluster:", ("cluster_identifier",), "Aurora", True),
    "aws_redshift_cluster": Kind("redshift", "cluster:", ("cluster_identifier",), "Redshift"),
    "aws_s3_bucket": Kind("s3", "", ("bucket",), "S3"),
    "aws_timestreamwrite_table": Kind("timestream", "database/", (), "Timestream"),
}


@dataclass(frozen=True, slots=True)
class Taken:
    """One resource, and whether it is surely taken."""

    block: Block
    sure: bool


def taken(selection: Block) -> tuple[Taken, ...]:
    """Return the resources that are or may be taken, of those that were read."""
    found = ((each, _takes(selection, each)) for each in candidates(selection))
    return tuple(Taken(block, sure is True) for block, sure in found if sure is not False)


def told(selection: Block) -> bool:
    """Return whether all that it takes can be seen; what was not read never matters here."""
    lists = ("resources", "not_resources")
    return all(
        selection.texts(name).complete
        or not selection.written(name)
        or selection.link(name, *KINDS).certainty is not Certainty.OPEN
        for name in lists
    ) and not (hidden(selection, "selection_tag") or _unseen(selection))


def candidates(selection: Block) -> Iterator[Block]:
    """Yield what it can take at all: of the account and region, and of a type that is backed up."""
    for block in selection.reading.of(*KINDS):
        if not _apart(block.instance.region, selection.instance.region) and not _apart(
            block.instance.account, selection.instance.account
        ):
            yield block


def _apart(one: str | None, other: str | None) -> bool:
    return None not in (one, other) and one != other


def _takes(selection: Block, block: Block) -> bool | None:
    included = _included(selection, block)
    excluded = _listed(selection, block, "not_resources")
    return all_of((included, negated(excluded), _meets(selection, block)))


def _included(selection: Block, block: Block) -> bool | None:
    by_tag = bool(_tag_rules(selection)) or hidden(selection, "selection_tag")
    by_list = selection.written("resources") and selection.value("resources") != []
    listed, tagged = _listed(selection, block, "resources"), _tagged(selection, block)
    named = _listed(selection, block, "resources", by_service=False)
    if named and not KINDS[block.instance.type].always_asks:
        opted: bool | None = True
    else:
        opted = _opted_in(block)
    if by_list and by_tag:
        return all_of((listed if listed == tagged else None, opted))
    if by_list or by_tag:
        return all_of((listed if by_list else tagged, opted))
    return opted  # nothing said: everything that is opted in


def _opted_in(block: Block) -> bool | None:
    """Return whether AWS Backup cares for the type here; by itself it does."""
    name = KINDS[block.instance.type].opt_in
    return all_of(
        _preference(settings, name)
        for settings in block.reading.of("aws_backup_region_settings")
        if settings.instance.region == block.instance.region
        and settings.instance.account == block.instance.account
    )


def _preference(settings: Block, name: str) -> bool | None:
    choices = settings.value("resource_type_opt_in_preference")
    if not isinstance(choices, Mapping):
        return None
    value = choices.get(name, True)
    return value if isinstance(value, bool) else None


# By list


def _listed(
    selection: Block, block: Block, attribute: str, *, by_service: bool = True
) -> bool | None:
    """Return whether it is listed; not `by_service`: by its type at least."""
    if not selection.written(attribute):
        return False
    texts = selection.texts(attribute)
    counted = (each for each in texts.values if by_service or not _of_service(each))
    matches = [_matches(each, block) for each in counted]
    if not texts.complete:
        matches.append(_linked(selection.link(attribute, *KINDS), block.address))
    return any_of(matches)


def _of_service(pattern: str) -> bool:
    """Return whether it is all of a service; the ARN of a bucket names no type besides."""
    arn = Arn.parse(pattern)
    return arn is None or (arn.resource == "*" and arn.service != "s3")


def _pattern(text: str) -> Arn | None:
    """Return an ARN, perhaps with wildcards, of which the last stands for all that is missing."""
    missing = _COLONS - text.count(":")
    return Arn.parse(text + ":*" * missing if text.endswith("*") else text)


def _linked(link: Link, address: str) -> bool | None:
    if address in link.to:
        return True if link.sure or address in link.surely else None
    return None if link.certainty is Certainty.OPEN else False


def _matches(pattern: str, block: Block) -> bool | None:
    """Return whether an ARN, perhaps with wildcards, is that of `block`."""
    if pattern == "*":
        return True
    if block.text("arn") == pattern:
        return True
    arn, kind = _pattern(pattern), KINDS[block.instance.type]
    if arn is None:
        return None if "*" in pattern else False
    if not fnmatchcase(kind.service, arn.service):
        return False
    here = block.instance
    places = (_in(here.region, arn.region), _in(here.account, arn.account))
    return all_of((*places, _named(arn.resource, block, kind)))


def _in(place: str | None, glob: str) -> bool | None:
    """Return whether an ARN's region or account is this one; an S3 bucket's has none."""
    if glob in ("", "*"):
        return True
    return None if place is None else fnmatchcase(place, glob)


def _named(glob: str, block: Block, kind: Kind) -> bool | None:
    if glob == "*":
        return True
    rest = glob.removeprefix(kind.prefix)
    if kind.prefix and rest == glob:
        return None if "*" in glob and fnmatchcase(kind.prefix, glob) else False
    if rest == "*":
        return True
    name = next((value for each in kind.names if (value := block.text(each))), UNKNOWN)
    return None if isinstance(name, Unknown) else fnmatchcase(name, rest)


# By tags


def _tag_rules(selection: Block) -> tuple[Block, ...]:
    return selection.blocks("selection_tag")


def _tagged(selection: Block, block: Block) -> bool | None:
    if not selection.known("selection_tag"):
        return None
    return any_of(_tag_is(block, each, "STRINGEQUALS") for each in _tag_rules(selection))


_OPERATORS: Sequence[tuple[str, bool]] = (
    ("string_equals", True),
    ("string_like", True),
    ("string_not_equals", False),
    ("string_not_like", False),
)


def _meets(selection: Block, block: Block) -> bool | None:
    if _unseen(selection):
        return None
    return all_of(
        (found if wanted else negated(found))
        for condition in selection.blocks("condition")
        for operator, wanted in _OPERATORS
        for each in condition.blocks(operator)
        for found in [_tag_is(block, each, "LIKE" if "like" in operator else "STRINGEQUALS")]
    )


def _unseen(selection: Block) -> bool:
    """Return whether there may be conditions that are known only after apply."""
    return hidden(selection, "condition") or any(
        hidden(condition, operator)
        for condition in selection.blocks("condition")
        for operator, _ in _OPERATORS
    )


def _tag_is(block: Block, rule: Block, operator: str) -> bool | None:
    key, wanted = rule.text("key"), rule.text("value")
    tags = _tags(block)
    if isinstance(key, Unknown) or isinstance(wanted, Unknown) or key is None or tags is None:
        return None
    value = tags.get(key.removeprefix(_TAG))
    if value is UNKNOWN:
        return None
    if value is None:
        return False
    return fnmatchcase(str(value), wanted or "") if operator == "LIKE" else value == (wanted or "")


def _tags(block: Block) -> Mapping[str, object] | None:
    """Return the tags, those that the provider adds too; None when they are not known."""
    for name in ("tags_all", "tags"):
        value = block.value(name)
        if isinstance(value, Mapping):
            return value
        if block.written(name):
            return None
    return {}


def selections(reading: Reading) -> Iterator[Block]:
    return reading.of("aws_backup_selection")
