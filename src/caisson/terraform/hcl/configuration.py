"""Files become modules: what each declares, and which modules it calls."""

import posixpath
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from caisson.estate.sources import Source
from caisson.terraform.hcl import json_syntax, native
from caisson.terraform.hcl.overrides import overridden, overrides
from caisson.terraform.hcl.syntax import (
    Attribute,
    Block,
    Body,
    Expression,
    Literal,
    Mistake,
    traversal,
)
from caisson.terraform.model import Mode

ModulePath = tuple[str, ...]  # the names of the calls that lead to a module; empty at the root
ResourceKey = tuple[Mode, str, str]  # mode, type, name


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    body: Body
    source: Source

    @property
    def default(self) -> Expression | None:
        return _expression(self.body, "default")

    @property
    def type(self) -> Expression | None:
        return _expression(self.body, "type")

    @property
    def sensitive(self) -> bool:
        return _flag(self.body, "sensitive", default=False)

    @property
    def nullable(self) -> bool:
        return _flag(self.body, "nullable", default=True)


@dataclass(frozen=True, slots=True)
class Output:
    name: str
    body: Body
    source: Source

    @property
    def value(self) -> Expression:
        return _expression(self.body, "value") or Literal(None)

    @property
    def sensitive(self) -> bool:
        return _flag(self.body, "sensitive", default=False)


@dataclass(frozen=True, slots=True)
class Repeated:
    """Something that `count` or `for_each` may repeat; `key` tells it from others."""

    name: str
    body: Body
    source: Source

    @property
    def key(self) -> Hashable:
        raise NotImplementedError

    @property
    def count(self) -> Expression | None:
        return _expression(self.body, "count")

    @property
    def for_each(self) -> Expression | None:
        return _expression(self.body, "for_each")


@dataclass(frozen=True, slots=True)
class Declared(Repeated):
    """A resource or data source."""

    mode: Mode
    type: str

    @property
    def key(self) -> ResourceKey:
        return self.mode, self.type, self.name

    @property
    def provider(self) -> str | None:
        """Return the provider configuration it names: `aws` or `aws.east`."""
        return _configuration_name(_expression(self.body, "provider"))


_OF_CALLS = frozenset(("source", "version", "providers", "count", "for_each", "depends_on"))


@dataclass(frozen=True, slots=True)
class Call(Repeated):
    @property
    def key(self) -> str:
        return self.name

    @property
    def inputs(self) -> Mapping[str, Attribute]:
        return {k: v for k, v in self.body.attributes.items() if k not in _OF_CALLS}

    @property
    def from_(self) -> str | None:
        """Return the text of its source."""
        match _expression(self.body, "source"):
            case Literal(str() as text):
                return text
            case _:
                return None

    @property
    def providers(self) -> Mapping[str, str]:
        """Return which provider configuration of the caller goes by which name inside."""
        expression = _expression(self.body, "providers")
        pairs = getattr(expression, "items", ())
        named = ((_configuration_name(k), _configuration_name(v)) for k, v in pairs)
        return {inside: outside for inside, outside in named if inside and outside}


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider configuration; `name` is `aws`, or `aws.east` with an alias."""

    name: str
    body: Body
    source: Source


@dataclass(frozen=True)
class Module:
    """What the files of one folder declare. `mistakes` are those of files left out."""

    folder: str
    body: Body
    mistakes: tuple[Mistake, ...] = ()

    @cached_property
    def resources(self) -> Mapping[ResourceKey, Declared]:
        found: dict[ResourceKey, Declared] = {}
        for block in self.body.of("resource", "data"):
            if len(block.labels) == 2:  # noqa: PLR2004  type and name
                mode = Mode.MANAGED if block.type == "resource" else Mode.DATA
                kind, name = block.labels
                found[mode, kind, name] = Declared(name, block.body, block.source, mode, kind)
        return found

    @cached_property
    def variables(self) -> Mapping[str, Variable]:
        return {b.labels[0]: Variable(b.labels[0], b.body, b.source) for b in self._of("variable")}

    @cached_property
    def outputs(self) -> Mapping[str, Output]:
        return {b.labels[0]: Output(b.labels[0], b.body, b.source) for b in self._of("output")}

    @cached_property
    def calls(self) -> Mapping[str, Call]:
        return {b.labels[0]: Call(b.labels[0], b.body, b.source) for b in self._of("module")}

    @cached_property
    def locals(self) -> Mapping[str, Attribute]:
        return {
            name: attribute
            for block in self.body.of("locals")
            for name, attribute in block.body.attributes.items()
        }

    @cached_property
    def providers(self) -> Mapping[str, Provider]:
        found: dict[str, Provider] = {}
        for block in self._of("provider"):
            alias = literal(block.body, "alias")
            name = f"{block.labels[0]}.{alias}" if alias else block.labels[0]
            found[name] = Provider(name, block.body, block.source)
        return found

    @cached_property
    def backend(self) -> Block | None:
        """Return where the state is kept: a `backend` or `cloud` block, the one that overrides."""
        settings = self.body.of("terraform")
        every = [b for outer in settings for b in outer.body.of("backend", "cloud")]
        return every[-1] if every else None

    @cached_property
    def moved(self) -> tuple[Block, ...]:
        return tuple(self.body.of("moved"))

    @cached_property
    def imported(self) -> Mapping[str, str]:
        """Return the ids of what is there already and is taken over, by address, where told."""
        blocks = self.body.of("import")
        pairs = ((_configuration_name(_expression(b.body, "to")), b.body) for b in blocks)
        told = ((address, literal(body, "id")) for address, body in pairs)
        return {address: id_ for address, id_ in told if address and id_}

    def _of(self, kind: str) -> Iterator[Block]:
        return (block for block in self.body.of(kind) if block.labels)


@dataclass(frozen=True)
class Project:
    """A root folder with its modules, each read when it is first asked for.

    `files` are by path from the root folder; `places` says in which folder each module call's
    module lies, by the dotted names of the calls, as `.terraform/modules/modules.json` does.
    `root` is the root folder's own path, with which files are named in what is said of them.
    """

    files: Mapping[str, bytes]
    places: Mapping[str, str] = field(default_factory=dict)
    root: str = ""
    _found: dict[ModulePath, Module | None] = field(default_factory=dict, repr=False, compare=False)
    _read: dict[str, Module | None] = field(default_factory=dict, repr=False, compare=False)

    def module(self, path: ModulePath = ()) -> Module | None:
        """Return the module that these calls lead to, None when its files are not there."""
        if path not in self._found:
            folder = self._folder(path)
            self._found[path] = None if folder is None else self._in(folder)
        return self._found[path]

    def _in(self, folder: str) -> Module | None:
        """Return the module in a folder, which many calls may lead to."""
        if folder not in self._read:
            self._read[folder] = self._module(folder)
        return self._read[folder]

    def modules(self) -> Iterator[tuple[ModulePath, Module]]:
        """Yield every module, callers first."""
        waiting: list[ModulePath] = [()]
        while waiting:
            path = waiting.pop(0)
            if (module := self.module(path)) is not None and len(path) < _DEEPEST:
                yield path, module
                waiting.extend((*path, name) for name in module.calls)

    def _folder(self, path: ModulePath) -> str | None:
        if not path:
            return "."
        if (told := self.places.get(".".join(path))) is not None:
            return posixpath.normpath(told)
        caller = self.module(path[:-1])
        call = caller.calls.get(path[-1]) if caller is not None else None
        source = call.from_ if call is not None else None
        if caller is None or source is None or not source.startswith(("./", "../")):
            return None
        return posixpath.normpath(posixpath.join(caller.folder, source))

    def _module(self, folder: str) -> Module | None:
        paths = self._by_folder.get(folder)
        if paths is None:
            return None
        return _module_of(folder, [(named(self.root, p), self.files[p]) for p in paths])

    @cached_property
    def _by_folder(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in sorted(self.files):
            if path.endswith((".tf", ".tf.json")):
                found.setdefault(posixpath.dirname(path) or ".", []).append(path)
        return found


# A module that calls itself would go on for ever; Terraform does not allow it either.
_DEEPEST = 20


def named(root: str, path: str) -> str:
    """Return the name by which a person finds a file: its path from the root folder, and that."""
    return posixpath.normpath(posixpath.join(root, path))


def project(files: Mapping[str, bytes], manifest: object = None, root: str = "") -> Project:
    """Return the project of these files; `manifest` is the parsed `modules.json`, when there."""
    listed = manifest.get("Modules") if isinstance(manifest, Mapping) else None
    places = {
        str(each["Key"]): str(each["Dir"])
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, Mapping) and "Key" in each and "Dir" in each
    }
    return Project({posixpath.normpath(path): text for path, text in files.items()}, places, root)


def lines(whole: Project) -> dict[str, Source]:
    """Return where each resource stands, by the address of its configuration."""
    return {
        configuration_address(path, key): declared.source
        for path, module in whole.modules()
        for key, declared in module.resources.items()
    }


def configuration_address(path: ModulePath, key: ResourceKey) -> str:
    """Return an address without instance keys: `module.vpc.aws_subnet.private`."""
    mode, kind, name = key
    data = ("data",) if mode is Mode.DATA else ()
    return ".".join((*(f"module.{each}" for each in path), *data, kind, name))


def _module_of(folder: str, files: Iterable[tuple[str, bytes]]) -> Module:
    blocks: list[Block] = []
    overriding: list[Block] = []
    mistakes: list[Mistake] = []
    for path, content in files:
        body = (json_syntax if path.endswith(".json") else native).parse(path, content)
        if isinstance(body, Mistake):
            mistakes.append(body)
        elif overrides(path):
            overriding.extend(body.blocks)
        else:
            blocks.extend(body.blocks)
    return Module(folder, Body({}, overridden(blocks, overriding)), tuple(mistakes))


def _expression(body: Body, name: str) -> Expression | None:
    attribute = body.attributes.get(name)
    return None if attribute is None else attribute.expression


def _flag(body: Body, name: str, *, default: bool) -> bool:
    match _expression(body, name):
        case Literal(bool() as told):
            return told
        case None:
            return default
        case _:
            return not default


def literal(body: Body, name: str) -> str | None:
    """Return the text of an attribute that is written out."""
    match _expression(body, name):
        case Literal(str() as told):
            return told
        case _:
            return None


def _configuration_name(expression: Expression | None) -> str | None:
    """Return `aws.east` of `aws.east`, which JSON and old files write in quotes."""
    if isinstance(expression, Literal) and isinstance(expression.value, str):
        return expression.value
    found = traversal(expression) if expression is not None else None
    if found is None or not all(isinstance(step, str) for step in found[1]):
        return None
    return ".".join((found[0], *map(str, found[1])))
