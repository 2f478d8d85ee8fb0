"""Which roots are planned and made with mocked providers: as few as have every type."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aws_estates import estate_of, rendering_of
from caisson.terraform.writing.model import Form, Rendering, Root
from emulated_gaps import LIVED
from whole_estate import ALONE, WHOLE


@dataclass(frozen=True)
class Chosen:
    """A root, and the rendering that it is of."""

    rendering: Rendering
    root: Root

    def has(self, types: Iterable[str]) -> set[str]:
        return {each.type for each in self.root.blocks if each.form is Form.RESOURCE} & set(types)

    def __str__(self) -> str:
        return f"{self.rendering.estate}/{self.root.path}"

    @property
    def seconds(self) -> int:
        """Return what it costs, roughly: each provider is a process, started again and again."""
        return 3 * len(self.root.providers) + len(self.root.blocks) // 20


def chosen(types: set[str]) -> list[Chosen]:
    """Return roots of the reference estate and of those with everything that have all types."""
    some = list(_greedily(types))
    for each in sorted(some, key=lambda each: each.seconds):
        others = [other for other in some if other is not each]
        if set().union(*(other.has(types) for other in others)) == types:
            some = others
    return some


def _greedily(types: set[str]) -> Iterator[Chosen]:
    whole = (rendering_of(estate_of(each)) for each in (WHOLE, ALONE))
    renderings = (LIVED["reference"].rendering(), *whole)
    left = [Chosen(rendering, root) for rendering in renderings for root in rendering.roots]
    missing = set(types)
    while missing:
        best = max(left, key=lambda each: len(each.has(missing)) / each.seconds)
        assert best.has(missing), f"no estate has {sorted(missing)}"
        missing -= best.has(missing)
        yield best
