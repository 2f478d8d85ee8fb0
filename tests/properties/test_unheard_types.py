"""A type that nobody has heard of keeps no promise, and breaks none.

Every type of our estates is in turn given a name that no table has. Whatever it was, from then on
nobody can say what it is: it may be a store, a way in, or something that copies data away. So what
is promised of everything cannot hold; nor is it broken by what cannot be seen any more.
"""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caisson.prove.model import Decision
from mutations import ESTATES, MUTATIONS, Files, decisions, files_of, verdicts_of

RESOURCE = re.compile(r'resource "(aws_\w+)"')
# These are about some things alone; what they depend on is all that they must not outlive.
STORES = (
    "aws_db_instance",
    "aws_dynamodb_table",
    "aws_efs_file_system",
    "aws_s3_bucket",
    "aws_backup_plan",
    "aws_backup_selection",
    "aws_backup_vault",
)
NARROW = {
    "only-the-app-reaches-the-ledger": (
        "aws_db_instance",
        "aws_db_subnet_group",
        "aws_ecs_service",
        "aws_network_acl",
        "aws_network_acl_rule",
        "aws_route_table",
        "aws_route_table_association",
        "aws_security_group",
        "aws_subnet",
        "aws_vpc",
    ),
    "lose-a-store": (*STORES, "aws_s3_bucket_versioning"),
    "lose-a-region": (
        *STORES,
        "aws_kms_key",
        "aws_kms_replica_key",
        "aws_s3_bucket_replication_configuration",
    ),
}


def types_of(files: Files) -> list[str]:
    return sorted({each for text in files.values() for each in RESOURCE.findall(text)})


def without(files: Files, type_: str) -> Files:
    """The same estate, where the type is called otherwise, also by those who refer to it."""
    other = f"{type_}_of_tomorrow"
    return {path: re.sub(rf"\b{type_}\b", other, text) for path, text in files.items()}


EVERY = [(estate, type_) for estate in ESTATES for type_ in types_of(files_of(estate))]


@pytest.mark.parametrize(("estate", "type_"), EVERY)
def test_nothing_holds_of_everything_and_nothing_is_broken(estate: str, type_: str) -> None:
    found = decisions(verdicts_of(estate, without(files_of(estate), type_)))
    left = {
        promise
        for promise, decision in found.items()
        if decision is Decision.HOLDS and type_ in NARROW.get(promise, (type_,))
    }
    assert left == set()
    assert Decision.BROKEN not in found.values()


TURNED = [each for each in MUTATIONS if each.turned]


@given(st.data())
def test_what_does_not_hold_does_not_come_to_hold(data: st.DataObject) -> None:
    """A type that hides a breach leaves it open, whichever of the two is looked at first."""
    mutation = data.draw(st.sampled_from(TURNED))
    files = mutation.files()
    found = decisions(
        verdicts_of(mutation.estate, without(files, data.draw(st.sampled_from(types_of(files)))))
    )
    assert Decision.HOLDS not in {found[promise] for promise in mutation.turned}
