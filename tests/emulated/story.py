"""The life of an estate on an AWS that is none, from apply to destroy, told as JSON.

A program of its own, since it waits for some of its time: the other tests go on beside it. Each
chapter is written down when it is over.

`python story.py FOLDER NAME` tells of the estate of that name in `emulated.yaml`.
"""

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from emulated_estate import Emulated, StoryError, changes, emulated_estate
from emulated_inventory import inventory, lose_a_rule
from side_by_side import side_by_side

from caisson.cli.reading import proved_together
from caisson.cli.terraform_input import configuration_files
from caisson.estate.loading import load
from caisson.terraform.read import part
from caisson.terraform.roots import Part
from emulated_gaps import LEFT_OUT, LIVED, rendered
from read_back import declared, recognised_among, told

TOLD = "story.json"
_NICE = 10  # the tests beside it measure times
_Differing = dict[str, dict[str, list[str]]]
_Plans = Mapping[str, Mapping[str, Any]]  # as Terraform shows them, by root


class Story:
    """What happens to an estate, chapter by chapter, and the file in which it is told."""

    def __init__(self, emulated: Emulated, file: Path) -> None:
        self.emulated = emulated
        self.lived = emulated.lived
        self.file = file
        self.rendering = self.lived.rendering()
        self.roots = {each.path: each for each in self.rendering.roots}
        self.plans: _Plans = {}
        self.told: dict[str, Any] = {"seconds": {}}

    def tell(self) -> None:
        """Live through all chapters; what goes wrong is told as well."""
        for chapter in (
            self.applied,
            self.planned_again,
            self.checked,
            self.recognised,
            self.drifted,
            self.changed,
            self.destroyed,
        ):
            begun = time.monotonic()
            try:
                self.told[chapter.__name__] = chapter()
            except StoryError as error:
                self.told["failed"] = f"{chapter.__name__}: {error}"
                break
            finally:
                self.told["seconds"][chapter.__name__] = round(time.monotonic() - begun)
                self._write()

    def applied(self) -> dict[str, Any]:
        """Apply every root; tell which were, and how much there is then."""
        found = side_by_side(self._needs(), self._apply, self.lived.at_once)
        applied = {path: document["roots"][0]["applied"] for path, document in found.items()}
        return {"roots": applied, "things": len(self._there())}

    def planned_again(self) -> _Differing:
        """Plan every root again; tell what would change: attributes by type, by root."""
        self.plans = self._planned(self.roots)
        return _differing(self.plans)

    def checked(self) -> dict[str, list[str]]:
        """Prove the promises on the plans; tell the decisions about each promise.

        What is left out cannot be told, and nothing is asked of it.
        """
        left_out = tuple(f":{each}." for each in LEFT_OUT)
        found: dict[str, set[str]] = defaultdict(set)
        for each in proved_together(self._parts, self.emulated.promised()).verdicts:
            if not any(name in each.subject for name in left_out):
                found[each.promise].add(each.decision.value)
        return {promise: sorted(decisions) for promise, decisions in found.items()}

    def recognised(self) -> list[str]:
        """Tell the estate from the plans; tell what differs from the one that is declared."""
        estate = load(self.emulated.estate).estate
        parts = {path.replace("/", "-"): each for path, each in self._parts.items()}
        there = told(recognised_among(parts, estate), estate)
        asked = told(declared(estate), estate)
        names = there.keys() | asked.keys()
        return sorted(str(each) for each in names if there.get(each) != asked.get(each))

    @cached_property
    def _parts(self) -> Mapping[str, Part]:
        """The roots, read from the plans that were made of them again."""
        return {path: self._part(path, plan) for path, plan in self.plans.items()}

    def _part(self, path: str, plan: Mapping[str, Any]) -> Part:
        folder = self.emulated.out / path
        text = json.dumps(plan).encode()
        return part(path, text, configuration_files(folder), folder.as_posix())

    def drifted(self) -> dict[str, Any]:
        """Take a rule away behind Terraform's back; tell what is found, and bring it back."""
        network = self.lived.network
        lost = lose_a_rule(self.emulated.aws, self.roots[network], self.plans[network])
        seen = self._drift(network)
        self._apply(network)
        return {"lost": lost, "seen": seen, "after": self._drift(network)}

    def changed(self) -> _Differing:
        """Let a service listen elsewhere; tell what would change in its jurisdiction.

        A root that is written as it was would be planned as it was.
        """
        file = self.emulated.estate / "estate.yaml"
        before = file.read_text()
        file.write_text(before.replace("    public: http\n", "    public: http\n    port: 9000\n"))
        jurisdiction = self.lived.network.rpartition("/")[0]
        other = [each.path for each in rendered(file.parent).roots if each != self.roots[each.path]]
        plans = self._planned(each for each in other if each.startswith(f"{jurisdiction}/"))
        file.write_text(before)
        return _differing(plans)

    def destroyed(self) -> dict[str, Any]:
        """Destroy every root, the last first; tell what their states and the AWS still have."""
        backwards: dict[str, list[str]] = {path: [] for path in self.roots}
        for path, needed in self._needs().items():
            for each in needed:
                backwards[each].append(path)
        side_by_side(backwards, self._destroy, self.lived.at_once)
        left = {path: there for path in self.roots if (there := self.emulated.left(path))}
        return {"states": left, "things": self._there()}

    def _needs(self) -> Mapping[str, list[str]]:
        """Return what has to be there for each root: what it reads, and the bucket of its state."""
        makers = [each for each in self.rendering.roots if each.bootstrap]
        return {
            root.path: [
                *root.needs.values(),
                *(
                    each.path
                    for each in makers
                    if not root.bootstrap
                    and each.path.partition("/")[0] == root.path.partition("/")[0]
                ),
            ]
            for root in self.roots.values()
        }

    def _planned(self, paths: Iterable[str]) -> _Plans:
        alone: dict[str, tuple[str, ...]] = dict.fromkeys(paths, ())
        return side_by_side(alone, self._plan, self.lived.at_once)

    def _plan(self, path: str) -> Mapping[str, Any]:
        self._verb("plan", path)
        return self.emulated.plan_of(path)

    def _drift(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._verb("drift", path)["roots"][0]["drifted"]
        return found

    def _apply(self, path: str) -> dict[str, Any]:
        return self._verb("apply", path, "--yes")

    def _destroy(self, path: str) -> dict[str, Any]:
        return self._verb("destroy", path, "--yes", "--with-data-of", self.rendering.estate)

    def _verb(self, verb: str, path: str, *options: str) -> dict[str, Any]:
        begun = time.monotonic()
        found = self.emulated.caisson(verb, *options, roots=(path,))
        self.told["seconds"][f"{verb} {path}"] = round(time.monotonic() - begun)
        return found

    def _there(self) -> list[str]:
        return inventory(self.emulated.aws, self.rendering)

    def _write(self) -> None:
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(self.told, indent=1))
        new.replace(self.file)


def _differing(plans: _Plans) -> _Differing:
    found = {path: changes(plan) for path, plan in plans.items()}
    return {
        path: {kind: sorted(attributes) for kind, attributes in kinds.items()}
        for path, kinds in found.items()
        if kinds
    }


def main() -> None:
    """Tell the story of an estate in the folder that is named."""
    os.nice(_NICE)
    folder, name = Path(sys.argv[1]), sys.argv[2]
    with emulated_estate(LIVED[name], folder) as emulated:
        Story(emulated, folder / TOLD).tell()


if __name__ == "__main__":
    main()
