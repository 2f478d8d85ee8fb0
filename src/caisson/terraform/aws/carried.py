"""Data that one store's settings send into another."""

from collections.abc import Iterable, Sequence

from caisson.terraform.aws.stores import COPIES, DAY_S, unread
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Movement, Question, Way


def instances_of(reading: Reading, types: Iterable[str]) -> tuple[str, ...]:
    """Return the addresses of every instance of these types."""
    return tuple(each.address for each in reading.of(*types))


def carried(
    block: Block,
    way: Way,
    sources: Link,
    targets: Link,
    *,
    types: Sequence[str],
    via: str = "",
    kept_days: float | None = None,
    timed: bool = True,
    point_in_time: bool = False,
) -> Fragment:
    """Return the movements from `sources` to `targets` that `block` declares.

    Nothing bounds how late they are. `types` are those that the sources can have: when it is
    not told which they are, the gap is about all of them.
    """
    movements = tuple(
        Movement(
            way,
            source,
            target,
            block.source,
            kept_s=None if kept_days is None else kept_days * DAY_S,
            point_in_time=point_in_time,
            via=via or block.address,
            sure=source in sources.certain and target in targets.certain,
            timed=timed,
        )
        for source in sources.every
        for target in targets.every
    )
    return joined([Fragment(movements=movements), _untold(block, sources, targets, types)])


def _untold(block: Block, sources: Link, targets: Link, types: Sequence[str]) -> Fragment:
    if all(map(_closed, (sources, targets))):
        return NO_FRAGMENT
    others = () if _closed(sources) else instances_of(block.reading, types)
    what = f"what {block.address} copies to where cannot be told"
    return unread(
        block, what, *COPIES, Question.CONSISTENCY, about=(*sources.every, *targets.every, *others)
    )


def _closed(link: Link) -> bool:
    """Return whether everything that may be named is known, and is something."""
    return bool(link.every) and link.certainty is not Certainty.OPEN


def followed(
    block: Block, sources: Link, target: str, way: Way, via: str, *, types: Sequence[str]
) -> Fragment:
    """Return the movements from each of `sources` into `target`."""
    return carried(block, way, sources, Link((target,)), types=types, via=via)


def logs_delivered(block: Block, targets: Link, via: str) -> Fragment:
    """Return the logs of `block` that go where an attribute says: a group, a bucket, a stream."""
    return carried(block, Way.LOG, Link((block.address,)), targets, types=(), via=via)
