"""Policy documents, as far as the questions need them: who gets in, and under what conditions.

A document is read from JSON text or, when the text is known only after apply, from what writes
it: the statements of an `aws_iam_policy_document` data source, or an expression. Of those usually
all but the ARNs are known. What exactly somebody may do is not asked here.

What makes a statement public follows the meaning of "public" that Amazon S3 documents for its
block of public access, except that conditions which it calls public without more (a referer, a
tag) leave the answer open here.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from caisson.terraform.model import UNKNOWN, Mode
from caisson.terraform.reading import Block
from caisson.topology.resources import Policy
from caisson.topology.truth import any_of

_DATA = "aws_iam_policy_document"


@dataclass(frozen=True, slots=True)
class Condition:
    """`values` is None when not known before apply; `own` when they come from a resource read."""

    operator: str
    key: str
    values: tuple[str, ...] | None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Principals:
    """Those of one kind (`AWS`, `Service`, ...); `names` is None when some of them are not told."""

    kind: str
    names: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Statement:
    """`everybody`: among its principals is anyone at all. `actions` is None when not told.

    `resources` are those known; `resource_count` counts the unknown ones too. `principals` is
    None when they are not told, or when it says who they are not.
    """

    sid: str
    allow: bool | None
    everybody: bool | None
    actions: tuple[str, ...] | None
    conditions: tuple[Condition, ...] | None
    resources: tuple[str, ...] = ()
    resource_count: int = 0
    principals: tuple[Principals, ...] | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """Not `complete` when there may be statements that were not read."""

    statements: tuple[Statement, ...] = ()
    complete: bool = True


NOT_TOLD = Document(complete=False)


def text_of(block: Block, attribute: str) -> str | None:
    """Return the document's JSON text, None when absent or known only after apply."""
    value = block.text(attribute)
    if isinstance(value, str):
        return value
    found = _data(block, attribute)
    written = found.text("json") if found else None
    return written if isinstance(written, str) else None


def policy(block: Block, attribute: str, attached_to: str, kind: str) -> Policy:
    """Return the document in `attribute` of `block` as the topology's; see `Policy.kind`."""
    name = block.address if not block.path else f"{block.address}/{block.path[0]}"
    document = text_of(block, attribute)
    return Policy(name, attached_to, document, kind, block.source)


def document_of(block: Block, attribute: str) -> Document:
    """Return what the attribute says; no statements when it is absent."""
    value = block.document(attribute)
    if value is None:
        return Document()
    if value is not UNKNOWN:
        return parsed(value)
    found = _data(block, attribute)
    return _from_data(found, frozenset()) if found else parsed(block.encoded(attribute))


def parsed(document: object) -> Document:
    """Return a document from its JSON value; one that makes no sense is not told."""
    listed = document.get("Statement") if isinstance(document, Mapping) else None
    written = listed if isinstance(listed, list) else [listed]
    statements = [_statement(each) for each in written if isinstance(each, Mapping)]
    return Document(tuple(statements)) if len(statements) == len(written) else NOT_TOLD


def _data(block: Block, attribute: str) -> Block | None:
    name = block.link(attribute, _DATA).only
    return _data_at(block, name)


def _data_at(block: Block, name: str | None) -> Block | None:
    instance = block.reading.instances.get(name or "")
    if instance is None or instance.type != _DATA or instance.mode is not Mode.DATA:
        return None
    return block.reading.at(instance.address)


# JSON


def _statement(written: Mapping[str, object]) -> Statement:
    effect = written.get("Effect")
    resources = _listed(written.get("Resource"))
    return Statement(
        sid=str(written.get("Sid") or ""),
        allow={"Allow": True, "Deny": False}.get(str(effect)),
        everybody=_everybody(written),
        actions=_texts(written.get("Action")) if "Action" in written else None,
        conditions=_conditions(written.get("Condition")),
        resources=_texts([each for each in resources if each is not UNKNOWN]) or (),
        resource_count=len(resources),
        principals=_named(written),
    )


def _named(written: Mapping[str, object]) -> tuple[Principals, ...] | None:
    if "NotPrincipal" in written:
        return None
    match written.get("Principal"):
        case "*":
            return (Principals("*", ("*",)),)
        case Mapping() as kinds:
            return tuple(Principals(str(kind), _texts(names)) for kind, names in kinds.items())
        case _:
            return None


def _everybody(written: Mapping[str, object]) -> bool | None:
    if "NotPrincipal" in written:
        # Whoever is not named: with Allow that is everybody, with Deny it may leave out any.
        return True if written.get("Effect") == "Allow" else None
    match written.get("Principal"):
        case None:
            return None
        case "*":
            return True
        case Mapping() as kinds:
            return any_of(_anyone(kind, _texts(names)) for kind, names in kinds.items())
        case _:
            return None


def _anyone(kind: str, names: Collection[str] | None) -> bool | None:
    """Return whether everybody is among the principals of one kind; None given is not told."""
    if names is None:
        return None
    if kind not in ("AWS", "*"):
        return None if "*" in names else False
    return any_of(each == "*" or (None if "*" in each else False) for each in names)


def _conditions(written: object) -> tuple[Condition, ...] | None:
    if written is None:
        return ()
    if not isinstance(written, Mapping):
        return None
    if not all(isinstance(keys, Mapping) for keys in written.values()):
        return None
    return tuple(
        Condition(str(operator), str(key), _texts(values))
        for operator, keys in written.items()
        for key, values in keys.items()
    )


def _texts(value: object) -> tuple[str, ...] | None:
    """Return one text or several; None when some of them are not known."""
    listed = _listed(value)
    if UNKNOWN in listed:
        return None
    return tuple("true" if e is True else "false" if e is False else str(e) for e in listed)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


# aws_iam_policy_document


def _from_data(data: Block, seen: frozenset[str]) -> Document:
    """Return its own statements over those it takes from others; a later one of a sid wins."""
    text = data.document("json")
    if text is not UNKNOWN and text is not None:
        return parsed(text)
    seen = seen | {data.address}
    parts = [
        *_taken(data, ("source_policy_documents", "source_json"), seen),
        Document(tuple(map(_written, data.blocks("statement"))), data.known("statement")),
        *_taken(data, ("override_policy_documents", "override_json"), seen),
    ]
    merged: dict[object, Statement] = {}
    for index, each in enumerate(one for part in parts for one in part.statements):
        merged[each.sid or index] = each
    return Document(tuple(merged.values()), all(part.complete for part in parts))


def _taken(data: Block, attributes: Sequence[str], seen: frozenset[str]) -> Iterator[Document]:
    for name in attributes:
        texts = data.texts(name)
        yield from (_text_parsed(each) for each in texts.values)
        if not texts.complete:
            yield from _linked(data, name, seen)


def _linked(data: Block, attribute: str, seen: frozenset[str]) -> Iterator[Document]:
    link = data.link(attribute, _DATA)
    others = [_data_at(data, each) for each in link.to if each not in seen]
    if not link.sure or link.outside or len(others) != len(link.to) or not all(others):
        yield NOT_TOLD
    yield from (_from_data(each, seen) for each in others if each)


def _text_parsed(text: str) -> Document:
    try:
        return parsed(json.loads(text)) if text else Document()
    except (ValueError, RecursionError):
        return NOT_TOLD


def _written(statement: Block) -> Statement:
    effect = statement.text("effect") or "Allow"
    allow = {"Allow": True, "Deny": False}.get(str(effect))
    actions = statement.texts("actions")
    resources = statement.value("resources")
    return Statement(
        sid=str(statement.text("sid") or "") if statement.known("sid") else "",
        allow=allow,
        everybody=_principals(statement, allow=allow),
        actions=actions.values if actions.values and actions.complete else None,
        conditions=tuple(map(_condition, statement.blocks("condition")))
        if statement.known("condition")
        else None,
        resources=statement.texts("resources").values,
        resource_count=len(resources) if isinstance(resources, list) else 0,
        principals=_listed_principals(statement),
    )


def _listed_principals(statement: Block) -> tuple[Principals, ...] | None:
    blocks = statement.blocks("principals")
    kinds = [each.text("type") for each in blocks]
    others = not statement.known("not_principals") or statement.blocks("not_principals")
    if others or not blocks or not all(isinstance(each, str) for each in kinds):
        return None
    names = (each.texts("identifiers") for each in blocks)
    return tuple(
        Principals(str(kind), each.values if each.complete else None)
        for kind, each in zip(kinds, names, strict=True)
    )


def _principals(statement: Block, *, allow: bool | None) -> bool | None:
    if statement.blocks("not_principals"):
        return True if allow else None
    if not statement.known("principals") or not statement.known("not_principals"):
        return None
    return any_of(map(_principal, statement.blocks("principals")))


def _principal(block: Block) -> bool | None:
    names, kind = block.texts("identifiers"), block.text("type")
    if not isinstance(kind, str):
        return None
    named = _anyone(kind, names.values)
    if names.complete or named:
        return named
    # An ARN of something that was read is somebody's, not everybody's.
    link = block.link("identifiers")
    return named if link.sure and link.to else None


def _condition(block: Block) -> Condition:
    values = block.texts("values")
    link = None if values.complete else block.link("values")
    return Condition(
        operator=str(block.text("test")),
        key=str(block.text("variable")),
        values=values.values if values.complete else None,
        own=bool(link and link.sure and link.to),
    )
