"""The front door: the bytes of a Terraform document become a topology."""

import gc
import json
import posixpath
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath

from caisson.terraform.aws.catalogue import TRANSLATORS
from caisson.terraform.aws.neutral import NEUTRAL, PARTIAL
from caisson.terraform.configuration import Configuration, configuration
from caisson.terraform.document import Document, Kind, parse, refuse
from caisson.terraform.hcl.configuration import Project, lines, project
from caisson.terraform.hcl.expand import MANIFEST, expand
from caisson.terraform.hcl.kept_state import ID, kept_state
from caisson.terraform.hcl.links import SourceLinks
from caisson.terraform.hcl.others import Others
from caisson.terraform.hcl.syntax import Literal
from caisson.terraform.hcl.unshown import shown
from caisson.terraform.instances import NO_TEXT, Listed, Text, planned, present
from caisson.terraform.model import Instance
from caisson.terraform.outputs import outputs_of
from caisson.terraform.reading import Reading
from caisson.terraform.remote_states import seeing_each_other
from caisson.terraform.resolver.links import Resolver, Surroundings
from caisson.terraform.roots import Part, joined_reading, rooted_gaps, rooted_states
from caisson.terraform.topology import Understood, reading_of, resource_of, topology_of
from caisson.topology.model import Topology
from caisson.topology.places import Places
from caisson.topology.resources import EVERY_QUESTION, Gap

_NOBODY_SAID = Places()
_TOO_DEEP = "nested too deep to be followed"
_UNDERSTOOD = Understood(TRANSLATORS, NEUTRAL, PARTIAL)


def read(
    file: str,
    content: bytes,
    files: Mapping[str, bytes] | None = None,
    places: Places = _NOBODY_SAID,
    root: str = "",
) -> Topology:
    """Return the topology of the plan, state or JSON configuration in `content`.

    `file` is its name. `files` are those of the configuration that was planned, by their paths
    from its folder `root`: `*.tf` and `*.tf.json` of the root and of its modules, and MANIFEST.
    They tell what a plan leaves out, and are believed only where they agree with it. `places`
    says what environments and jurisdictions there are.

    Raises EstateErrors when it cannot be read whole.
    """
    with _few_collections():
        return topology_of_one(part(file, content, files, root), places)


def read_configuration(
    name: str, files: Mapping[str, bytes], places: Places = _NOBODY_SAID, root: str = ""
) -> Topology:
    """Return the topology of a configuration of which no plan was made; `name` is its folder's.

    `files` are as for `read`, and `*.tfvars` of the root too. What only a plan tells is a gap.
    Raises EstateErrors when a file cannot be read.
    """
    with _few_collections():
        return topology_of_one(part_of_configuration(name, files, root), places)


def read_together(
    estate: str, parts: Mapping[str, Part], places: Places = _NOBODY_SAID
) -> Topology:
    """Return the topology of several roots, by the names that tell them apart.

    Names are letters, digits, hyphens and underscores; see `caisson.terraform.roots`.
    """
    return read_parts(estate, parts, places).topology


@dataclass(frozen=True, slots=True)
class Read:
    """What several roots say, and what it means."""

    reading: Reading
    topology: Topology


def read_parts(estate: str, parts: Mapping[str, Part], places: Places) -> Read:
    """Read several roots together; see `read_together`."""
    with _few_collections():
        named = seeing_each_other([replace(each, name=name) for name, each in parts.items()])
        reading, links = joined_reading(named, lambda each: resource_of(each, places), places)
        gaps = [gap for each in named for gap in rooted_gaps(each)]
        try:
            runs = links.runs_programs
            found = topology_of(estate, reading, _UNDERSTOOD, links.mentions, runs, gaps)
        except RecursionError:
            refuse(estate, _TOO_DEEP, "check parts of it by themselves")
        states = rooted_states(named, places)
        return Read(reading, replace(found, resources=(*found.resources, *states)))


def part(
    file: str, content: bytes, files: Mapping[str, bytes] | None = None, root: str = ""
) -> Part:
    """Read one root by itself, to be read together with others; arguments are as for `read`."""
    with _few_collections():
        document = parse(file, content)
        try:
            if document.kind is not Kind.CONFIGURATION:
                return _part(document, files, root)
            if not files:
                files, root = _alone(file, content), posixpath.dirname(file)
            return part_of_configuration(file, files, root)
        except RecursionError:
            refuse(file, _TOO_DEEP, "check parts of it by themselves")


def part_of_configuration(name: str, files: Mapping[str, bytes], root: str = "") -> Part:
    """Read one configuration by itself; arguments are as for `read_configuration`."""
    return _written(name, files, _project(files, root), None)


def _written(
    name: str, files: Mapping[str, bytes], sources: Project, others: Others | None
) -> Part:
    with _few_collections():
        expanded = expand(files, sources.root, others, sources)
        return Part(
            name,
            expanded.instances,
            expanded.links,
            expanded.programs.__contains__,
            tuple(expanded.gaps),
            kept_state(sources),
            partial(_written, name, files, sources),
        )


def topology_of_one(one: Part, places: Places = _NOBODY_SAID) -> Topology:
    """Return the topology of one root by itself. Raises EstateErrors when it is nested too deep."""
    with _few_collections():
        try:
            reading = reading_of(one.instances, one.links, places)
            runs = one.runs_programs
            about = one.links.mentions
            found = topology_of(one.name, reading, _UNDERSTOOD, about, runs, one.gaps)
        except RecursionError:
            refuse(one.name, _TOO_DEEP, "check parts of it by themselves")
        told = one.state is not None and one.state.written
        state = (one.state.resource(ID, places),) if one.state is not None and told else ()
        return replace(found, resources=(*found.resources, *state))


def _part(document: Document, files: Mapping[str, bytes] | None, root: str) -> Part:
    outputs = outputs_of(document)
    if document.kind is Kind.PLAN:
        written = configuration(document.file, document.content)
        sources = None if files is None else _project(files, root)
        listed = planned(document, written, NO_TEXT if sources is None else _text(sources))
    else:
        written, sources = Configuration(), None
        listed = present(document)
    gaps = tuple(_put_off(document, listed))
    return _seeing(_Document(document.file, written, listed, sources, outputs, root, gaps), None)


@dataclass(frozen=True, slots=True)
class _Document:
    """What was read of a plan or a state, before anything in it is followed."""

    file: str
    written: Configuration
    listed: Listed
    sources: Project | None
    outputs: Mapping[str, object]
    folder: str
    gaps: tuple[Gap, ...]


def _seeing(read: _Document, others: Others | None) -> Part:
    instances, resolver = _resolved(read, others)
    state = None if read.sources is None else kept_state(read.sources)
    runs, again = resolver.runs_programs, partial(_seeing, read)
    return Part(read.file, instances, resolver, runs, read.gaps, state, again)


def _alone(file: str, content: bytes) -> dict[str, bytes]:
    """Return a configuration of one file, by a name that Terraform would read it under."""
    name = PurePosixPath(file).name
    return {name if name.endswith(".tf.json") else f"{name}.tf.json": content}


def _resolved(read: _Document, others: Others | None) -> tuple[tuple[Instance, ...], Resolver]:
    """Return what is planned, with the blocks that only the text tells, and what it names."""
    better, listed = None, read.listed
    if read.sources is not None:
        instances = {each.address: each for each in listed.instances}
        better = SourceLinks(read.sources, instances, read.written, others)
        if told := shown(listed.instances, better):
            instances |= told
            listed = replace(listed, instances=tuple(instances.values()))
            better = SourceLinks(read.sources, instances, read.written, others)
    text = None if better is None else better.outputs
    around = Surroundings(read.outputs, others, read.folder, text)
    found = listed.instances
    return found, Resolver(read.written, listed.modules, found, listed.collections, better, around)


def _project(files: Mapping[str, bytes], root: str) -> Project:
    try:
        manifest = json.loads(files.get(MANIFEST, b"null"))
    except (ValueError, RecursionError):
        manifest = None  # modules that it would have placed are then not found, and not believed
    return project(files, manifest, root)


def _text(sources: Project) -> Text:
    def local(path: tuple[str, ...], name: str) -> object:
        module = sources.module(path)
        attribute = None if module is None else module.locals.get(name)
        value = None if attribute is None else attribute.expression
        return value.value if isinstance(value, Literal) else None

    return Text(lines(sources), local)


def _put_off(document: Document, listed: Listed) -> Iterator[Gap]:
    """Yield what Terraform has not planned, by its own word: what will be of it, nobody knows."""
    for each in listed.deferred:
        what = f"{each} is put off by Terraform until other things are there"
        yield Gap(what, each, "", EVERY_QUESTION, document.source)
    if not listed.whole and not listed.deferred:
        what = "Terraform says that this plan leaves out changes, as one of some targets does"
        yield Gap(what, document.file, "", EVERY_QUESTION, document.source)


@contextmanager
def _few_collections() -> Iterator[None]:
    """While millions of objects are made, and none is given up, looking for cycles is in vain."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
