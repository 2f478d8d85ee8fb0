"""A configuration without a plan becomes instances, as far as its text tells which there will be.

What it does not tell is a gap: a count that is known only after apply, a module that is not there.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from caisson.estate import mistakes
from caisson.estate.mistakes import EstateErrors
from caisson.estate.sources import Source
from caisson.terraform.default_tags import add_default_tags
from caisson.terraform.hcl.addresses import InstanceKey, instance_address
from caisson.terraform.hcl.bodies import NotTold, Written
from caisson.terraform.hcl.configuration import Call, Declared, Project, Repeated, project
from caisson.terraform.hcl.inputs import inputs
from caisson.terraform.hcl.links import TextLinks
from caisson.terraform.hcl.others import Others
from caisson.terraform.hcl.placing import Placing
from caisson.terraform.hcl.plain import known, names_in, names_of_resource
from caisson.terraform.hcl.scope import Instances, ModuleInstance
from caisson.terraform.hcl.syntax import Body, Mistake
from caisson.terraform.hcl.unplanned import Unplanned
from caisson.terraform.hcl.values import Exhausted, Undefined, Value
from caisson.terraform.masking import mask_secrets
from caisson.terraform.model import UNKNOWN, Instance
from caisson.topology.resources import EVERY_QUESTION, Gap

MANIFEST = ".terraform/modules/modules.json"
# Terraform itself takes hours for so many.
_MOST_INSTANCES = 100_000
_DEEPEST_MODULE = 20


@dataclass(frozen=True, slots=True)
class Expanded:
    """`programs` are the addresses of instances for which programs are run (provisioners)."""

    instances: tuple[Instance, ...]
    links: TextLinks
    gaps: tuple[Gap, ...]
    programs: frozenset[str]


def expand(
    files: Mapping[str, bytes],
    root: str = "",
    others: Others | None = None,
    read: Project | None = None,
) -> Expanded:
    """Return what the configuration in these files will make; paths are from its folder `root`.

    `others` are the roots that are read together with it, `read` are the files as they were read
    before.

    `*.tf` and `*.tf.json` of the root and of its modules, `*.tfvars` of the root, and MANIFEST.
    Raises EstateErrors when a file cannot be read, or when there are too many instances.
    """
    whole = read or project(files, _manifest(files), root)
    given, wrong = inputs(files, root)
    broken = [*wrong, *(each for _, module in whole.modules() for each in module.mistakes)]
    if broken:
        raise EstateErrors([_told(each) for each in broken])
    return _Expansion(whole, given, others).expanded()


def _manifest(files: Mapping[str, bytes]) -> object:
    try:
        return json.loads(files.get(MANIFEST, b"null"))
    except (ValueError, RecursionError):
        return None


def _told(mistake: Mistake) -> mistakes.Mistake:
    return mistakes.Mistake(
        mistake.source, mistake.what, "mend it until `terraform validate` accepts it"
    )


class _Expansion:
    def __init__(self, whole: Project, given: Mapping[str, Value], others: Others | None) -> None:
        self._project = whole
        self._whole = Instances(whole, Unplanned(given), others)
        self._placing = Placing()
        self._gaps: list[Gap] = []
        self._programs: set[str] = set()

    def expanded(self) -> Expanded:
        modules = list(self._modules())
        for inner in modules:
            self._placing.add(inner)
        instances: dict[str, Instance] = {}
        for inner in modules:
            for declared in inner.module.resources.values():
                for each in self._of(inner, declared):
                    instances[each.address] = each
                    _check_number(len(instances), each.source)
        links = TextLinks(self._whole, instances)
        return Expanded(
            tuple(instances.values()), links, tuple(self._gaps), frozenset(self._programs)
        )

    def _modules(self) -> Iterator[ModuleInstance]:
        root = self._whole.at("")
        waiting = [root] if root is not None else []
        number = 0
        while waiting:
            inner = waiting.pop(0)
            number += 1
            yield inner
            for call in inner.module.calls.values():
                waiting.extend(self._called(inner, call))
                _check_number(number + len(waiting), call.source)

    def _called(self, inner: ModuleInstance, call: Call) -> Iterator[ModuleInstance]:
        address = instance_address(f"module.{call.name}", None)
        address = f"{inner.address}.{address}" if inner.address else address
        if len(inner.path) >= _DEEPEST_MODULE:
            self._gap(f"{address} lies too deep in other modules", address, call.source)
            return
        for key in self._keys(inner, call, address):
            child = inner.child(call, key)
            if child is None:
                what = f"{address} is not there: its files were not given"
                self._gap(what, address, call.source)
                return
            yield child

    def _keys(
        self, inner: ModuleInstance, repeated: Repeated, address: str
    ) -> frozenset[InstanceKey] | tuple[()]:
        self._whole.effort.begin()
        try:
            keys = inner.keys(repeated)
        except (Undefined, Exhausted):
            keys = None
        if keys is None:
            what = f"how many instances of {address} there will be is known only from a plan"
            self._gap(what, address, repeated.source)
        return keys or ()

    def _gap(self, what: str, address: str, source: Source) -> None:
        words = address.split(".")
        kind = "module" if words[-2] == "module" else words[-2]
        self._gaps.append(Gap(what, address, kind, EVERY_QUESTION, source))

    def _of(self, inner: ModuleInstance, declared: Declared) -> Iterator[Instance]:
        address = inner.resource_address(declared.key)
        provider, place = self._placing.of(inner, declared)
        for key in sorted(self._keys(inner, declared, address), key=str):
            own = instance_address(address, key)
            values = self._values(inner, declared, key, self._id(own))
            add_default_tags(values, declared.mode, declared.type, place.tags)
            region = values.get("region")
            if any(declared.body.of("provisioner")) or "provisioner" in declared.body.attributes:
                self._programs.add(own)
            yield Instance(
                own,
                inner.address,
                declared.mode,
                declared.type,
                declared.name,
                key,
                provider,
                place.account,
                region if isinstance(region, str) else place.region,
                values,
                declared.source,
            )

    def _id(self, address: str) -> object:
        """Return the id, which is known after apply but for what is there and is imported."""
        root = self._project.module()
        return root.imported.get(address, UNKNOWN) if root else UNKNOWN

    def _values(
        self, inner: ModuleInstance, declared: Declared, key: InstanceKey, id_: object
    ) -> dict[str, object]:
        """Return the values as a plan has them."""
        text = Written(declared.body, inner.scope(declared, key))
        values: dict[str, object] = {"id": id_, "arn": UNKNOWN}
        values |= {name: self._value(text, name) for name in names_of_resource(declared.body)}
        mask_secrets(values)
        return values

    def _value(self, text: Written, name: str) -> object:
        self._whole.effort.begin()
        try:
            if isinstance(text.body, Body) and name not in text.body.attributes:
                return [
                    {each: self._value(inner, each) for each in names_in(inner.body)}
                    for inner in text.blocks(name)
                ]
            return known(text.value(name))
        except (NotTold, Undefined, Exhausted, RecursionError):
            return UNKNOWN


def _check_number(number: int, source: Source) -> None:
    if number > _MOST_INSTANCES:
        raise EstateErrors(
            [
                mistakes.Mistake(
                    source,
                    f"there are more than {_MOST_INSTANCES} instances",
                    "check parts of the configuration by themselves",
                )
            ]
        )
