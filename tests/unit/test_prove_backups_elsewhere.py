"""What backups are worth when a region is lost, and whom they tie together."""

from typing import Any

import pytest

from caisson.estate.model import Estate
from caisson.estate.sources import Sources
from caisson.prove.check import prove
from caisson.prove.model import Decision, Verdict
from caisson.topology.resolve import resolve

SET, SITE = "production/us/blocks", "production/us-west"
ALONE = {"us": {"home": "us-west"}}
BOTH = {"us": {"home": "us-west", "standby": "us-east"}}
WAL = {"every": "1d", "keep": "35d", "wal": True}
LOST = {"when": "region lost", "rpo": "5m", "rto": "1h"}


def decided(promise: dict[str, Any], **said: Any) -> dict[str, Verdict]:
    regions = {name: {"jurisdiction": "us"} for name in ("us-west", "us-east")}
    regions["eu-west"] = {"jurisdiction": "eu"}
    plain: dict[str, Any] = {
        "estate": "shop",
        "jurisdictions": BOTH,
        "regions": regions,
        "stores": {"blocks": {"system": "postgres", "backup": WAL}},
        "promises": [{"name": "asked", **promise}],
    }
    estate = Estate.model_validate({**plain, **said})
    found = prove(estate, Sources(), resolve(estate, Sources()))
    return {each.subject: each for each in found}


def against(verdict: Verdict) -> str:
    return " and ".join(fact.text for fact in verdict.counterexample)


@pytest.mark.parametrize(
    ("kept_in", "where"),
    [("us-east", "outside of the region, in us-east"), ("us-west", "lost with it, in us-west")],
)
def test_with_a_standby_backups_decide_nothing_and_are_said_to_be_left_or_lost(
    kept_in: str, where: str
) -> None:
    verdict = decided(LOST, backups={"us": {"in": kept_in}})[SITE]
    assert verdict.decision is Decision.UNKNOWN
    assert f"the backups of {SET} are {where}" in {fact.text for fact in verdict.why}


@pytest.mark.parametrize(("rpo", "told"), [("59s", True), ("1m", False)])
def test_of_a_lost_store_backups_elsewhere_lack_what_was_not_archived(rpo: str, told: bool) -> None:
    elsewhere = {"us": {"in": "us-east"}}
    promise = {**LOST, "rpo": rpo}
    verdict = decided(promise, jurisdictions=ALONE, backups=elsewhere)[SITE]
    lacking = f"of {SET} only backups are left, in us-east, which may lack 1 min (promised"
    assert (lacking in against(verdict)) is told
    assert f"no site of us is left into which {SET} could be restored" in against(verdict)
    assert verdict.decision is Decision.BROKEN


@pytest.mark.parametrize(
    ("jurisdictions", "backups", "text"),
    [
        (ALONE, {}, f"the backups of {SET} are lost with it, in us-west"),
        (
            {"us": {"home": "us-west", "standby": "eu-west"}},
            {},
            f"the backups of {SET} are outside of the region, in eu-west, outside of us",
        ),
    ],
)
def test_backups_that_are_lost_too_or_lie_abroad_are_no_copy(
    jurisdictions: dict[str, Any], backups: dict[str, Any], text: str
) -> None:
    verdict = decided(LOST, jurisdictions=jurisdictions, backups=backups)[SITE]
    assert verdict.decision is Decision.BROKEN
    assert f"{SET} has no other copy in another region of us" in against(verdict)
    assert text in against(verdict)


@pytest.mark.parametrize(
    ("repository", "decision"),
    [
        (None, Decision.HOLDS),
        ("s3://kept-{environment}/shop", Decision.HOLDS),
        ("s3://kept/{environment}", Decision.BROKEN),
        ("/srv/{environment}", Decision.HOLDS),
        ("/srv/kept", Decision.BROKEN),
    ],
)
def test_environments_with_one_bucket_or_folder_are_not_apart(
    repository: str | None, decision: Decision
) -> None:
    place = {"in": "us-east", **({"repository": repository} if repository else {})}
    (verdict,) = decided(
        {"isolate": ["production", "staging"]},
        environments={"production": {}, "staging": {}},
        backups={"us": place},
    ).values()
    assert verdict.decision is decision
    if decision is Decision.BROKEN:
        assert "the backups of production/us and of staging/us lie in one place" in against(verdict)
