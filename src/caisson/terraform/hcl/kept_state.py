"""Where Terraform keeps the state of a root, as a configuration says it, and who reads it there."""

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from caisson.estate.sources import Source
from caisson.terraform.hcl.configuration import Project, literal
from caisson.terraform.hcl.syntax import Body, Literal, Object
from caisson.topology.places import Places
from caisson.topology.resources import TOOL_STATE, Resource

ID = "terraform.backend"
# The data source that reads the outputs of another root out of its state.
REMOTE_STATE = "terraform_remote_state"
# What each backend calls the thing that it keeps the state in.
_STORES = ("bucket", "storage_account_name", "path", "address", "hostname")
# By backend: what tells one state from all others there, with what stands for what is left out.
# None: without it nobody can tell which state it is.
_IDENTITY: Mapping[str, Mapping[str, str | None]] = {
    "s3": {"bucket": None, "key": None},
    "gcs": {"bucket": None, "prefix": ""},
    "azurerm": {"storage_account_name": None, "container_name": None, "key": None},
    "http": {"address": None},
    "local": {"path": "terraform.tfstate"},
    "remote": {"hostname": "app.terraform.io", "organization": None, "workspaces.name": None},
}
_SAME = {"cloud": "remote"}  # another word for the same
_PATH = "path"


@dataclass(frozen=True, slots=True)
class StateId:
    """Which state it is: the backend's kind, and all that tells it from other states there."""

    kind: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeptState:
    """`kind` is the backend's, `store` the bucket or path; `region` is None where it has none.

    `id` is None where the configuration leaves open which state it is. `written` is False where
    nothing is said of a backend, so that the state lies beside the configuration.
    """

    kind: str
    store: str
    region: str | None
    source: Source
    id: StateId | None = None
    written: bool = True

    def resource(self, id_: str, places: Places) -> Resource:
        """Return it as a thing in its place. In whose account it is nobody says."""
        return Resource(
            id=id_,
            type=TOOL_STATE,
            name=f"{self.kind} {self.store}".strip(),
            account=None,
            region=self.region,
            source=self.source,
            jurisdiction=places.jurisdiction(self.region),
        )


def kept_state(project: Project) -> KeptState | None:
    """Return where the state is kept, None when there is no configuration.

    A backend takes no variables, and what is given on the command line is not seen.
    """
    module = project.module()
    if module is None:
        return None
    backend = module.backend
    if backend is None or not (backend.labels or backend.type in _SAME):
        here = Source(project.root, 1)
        return KeptState("local", "", None, here, _id("local", _nothing, project.root), False)
    kind = backend.labels[0] if backend.labels else backend.type
    stores = (literal(backend.body, each) for each in _STORES)
    return KeptState(
        kind,
        next((each for each in stores if each is not None), ""),
        literal(backend.body, "region"),
        backend.source,
        _id(kind, lambda name: _setting(backend.body, name), project.root),
    )


def asked_state(values: Mapping[str, object], folder: str) -> StateId | None:
    """Return which state a data source reads, by its values; None when that is not told.

    `folder` is that of the root which reads it. A state of a workspace that has a name is another
    one than the configuration's own.
    """
    kind, config = values.get("backend"), values.get("config")
    if isinstance(config, list) and len(config) == 1:
        config = config[0]  # as a block, which old versions have
    if values.get("workspace") not in (None, "", "default") or not isinstance(kind, str):
        return None
    if config is not None and not isinstance(config, Mapping):
        return None
    return _id(kind, lambda name: _told(config or {}, name), folder)


_MISSING, _OPEN = object(), object()


def _id(kind: str, value: Callable[[str], object], folder: str) -> StateId | None:
    kind = _SAME.get(kind, kind)
    found: list[str] = []
    for name, default in _IDENTITY.get(kind, {"": None}).items():
        told = value(name)
        word = default if told is _MISSING else told
        if not isinstance(word, str):
            return None
        found.append(posixpath.normpath(posixpath.join(folder, word)) if name == _PATH else word)
    return StateId(kind, tuple(found))


def _nothing(_name: str) -> object:
    return _MISSING


def _told(config: Mapping[str, object], name: str) -> object:
    value: object = config
    for step in name.split("."):
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if not isinstance(value, Mapping):
            return _OPEN
        value = value.get(step)
        if value is None:
            return _MISSING
    return value


def _setting(body: Body, name: str) -> object:
    """Return what stands in a backend; _OPEN for what is no plain text."""
    first, _, inner = name.partition(".")
    for block in body.of(first) if inner else ():
        return _setting(block.body, inner)
    attribute = body.attributes.get(first)
    if attribute is None:
        return _MISSING
    expression = attribute.expression
    if inner and isinstance(expression, Object):
        items = ((key, value) for key, value in expression.items if isinstance(key, Literal))
        expression = next((value for key, value in items if key.value == inner), Literal(None))
    return expression.value if isinstance(expression, Literal) else _OPEN
