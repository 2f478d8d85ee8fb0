"""Definitions of containers whose text is known but for names, such as that of a repository.

Where such a name stands, the document says whose it is: `<aws_ecr_repository.web.repository_url>`.
"""

import re
from collections.abc import Iterator, Mapping

from caisson.terraform.aws.needs import BACKENDS
from caisson.terraform.model import UNKNOWN
from caisson.terraform.reading import Block
from caisson.topology.resources import Use

REPOSITORIES = ("aws_ecr_repository", "aws_ecrpublic_repository")
_STANDS = re.compile(r"<((?:[\w-]+:)?(?:module\.|data\.|aws_)[^<>]+)\.\w+>")
_LOGS = "logConfiguration"
# Lists in a container that are of named values: why somebody is used, and the value's own name.
_VALUES = {"environment": ("environment variable", "value"), "secrets": ("secret", "valueFrom")}


def told(value: object) -> bool:
    """Return whether nothing in a document is unknown, but for names."""
    match value:
        case Mapping():
            return all(map(told, value.values()))
        case list():
            return all(map(told, value))
        case _:
            return value is not UNKNOWN


def named(block: Block, container: Mapping[str, object]) -> tuple[Use, ...] | None:
    """Return what the names in a container stand for; None when one of them is not told."""
    found = [
        (address, why)
        for key, value in container.items()
        if key != _LOGS
        for address, why in _named(key, value)
    ]
    kinds = {each: block.reading.instances.get(each) for each, _ in found}
    if None in kinds.values():
        return None
    wanted = (*BACKENDS, *REPOSITORIES)
    return tuple(
        Use(block.address, each, why, block.source)
        for each, why in dict.fromkeys(found)
        for kind in (kinds[each],)
        if kind is not None and kind.type in wanted
    )


def _named(key: str, value: object) -> Iterator[tuple[str, str]]:
    if key in _VALUES and isinstance(value, list):
        why, where = _VALUES[key]
        for each in value:
            if isinstance(each, Mapping):
                said = f"{why} {each.get('name')}"
                yield from ((one, said) for one in _in(each.get(where)))
    else:
        yield from ((one, key) for one in _in(value))


def _in(value: object) -> Iterator[str]:
    match value:
        case str():
            yield from _STANDS.findall(value)
        case Mapping():
            for each in value.values():
                yield from _in(each)
        case list():
            for each in value:
                yield from _in(each)
        case _:
            pass


def without_names(container: Mapping[str, object]) -> Mapping[str, object]:
    """Return what is left of a container to be read as it is written; without its logs."""
    kept: dict[str, object] = {}
    for key, value in container.items():
        if key == "environment":
            kept[key] = _blank(value)
        elif key in _VALUES and isinstance(value, list):
            kept[key] = [each for each in value if not any(_in(each))]
        elif key != _LOGS and not any(_in(value)):
            kept[key] = value
    return kept


def _blank(value: object) -> object:
    """Return a value with nothing where names stand: beside them, others may be written."""
    match value:
        case str():
            return _STANDS.sub(" ", value)
        case Mapping():
            return {key: _blank(each) for key, each in value.items()}
        case list():
            return [_blank(each) for each in value]
        case _:
            return value
