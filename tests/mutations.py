"""Estates on which every promise holds, and edits of their text that each break one.

The edits stand beside each estate, in `tests/plans/ESTATE/mutations.yaml`, which says what its
words mean. They are made in the text of the configuration, which is then read without a plan.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from caisson.estate import promise_files
from caisson.estate.promise_files import Promised
from caisson.prove.check import prove_terraform
from caisson.prove.model import Decision, Verdict
from caisson.terraform.read import read_configuration
from caisson.topology.model import Topology
from caisson.topology.places import Places

PLANS = Path(__file__).parent / "plans"
ESTATES = ("bank", "twins")
# The folder of each estate's module, into which files are added.
MODULES = {"bank": "land", "twins": "."}
Files = Mapping[str, str]
_WORST = (Decision.HOLDS, Decision.UNKNOWN, Decision.BROKEN)


@dataclass(frozen=True)
class Mutation:
    estate: str
    written: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.written["name"])

    @property
    def turned(self) -> Mapping[str, Decision]:
        """What becomes of the promises that do not go on to hold."""
        broken = dict.fromkeys(self.written.get("breaks", ()), Decision.BROKEN)
        return broken | dict.fromkeys(self.written.get("clouds", ()), Decision.UNKNOWN)

    def expected(self, promise: str) -> Decision:
        return self.turned.get(promise, Decision.HOLDS)

    def files(self) -> Files:
        """Return the text of the estate with the edits made; each of them must be possible."""
        files = dict(files_of(self.estate))
        for resource in self.written.get("drop", ()):
            _edit(files, resource, re.compile(r"(?s).+"), "")
        for name in self.written.get("with", ()):
            text = (PLANS / self.estate / "mutants" / f"{name}.tf").read_text()
            files[str(Path(MODULES[self.estate]) / f"{name}.tf")] = text
        for resource, attributes in self.written.get("set", {}).items():
            for attribute, value in attributes.items():
                _edit(files, resource, _line(attribute), _assigned(attribute, value))
        for each in self.written.get("swap", ()):
            _edit(files, each["in"], re.compile(re.escape(each["old"])), each["new"])
        return files


def _line(attribute: str) -> re.Pattern[str]:
    return re.compile(rf"(?m)^( *){attribute} *= .*\n")


def _assigned(attribute: str, value: str | None) -> str:
    return "" if value is None else f"{attribute} = {value}\n"


def _edit(files: dict[str, str], where: str, old: re.Pattern[str], new: str) -> None:
    """Put `new` in the place of `old`, which is there once, in a file or in one resource."""
    path, start, end = _place(files, where)
    text = files[path]
    changed, times = old.subn(lambda _: new, text[start:end])
    assert times == 1, f"{old.pattern!r} is {times} times in {where}"
    files[path] = text[:start] + changed + text[end:]


def _place(files: Files, where: str) -> tuple[str, int, int]:
    ends = [path for path in files if path == where or path.endswith(f"/{where}")]
    if ends:
        return ends[0], 0, len(files[ends[0]])
    kind, name = where.split(".")
    head = f'resource "{kind}" "{name}" {{\n'
    for path, text in files.items():
        if head in text:
            start = text.index(head)
            return path, start, text.index("\n}\n", start) + 3
    raise AssertionError(f"there is no {where}")


@cache
def files_of(estate: str) -> Files:
    folder = PLANS / estate
    found = (each.relative_to(folder) for each in folder.rglob("*.tf"))
    return {str(each): (folder / each).read_text() for each in found if "mutants" not in each.parts}


@cache
def promised_of(estate: str) -> Promised:
    return promise_files.read(PLANS / estate / "promises.yaml")


def topology_of(estate: str, files: Files) -> Topology:
    content = {path: text.encode() for path, text in files.items()}
    return read_configuration(estate, content, Places.of(promised_of(estate).file))


def verdicts_of(estate: str, files: Files) -> tuple[Verdict, ...]:
    return prove_terraform(promised_of(estate), topology_of(estate, files)).verdicts


def decisions(verdicts: Iterable[Verdict]) -> dict[str, Decision]:
    """Return the worst decision on each promise: one that is broken is enough."""
    found: dict[str, Decision] = {}
    for each in verdicts:
        worst = (found.get(each.promise, Decision.HOLDS), each.decision)
        found[each.promise] = max(worst, key=_WORST.index)
    return found


def mutations() -> Iterator[Mutation]:
    for estate in ESTATES:
        listed = yaml.safe_load((PLANS / estate / "mutations.yaml").read_text())
        yield from (Mutation(estate, each) for each in listed)


MUTATIONS = tuple(mutations())
