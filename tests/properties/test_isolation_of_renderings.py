"""The environments of a rendering are apart, and whatever lets one into the other is noticed.

What is changed is one thing in the Terraform of an environment: whom one of its policies lets in,
under what conditions, that it is known, or what type a thing has.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aws_estates import rendering_of
from caisson.estate import promise_files
from caisson.estate.loading import load
from caisson.estate.model import Isolation
from caisson.estate.promise_files import Promised
from caisson.prove.check import prove_terraform
from caisson.prove.model import Decision
from caisson.terraform.aws.doors import DOCUMENTS, TRUSTS
from caisson.terraform.read import read_together
from caisson.terraform.writing.promises import FILE
from caisson.terraform.writing.text import files
from caisson.topology.places import Places
from read_back import parts_of

WORKSPACE = Path(__file__).parents[2] / "examples" / "workspace"
ACCOUNTS = {"production": "333333333333", "staging": "444444444444"}
NAMED = re.compile(r"\$\{data\.aws_iam_policy_document\.(\w+)\.json\}")
# Reading all roots of the estate takes a second or more.
FEW = settings(max_examples=8)
Texts = dict[str, str]
Statement = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """A statement that lets somebody in, in a document that `used_by` is given."""

    path: str
    document: str
    statement: int
    used_by: str

    @property
    def other(self) -> str:
        own = self.path.split("/")[0]
        return next(account for name, account in ACCOUNTS.items() if name != own)


@cache
def rendered() -> Texts:
    return dict(files(rendering_of(load(WORKSPACE).estate)))


def own(path: str) -> bool:
    return path.split("/", maxsplit=1)[0] in ACCOUNTS and path.endswith(".tf.json")


def uses(path: str) -> Iterator[tuple[str, str]]:
    """Yield which document each thing in a file has that says whom it lets in."""
    for type_, things in json.loads(rendered()[path]).get("resource", {}).items():
        for body in things.values() if type_ in DOCUMENTS else ():
            if found := NAMED.fullmatch(str(body.get(DOCUMENTS[type_], ""))):
                yield type_, found[1]


@cache
def places() -> list[Place]:
    return list(_places())


def _places() -> Iterator[Place]:
    for path in filter(own, rendered()):
        written = json.loads(rendered()[path]).get("data", {}).get("aws_iam_policy_document", {})
        for type_, name in uses(path):
            for at, each in enumerate(written.get(name, {}).get("statement", ())):
                if each.get("effect") == "Allow" and "principals" in each:
                    yield Place(path, name, at, type_)


@cache
def types() -> list[str]:
    found = (json.loads(text).get("resource", {}) for path, text in rendered().items() if own(path))
    return sorted({type_ for each in found for type_ in each})


@cache
def promised() -> Promised:
    """Return what is promised of the rendering, but only that its environments are apart."""
    with TemporaryDirectory() as folder:
        file = Path(folder, FILE)
        file.write_text(rendered()[FILE])
        said = promise_files.read(file)
    alone = [each for each in said.file.promises if isinstance(each, Isolation)]
    return Promised(said.file.model_copy(update={"promises": alone}), said.sources)


def decision(texts: Texts) -> Decision:
    seen = read_together("workspace", parts_of(texts), Places.of(promised().file))
    (verdict,) = prove_terraform(promised(), seen).verdicts
    return verdict.decision


def changed(place: Place, change: Callable[[Statement], None]) -> Texts:
    """Return the rendering with a change in one statement of one document."""
    written = json.loads(rendered()[place.path])
    change(written["data"]["aws_iam_policy_document"][place.document]["statement"][place.statement])
    return {**rendered(), place.path: json.dumps(written)}


def statement(place: Place) -> Statement:
    written = json.loads(rendered()[place.path])["data"]["aws_iam_policy_document"]
    found: Statement = written[place.document]["statement"][place.statement]
    return found


def by_conditions(place: Place) -> bool:
    """Return whether only conditions say for whom a service acts."""
    services = any(each["type"] == "Service" for each in statement(place)["principals"])
    return services and place.used_by not in TRUSTS


def test_nothing_else_keeps_them_apart() -> None:
    assert decision(rendered()) is Decision.HOLDS
    assert {each.path.split("/")[0] for each in places()} == set(ACCOUNTS)
    assert any(map(by_conditions, places()))


@FEW
@given(st.data())
def test_a_statement_that_names_the_other_account_ties_them(data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(places()))

    def name(written: Statement) -> None:
        written["principals"] = [
            {"type": "AWS", "identifiers": [f"arn:aws:iam::{place.other}:root"]}
        ]
        written.pop("condition", None)

    assert decision(changed(place, name)) is Decision.BROKEN


@FEW
@given(st.data())
def test_a_service_without_conditions_may_act_for_the_other(data: st.DataObject) -> None:
    place = data.draw(st.sampled_from([each for each in places() if by_conditions(each)]))
    alone = changed(place, lambda written: written.pop("condition", None))
    assert decision(alone) is Decision.UNKNOWN


@FEW
@given(st.data())
def test_a_document_that_is_known_later_may_let_in_anybody(data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(places()))
    text = rendered()[place.path]
    later = text.replace(
        f"${{data.aws_iam_policy_document.{place.document}.json}}", "${data.external.later.result}"
    )
    assert later != text
    assert decision({**rendered(), place.path: later}) is Decision.UNKNOWN


@FEW
@given(st.data())
def test_a_type_that_nobody_has_heard_of_may_let_in_anybody(data: st.DataObject) -> None:
    type_ = data.draw(st.sampled_from(types()))
    texts = {
        path: re.sub(rf"\b{type_}\b", f"{type_}_of_tomorrow", text) if own(path) else text
        for path, text in rendered().items()
    }
    assert decision(texts) is Decision.UNKNOWN
