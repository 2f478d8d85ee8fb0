"""Databases in several regions: who of a global cluster's members is the primary.

The others follow it without an acknowledgement of the commit, so nothing bounds how far behind
they are ("typically less than one second", Aurora user guide, is no bound).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from caisson.terraform.aws.presence import unset
from caisson.terraform.aws.stores import COPIES, unread
from caisson.terraform.aws.typed import given
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.model import Certainty
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Movement, Way

# Only a primary is given its first data or its first user.
OF_PRIMARIES = (
    "master_username",
    "manage_master_user_password",
    "snapshot_identifier",
    "restore_to_point_in_time",
)


@dataclass(frozen=True, slots=True)
class Membership:
    """How clusters say that they belong to a global one."""

    cluster: str
    global_cluster: str
    names_global: str = "global_cluster_identifier"
    names_primary: str = "source_db_cluster_identifier"


def replicated(reading: Reading, words: Membership) -> Fragment:
    """Return the replication between the members of each global cluster."""
    members = [each for each in reading.of(words.cluster) if not unset(each, words.names_global)]
    return joined(
        [
            *(_of_global(each, members, words) for each in reading.of(words.global_cluster)),
            *(_of_foreign(each, words) for each in members),
        ]
    )


def secondaries(reading: Reading, words: Membership) -> frozenset[str]:
    """Return the clusters that certainly take no writes of their own."""
    return frozenset(each.target for each in replicated(reading, words).movements if each.sure)


def _of_global(block: Block, members: Sequence[Block], words: Membership) -> Fragment:
    made_of = given(block, words.names_primary, words.cluster)
    belonging = {
        each.address: given(each, words.names_global, words.global_cluster) for each in members
    }
    named = {
        each: link.only is not None for each, link in belonging.items() if block.address in link.to
    }
    every = tuple(dict.fromkeys((*made_of.to, *named)))
    primaries = _primaries(block, every, words)
    told = len(primaries) == 1
    movements = tuple(
        Movement(
            Way.REPLICATION,
            primary,
            other,
            block.source,
            via=f"global cluster {block.address}",
            sure=told and named.get(other, False),
        )
        for primary in primaries
        for other in every
        if other != primary
    )
    return Fragment(movements=movements)


def _primaries(block: Block, members: Sequence[str], words: Membership) -> Sequence[str]:
    """Return the member that takes the writes, or those that may be it."""
    made_of = given(block, words.names_primary, words.cluster)
    if made_of.only in members and made_of.only is not None:
        return (made_of.only,)
    blocks = [block.reading.at(each) for each in members if each in block.reading.instances]
    for is_first in (_surely_first, _perhaps_first):
        first = [each.address for each in blocks if is_first(each)]
        if first:
            return first if len(first) == 1 else members
    return members


def _surely_first(block: Block) -> bool:
    return any(_given(block, each) and block.known(each) for each in OF_PRIMARIES)


def _perhaps_first(block: Block) -> bool:
    return any(_given(block, each) for each in OF_PRIMARIES)


def _given(block: Block, name: str) -> bool:
    return not unset(block, name) and block.value(name) is not False


def _of_foreign(block: Block, words: Membership) -> Fragment:
    """Return the gap of a member of a global cluster that was not read."""
    named = given(block, words.names_global, words.global_cluster)
    if named.to and not named.outside and named.certainty is not Certainty.OPEN:
        return NO_FRAGMENT
    what = f"{block.address} shares its data with a global cluster that was not read"
    return unread(block, what, *COPIES)
