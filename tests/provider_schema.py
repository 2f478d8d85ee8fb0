"""What the AWS provider says of itself, and whether blocks in Terraform's JSON agree with it.

The schema is that of the real provider, asked once for each run of the tests. A checker reads a
body as Terraform would: every attribute known, what is required there, nothing set that only the
provider computes, nested blocks as often as they may be, plain values of the right type. Beyond
what Terraform asks for, it finds what is deprecated.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from terraform_runs import PROVIDER, without_network

_MAIN = {"terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}}}
_SECTIONS = {
    "resource": "resource_schemas",
    "data": "data_source_schemas",
    "ephemeral": "ephemeral_resource_schemas",
}
# What Terraform itself reads in a block, and its comment.
_TERRAFORMS = {"provider", "depends_on", "lifecycle", "for_each", "count", "//"}
_PLAIN: Mapping[str, tuple[type, ...]] = {
    # Terraform makes a text of these.
    "string": (str, bool, int, float),
    "number": (int, float),
    "bool": (bool,),
}
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Schema:
    """The blocks of a provider, by section and type, as `terraform providers schema` has them."""

    sections: Mapping[str, Json]

    def block(self, form: str, kind: str) -> Json | None:
        """Return the schema of a type of resource, data source or ephemeral resource."""
        found = self.sections[form].get(kind)
        return None if found is None else found["block"]

    def problems(self, form: str, kind: str, body: Json) -> Iterator[str]:
        """Yield everything that is wrong with the body of one block, by where in it."""
        schema = self.block(form, kind)
        if schema is None:
            yield f"there is no {form} `{kind}`"
            return
        own = {name: value for name, value in body.items() if name not in _TERRAFORMS}
        yield from _block(own, schema, "")

    def has(self, form: str, kind: str, attribute: str) -> bool:
        schema = self.block(form, kind) or {}
        return attribute in {**schema.get("attributes", {}), **schema.get("block_types", {})}


@cache
def aws() -> Schema:
    """Return the schema of the AWS provider that the tests use."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "root").mkdir()
        (Path(folder) / "root" / "main.tf.json").write_text(json.dumps(_MAIN))
        terraform = without_network(Path(folder) / "root", Path(folder))
        terraform.run("init", "-input=false", "-no-color", "-backend=false")
        told = json.loads(terraform.run("providers", "schema", "-json"))
    of_aws = told["provider_schemas"][PROVIDER]
    return Schema({form: of_aws.get(section, {}) for form, section in _SECTIONS.items()})


def _block(body: Json, schema: Json, where: str) -> Iterator[str]:
    attributes, nested = schema.get("attributes", {}), schema.get("block_types", {})
    for name, value in body.items():
        if name in attributes:
            yield from _attribute(value, attributes[name], where + name)
        elif name in nested:
            yield from _nested(value, nested[name], where + name)
        elif name != "//":
            yield f"{where}{name}: there is no such attribute or block"
    for name, attribute in attributes.items():
        if attribute.get("required") and body.get(name) is None:
            yield f"{where}{name}: is required"
    for name, each in nested.items():
        if each.get("min_items", 0) and name not in body:
            yield f"{where}{name}: a block is required"


def _attribute(value: Any, schema: Json, where: str) -> Iterator[str]:
    if value is None:
        return
    if schema.get("computed") and not schema.get("optional"):
        yield f"{where}: only the provider says it"
    if schema.get("deprecated"):
        yield f"{where}: is deprecated"
    if "nested_type" in schema:
        yield from _nested_attribute(value, schema["nested_type"], where)
    else:
        yield from _value(value, schema["type"], where)


def _nested_attribute(value: Any, schema: Json, where: str) -> Iterator[str]:
    """Check an attribute that is made of others: objects, by how they nest."""
    match schema["nesting_mode"]:
        case "single":
            yield from _objects([value], schema, where)
        case "map" if isinstance(value, Mapping):
            yield from _objects(list(value.values()), schema, where)
        case "list" | "set" if isinstance(value, list | tuple):
            yield from _objects(value, schema, where)
        case mode:
            if not _is_expression(value):
                yield f"{where}: must be a {mode}"


def _nested(value: Any, schema: Json, where: str) -> Iterator[str]:
    mode = schema["nesting_mode"]
    if mode not in {"single", "list", "set"}:
        raise AssertionError(f"{where}: no test was written for blocks that nest as a {mode}")
    blocks = list(value) if isinstance(value, list | tuple) else [value]
    if mode == "single" and len(blocks) > 1:
        yield f"{where}: there can be one"
    if len(blocks) < schema.get("min_items", 0):
        yield f"{where}: there must be {schema['min_items']} at least"
    if len(blocks) > (most := schema.get("max_items", 0)) > 0:
        yield f"{where}: there can be {most} at most"
    if schema["block"].get("deprecated"):
        yield f"{where}: is deprecated"
    yield from _objects(blocks, schema["block"], where)


def _objects(bodies: list[Any] | tuple[Any, ...], schema: Json, where: str) -> Iterator[str]:
    for each in bodies:
        if isinstance(each, Mapping):
            yield from _block(each, schema, f"{where}.")
        elif not _is_expression(each):
            yield f"{where}: must be an object"


def _value(value: Any, kind: Any, where: str) -> Iterator[str]:
    """Check a plain value; an expression may be of any type."""
    if value is None or kind == "dynamic" or _is_expression(value):
        return
    match kind:
        case str():
            yield from _primitive(value, kind, where)
        case ["list" | "set" as plural, inner]:
            yield from _each(value, list | tuple, plural, inner, where)
        case ["map", inner]:
            yield from _each(value, Mapping, "map", inner, where)
        case ["object", Mapping() as inner]:
            yield from _object(value, inner, where)
        case _:
            raise AssertionError(f"{where}: no test was written for the type {kind}")


def _primitive(value: Any, kind: str, where: str) -> Iterator[str]:
    # To Python a bool is a number.
    if not isinstance(value, _PLAIN[kind]) or (kind == "number" and isinstance(value, bool)):
        yield f"{where}: must be a {kind}"


def _each(value: Any, form: Any, kind: str, inner: Any, where: str) -> Iterator[str]:
    if not isinstance(value, form):
        yield f"{where}: must be a {kind}"
        return
    named = value.items() if isinstance(value, Mapping) else ((None, each) for each in value)
    for name, each in named:
        yield from _value(each, inner, where if name is None else f"{where}.{name}")


def _object(value: Any, attributes: Json, where: str) -> Iterator[str]:
    """Check an object of an attribute: in JSON, each of its attributes has to be there."""
    if not isinstance(value, Mapping):
        yield f"{where}: must be an object"
        return
    for name in sorted({*value, *attributes}):
        if name not in attributes:
            yield f"{where}.{name}: there is no such attribute or block"
        elif name not in value:
            yield f"{where}.{name}: is required"
        else:
            yield from _value(value[name], attributes[name], f"{where}.{name}")


def _is_expression(value: Any) -> bool:
    return isinstance(value, str) and "${" in value
