"""The life of the reference estate on an AWS that is none, from apply to destroy, told as JSON.

A program of its own, since it waits for most of its time: the other tests go on beside it. Each
chapter is written down when it is over.

`python story.py FOLDER [PATH]...` tells of the roots at or below the paths, of all without any.
"""

import json
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from emulated_estate import GAPS, Emulated, StoryError, changes, emulated_estate
from emulated_inventory import inventory, lose_a_rule
from side_by_side import side_by_side

from caisson.cli.reading import proved_together
from caisson.cli.terraform_input import Root, configuration_files, read_root
from caisson.targets.aws.applying import chosen
from caisson.terraform.read import part
from caisson.terraform.roots import Part
from read_back import declared, recognised_among, told

TOLD = "story.json"
# All roots take most of an hour on two cores; some may stand for them.
_FIRST = ("keys", "network", "images")
ALL = os.environ.get("CAISSON_EMULATED") == "all"
SOME = ("production/state", "production/base", *(f"production/us/{each}" for each in _FIRST))
PATHS = () if ALL else SOME
_AT_ONCE = 3 if ALL else 2
_NICE = 5  # the tests beside it measure times
_NETWORK = "production/us/network"
_Differing = dict[str, dict[str, list[str]]]


class Story:
    """What happens to an estate, chapter by chapter, and the file in which it is told."""

    def __init__(self, emulated: Emulated, file: Path, only: Sequence[str] = ()) -> None:
        self.emulated = emulated
        self.file = file
        self.rendering = emulated.rendering()
        self.roots = {each.path: each for each in chosen(self.rendering, only)}
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
        found = side_by_side(self._needs(), self._apply, _AT_ONCE)
        applied = {path: document["roots"][0]["applied"] for path, document in found.items()}
        return {"roots": applied, "things": len(self._there())}

    def planned_again(self) -> _Differing:
        """Plan every root again; tell what would change: attributes by type, by root."""
        return self._differing(self.roots)

    def checked(self) -> dict[str, list[str]]:
        """Prove the promises on the plans; tell the decisions about each promise.

        What is left out cannot be told, and nothing is asked of it.
        """
        left_out = tuple(f":{each}." for each in GAPS["left_out"])
        found: dict[str, set[str]] = defaultdict(set)
        for each in proved_together(self._read(), self.emulated.promised()).verdicts:
            if not any(name in each.subject for name in left_out):
                found[each.promise].add(each.decision.value)
        return {promise: sorted(decisions) for promise, decisions in found.items()}

    def recognised(self) -> list[str]:
        """Tell the estate from the plans; tell what differs from the one that is declared."""
        estate = self.emulated.loaded().estate
        parts = {path.replace("/", "-"): each for path, each in self._read().items()}
        there = told(recognised_among(parts, estate), estate)
        asked = told(declared(estate), estate)
        names = there.keys() | asked.keys()
        return sorted(str(each) for each in names if there.get(each) != asked.get(each))

    def _read(self) -> dict[str, Part]:
        """Read the plan of each root that was planned, and of others what is written."""
        return {
            path: self._part(path, self.emulated.out / path)
            for path in (each.path for each in self.rendering.roots)
        }

    def _part(self, path: str, folder: Path) -> Part:
        if path not in self.roots:
            return read_root(Root(None, folder))
        plan = json.dumps(self.emulated.plan_of(path)).encode()
        return part(path, plan, configuration_files(folder), folder.as_posix())

    def drifted(self) -> dict[str, Any]:
        """Take a rule away behind Terraform's back; tell what is found, and bring it back."""
        plan = self.emulated.plan_of(_NETWORK)
        lost = lose_a_rule(self.emulated.aws, self.roots[_NETWORK], plan)
        seen = self._drift()
        self._apply(_NETWORK)
        return {"lost": lost, "seen": seen, "after": self._drift()}

    def changed(self) -> _Differing:
        """Let a service listen elsewhere; tell what would change in its jurisdiction."""
        file = self.emulated.estate / "estate.yaml"
        before = file.read_text()
        file.write_text(before.replace("    public: http\n", "    public: http\n    port: 9000\n"))
        found = self._differing(each for each in self.roots if each.startswith("production/us/"))
        file.write_text(before)
        return found

    def destroyed(self) -> dict[str, Any]:
        """Destroy every root, the last first; tell what their states and the AWS still have."""
        backwards: dict[str, list[str]] = {path: [] for path in self.roots}
        for path, needed in self._needs().items():
            for each in needed:
                backwards[each].append(path)
        side_by_side(backwards, self._destroy, _AT_ONCE)
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

    def _differing(self, paths: Iterable[str]) -> _Differing:
        chosen: dict[str, tuple[str, ...]] = dict.fromkeys(paths, ())
        side_by_side(chosen, self._plan, _AT_ONCE)
        found = {path: changes(self.emulated.plan_of(path)) for path in chosen}
        return {
            path: {kind: sorted(attributes) for kind, attributes in kinds.items()}
            for path, kinds in found.items()
            if kinds
        }

    def _drift(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._verb("drift", _NETWORK)["roots"][0]["drifted"]
        return found

    def _apply(self, path: str) -> dict[str, Any]:
        return self._verb("apply", path, "--yes")

    def _plan(self, path: str) -> dict[str, Any]:
        return self._verb("plan", path)

    def _destroy(self, path: str) -> dict[str, Any]:
        return self._verb("destroy", path, "--yes", "--with-data-of", "workspace")

    def _verb(self, verb: str, path: str, *options: str) -> dict[str, Any]:
        begun = time.monotonic()
        found = self.emulated.caisson(verb, *options, roots=(path,))
        self.told["seconds"][f"{verb} {path}"] = round(time.monotonic() - begun)
        return found

    def _there(self) -> list[str]:
        return inventory(self.emulated.aws, self.rendering, "workspace")

    def _write(self) -> None:
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(self.told, indent=1))
        new.replace(self.file)


def main() -> None:
    """Tell the story in the folder that is named."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    os.nice(_NICE)
    folder = Path(sys.argv[1])
    with emulated_estate(folder) as emulated:
        Story(emulated, folder / TOLD, sys.argv[2:]).tell()


if __name__ == "__main__":
    main()
