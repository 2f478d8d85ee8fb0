"""Log groups: the same for everything that writes logs."""

from caisson.terraform.writing.aws import handles
from caisson.terraform.writing.blueprint import INTERNAL, Place
from caisson.terraform.writing.model import Block
from caisson.terraform.writing.references import remote

# A year, in every environment: what happened is asked long after it did.
RETENTION_DAYS = 365


def group(
    file: str,
    place: Place,
    name: str,
    path: str,
    component: str | None = None,
    was: tuple[str, ...] = (),
) -> Block:
    """Return the log group `path`, such as `/aws/rds/proxy/blocks`.

    It stands in `file` of a root that needs `keys`; `component` is whose log it is, and `was` the
    names that the block had before.
    """
    own = {} if component is None else {"Component": component}
    return Block(
        file,
        "aws_cloudwatch_log_group",
        name,
        place.label,
        {
            "name": path,
            "retention_in_days": RETENTION_DAYS,
            "kms_key_id": remote(handles.KEYS, handles.key_arn(place, INTERNAL)),
            "tags": {"Name": path, **own, "DataClass": INTERNAL},
        },
        was=was,
    )
