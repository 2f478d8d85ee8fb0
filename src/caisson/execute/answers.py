"""What a restored copy has answered: which questions were asked, and how much it lacks."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from caisson.topology.backups import Command, Query, Request, RestoreQuestion, Writes

_KINDS = {Query: "sql", Command: "command", Request: "get", Writes: "writes of"}


@dataclass(frozen=True, slots=True)
class Lack:
    """What the newest restore lacks of the acknowledged writes.

    `rpo_s` is how long before the recovery's end the oldest one was that is missing, None where
    it was not measured. `looked_for` counts the writes, `missing` those that are not there.
    """

    looked_for: int
    missing: int
    rpo_s: float | None


@dataclass(frozen=True, slots=True)
class Answer:
    """How one question ended: `wrong` says how, `not_asked` why not; with neither it is right."""

    question: RestoreQuestion
    wrong: str | None = None
    not_asked: str | None = None
    lack: Lack | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Every question of a store, with its answer."""

    answers: tuple[Answer, ...]

    @property
    def everything(self) -> bool:
        """Whether there are questions, and each of them was asked."""
        return bool(self.answers) and all(each.not_asked is None for each in self.answers)

    @property
    def wrong(self) -> tuple[str, ...]:
        return tuple(each.wrong for each in self.answers if each.wrong)

    @property
    def lack(self) -> Lack | None:
        """The worst that was measured."""
        found = [each.lack for each in self.answers if each.lack]
        return max(found, key=lambda lack: lack.rpo_s or 0.0, default=None)

    def __str__(self) -> str:
        return "; ".join(self._parts())

    def _parts(self) -> Iterator[str]:
        if not self.answers:
            yield "the store has no questions: nobody can tell whether the copy is any good"
            return
        asked = Counter(
            _KINDS[type(each.question)] for each in self.answers if each.not_asked is None
        )
        kinds = ", ".join(f"{count} {kind}" for kind, count in asked.items())
        shown = f" ({kinds})" if kinds else ""
        yield (
            f"{asked.total()} of {len(self.answers)} questions asked{shown},"
            " all answered as they should be"
        )
        for each in self.answers:
            if each.not_asked:
                yield f"not asked: {each.question}: {each.not_asked}"
        if not self.everything:
            yield "so this restore is no evidence"
        if self.lack is not None:
            yield _words_of(self.lack)


def _words_of(lack: Lack) -> str:
    missing = f"{lack.missing} of {lack.looked_for} writes that were acknowledged are missing"
    if lack.rpo_s is None:
        return f"{missing}; how old what is missing may be was not measured"
    return f"{missing}, RPO {lack.rpo_s:.2f} s"
