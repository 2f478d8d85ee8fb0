"""What attributes name, told by the configuration's own text beside a plan."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from caisson.terraform.configuration import Configuration
from caisson.terraform.hcl.bodies import ABSENT, NotTold, Written, fits, value_at
from caisson.terraform.hcl.configuration import Project, ResourceKey
from caisson.terraform.hcl.documents import document_in
from caisson.terraform.hcl.following import UNTOLD, Follower
from caisson.terraform.hcl.kept_state import StateId
from caisson.terraform.hcl.others import Others
from caisson.terraform.hcl.outputs import TextOutputs
from caisson.terraform.hcl.planned import Planned
from caisson.terraform.hcl.scope import Instances
from caisson.terraform.hcl.values import Derived, Exhausted, Undefined, Value, is_plain
from caisson.terraform.model import NOTHING, UNKNOWN, Instance, Link
from caisson.terraform.reading import Path
from caisson.terraform.resolver.index import Index, chosen, near


class TextLinks:
    """Answers from the text of a configuration; what is not told is open."""

    def __init__(self, whole: Instances, instances: Mapping[str, Instance]) -> None:
        self._whole = whole
        self._instances = instances
        self._values: dict[tuple[str, Path], Value] = {}
        self._texts: dict[str, Written] = {}

    @cached_property
    def _index(self) -> Index:
        return Index(self._instances.values())

    def link(self, address: str, path: Path, types: Sequence[str]) -> Link:
        """Return what the attribute names; see `Links.link`."""
        value = self.value(address, path)
        if is_plain(value) and _at(self._instances[address].values, path) is UNKNOWN:
            return UNTOLD  # nobody wrote it, and the provider chooses; or it is a secret
        if value is ABSENT:
            return NOTHING
        follower = self._follower(address, types)
        self._whole.effort.begin()
        try:
            return follower.link(value)
        except (Exhausted, RecursionError):
            return UNTOLD

    def named(self, text: str, types: Sequence[str]) -> tuple[str, ...]:
        return tuple(each.address for each in self._index.find(text, types))

    def written(self, address: str, path: Path) -> bool:
        """Return False where the text says for certain that nobody gave a value at `path`.

        What is empty and yet unknown in the plan, the provider takes for nothing.
        """
        value = self.value(address, path)
        return value is not ABSENT and value not in (None, "", [], {})

    def encoded(self, address: str, path: Path) -> object:
        """Return the document that the text at `path` encodes; see `Links.encoded`."""
        return document_in(self.value(address, path))

    def mentions(self, address: str) -> Link:
        """Return everything that an instance refers to, of any type."""
        self._whole.effort.begin()
        try:
            return self._follower(address, ()).mentioned()
        except (Exhausted, RecursionError):
            return UNTOLD

    def of_text(self, asking: Instance, text: str, types: Sequence[str]) -> Sequence[str]:
        """Return what `asking` can mean by `text`."""
        return [each.address for each in chosen(near(asking, self._index.find(text, types), text))]

    def state_read(self, address: str) -> StateId | None:
        """Return which state a data source reads; None when that is not told."""
        self._whole.effort.begin()
        return self._whole.state_read_by(address)

    @cached_property
    def outputs(self) -> TextOutputs:
        """Return what the root tells others."""
        return TextOutputs(self._whole, self._instances, self)

    def value(self, address: str, path: Path) -> Value:
        """Return what the text says at `path`, `ABSENT` for nothing, else something derived."""
        key = (address, path)
        if key not in self._values:
            self._values[key] = self._value(address, path)
        return self._values[key]

    def _follower(self, address: str, types: Sequence[str]) -> Follower:
        asking = self._instances[address]
        return Follower(self._whole, self._instances, self, asking, frozenset(types))

    def _value(self, address: str, path: Path) -> Value:
        self._whole.effort.begin()
        try:
            text = self._text(address)
            if text is None or not self.agrees(address):
                return Derived()
            values = self._instances[address].values
            return value_at(text, values, path, in_order=self._whole.estate.in_order)
        except (NotTold, Undefined, Exhausted, RecursionError):
            return Derived()

    def _text(self, address: str) -> Written | None:
        """Return the text of an instance, which remembers what was worked out of it."""
        if address not in self._texts:
            found = self._whole.declared(address)
            if found is None:
                return None
            self._texts[address] = Written(found[0].body, found[1])
        return self._texts[address]

    def text_of(self, address: str) -> Written | None:
        """Return the text of an instance, None when there is none, or none to be believed."""
        self.begin()
        try:
            found = self._whole.declared(address)
            return Written(found[0].body, found[1]) if found and self.agrees(address) else None
        except (NotTold, Undefined, Exhausted, RecursionError):
            return None

    def begin(self) -> None:
        """Allow as much work for what is asked next as for any question."""
        self._whole.effort.begin()

    def agrees(self, address: str) -> bool:
        """Return whether the text is that of the instance; of what was made from it, it is."""
        del address
        return True


class SourceLinks(TextLinks):
    """Answers from the text beside a plan, where the two agree.

    It is made to be asked before, and together with, what answers from the plan alone.
    """

    def __init__(
        self,
        project: Project,
        instances: Mapping[str, Instance],
        configuration: Configuration,
        others: Others | None = None,
    ) -> None:
        self._estate = Planned(project, instances, configuration)
        super().__init__(Instances(project, self._estate, others), instances)
        self._agrees: dict[tuple[str, ResourceKey], bool] = {}

    def agrees(self, address: str) -> bool:
        """Return whether what is planned can have come of the text; asked once per resource."""
        instance = self._instances[address]
        key = (instance.module, (instance.mode, instance.type, instance.name))
        if key not in self._agrees:
            self._agrees[key] = self._agreement(instance)
        return self._agrees[key]

    def _agreement(self, instance: Instance) -> bool:
        found = self._whole.declared(instance.address)
        inner = self._whole.at(instance.module)
        if found is None or inner is None or not self._estate.trusted_resource(instance.address):
            return False
        declared, scope = found
        told = inner.keys(declared)
        if told is not None and told != self._estate.keys(instance.module, declared.key):
            return False
        return fits(Written(declared.body, scope), instance.values)


def _at(values: object, path: Path) -> object:
    for step in path:
        if isinstance(values, Mapping):
            values = values.get(step)
        elif isinstance(values, list) and isinstance(step, int) and 0 <= step < len(values):
            values = values[step]
        else:
            return values if values is UNKNOWN else None
    return values
