"""Everything holds on our own estates, and whatever breaks a promise turns its verdict."""

from collections import defaultdict

import pytest

from caisson.prove.check import prove_terraform
from caisson.prove.model import Decision
from caisson.terraform.read import read
from caisson.topology.places import Places
from mutations import (
    ESTATES,
    MUTATIONS,
    PLANS,
    Mutation,
    decisions,
    files_of,
    promised_of,
    verdicts_of,
)


@pytest.mark.parametrize("estate", ESTATES)
def test_everything_holds_without_a_plan(estate: str) -> None:
    found = decisions(verdicts_of(estate, files_of(estate)))
    assert set(found.values()) == {Decision.HOLDS}
    assert set(found) == {each.name for each in promised_of(estate).file.promises}


@pytest.mark.parametrize("estate", ESTATES)
def test_everything_holds_on_the_plan_of_it(estate: str) -> None:
    promised = promised_of(estate)
    plan = PLANS / estate / "plan.json"
    sources = {path: text.encode() for path, text in files_of(estate).items()}
    topology = read(plan.name, plan.read_bytes(), sources, Places.of(promised.file))
    found = prove_terraform(promised, topology).verdicts
    assert {each.decision for each in found} == {Decision.HOLDS}


@pytest.mark.parametrize("estate", ESTATES)
def test_a_plan_without_its_sources_breaks_nothing(estate: str) -> None:
    promised = promised_of(estate)
    plan = PLANS / estate / "plan.json"
    topology = read(plan.name, plan.read_bytes(), None, Places.of(promised.file))
    found = prove_terraform(promised, topology).verdicts
    assert Decision.BROKEN not in {each.decision for each in found}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda each: each.name)
def test_a_mutation_turns_what_it_breaks_and_nothing_else(mutation: Mutation) -> None:
    verdicts = verdicts_of(mutation.estate, mutation.files())
    found = decisions(verdicts)
    assert found == {promise: mutation.expected(promise) for promise in found}
    for each in verdicts:
        assert each.decision is not Decision.BROKEN or each.counterexample
        assert each.decision is Decision.HOLDS or each.remedy


@pytest.mark.parametrize("estate", ESTATES)
def test_every_promise_can_be_broken_and_can_be_left_open(estate: str) -> None:
    found = defaultdict(set)
    for mutation in MUTATIONS:
        if mutation.estate == estate:
            for promise in promised_of(estate).file.promises:
                found[promise.name].add(mutation.expected(promise.name))
    assert {promise for promise, seen in found.items() if Decision.BROKEN not in seen} == set()
    assert {promise for promise, seen in found.items() if Decision.HOLDS not in seen} == set()
    assert {promise for promise, seen in found.items() if Decision.UNKNOWN not in seen} == set()
