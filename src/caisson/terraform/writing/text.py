"""Roots become files: Terraform's JSON, in the order of writing, for people to read."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise

from caisson.terraform.writing.model import (
    Block,
    Form,
    Import,
    Output,
    Provider,
    Rendering,
    Root,
    State,
    Value,
    Variable,
)

# The versions that everything here was tried with: write-only attributes came with 1.11.
TERRAFORM = ">= 1.11.0, < 2.0.0"
AWS_PROVIDER = "~> 5.100"
# The file that says where the state lies, by itself: a root that makes the bucket of its own
# state is applied without this file first, and moves its state with it afterwards.
BACKEND = "backend"
_Json = dict[str, object]


def files(rendering: Rendering) -> dict[str, str]:
    """Return the text of every file by its path; the same rendering gives the same bytes."""
    roots = {each.path: each for each in rendering.roots}
    written = {
        f"{root.path}/{name}.tf.json": json.dumps(content, indent=2) + "\n"
        for root in rendering.roots
        for name, content in _of(root, roots)
    }
    return {**rendering.beside, **written}


def _of(root: Root, roots: Mapping[str, Root]) -> Iterator[tuple[str, _Json]]:
    yield "root", _settings(root)
    yield BACKEND, {"terraform": {"backend": {"s3": _backend(root)}}}
    if root.needs:
        yield "needs", _needs(root, roots)
    by_file: dict[str, list[Block]] = defaultdict(list)
    for each in root.blocks:
        by_file[each.file].append(each)
    for name, blocks in by_file.items():
        imports = [_import(each) for each in root.imports if each.block.file == name]
        yield name, {**_blocks(blocks), **({"import": imports} if imports else {})}
    variables = {each.name: _variable(each) for each in root.parts if isinstance(each, Variable)}
    if variables:
        yield "variables", {"variable": variables}
    outputs = {each.name: _output(each) for each in root.parts if isinstance(each, Output)}
    if outputs:
        yield "outputs", {"output": outputs}


def _settings(root: Root) -> _Json:
    others = {each.name: {"source": each.source, "version": each.version} for each in root.others}
    required = {"aws": {"source": "hashicorp/aws", "version": AWS_PROVIDER}, **others}
    return {
        "//": root.purpose,
        "terraform": {"required_version": TERRAFORM, "required_providers": required},
        "provider": {"aws": [_provider(each) for each in root.providers]},
    }


def _backend(root: Root) -> _Json:
    return {**_kept(root.state), "use_lockfile": True}


def _kept(state: State) -> _Json:
    return {"bucket": state.bucket, "key": state.key, "region": state.region}


def _provider(provider: Provider) -> _Json:
    return {
        "alias": provider.alias,
        "region": provider.region,
        "allowed_account_ids": [provider.account],
        "default_tags": {"tags": dict(provider.tags)},
    }


def _needs(root: Root, roots: Mapping[str, Root]) -> _Json:
    """Return what reads the outputs of other roots."""
    states = {
        name: {"backend": "s3", "config": _kept(roots[path].state)}
        for name, path in root.needs.items()
    }
    return {"data": {"terraform_remote_state": states}}


def _blocks(blocks: list[Block]) -> _Json:
    found: _Json = {}
    for form in Form:
        by_type: dict[str, _Json] = defaultdict(dict)
        for each in blocks:
            if each.form is form:
                by_type[each.type][each.name] = _body(each)
        if by_type:
            found[form.value] = dict(by_type)
    moved = [step for each in blocks for step in _moved(each)]
    return {**found, "moved": moved} if moved else found


def _moved(block: Block) -> Iterator[_Json]:
    """Yield the steps from each former address to the next: Terraform takes one to each alone."""
    for before, after in pairwise(block.addresses):
        yield {"from": before, "to": after}


def _body(block: Block) -> _Json:
    comment = {"//": block.comment} if block.comment else {}
    provider = {"provider": f"aws.{block.provider}"} if block.provider else {}
    return {**comment, **provider, **_plain(block.body)}


def _import(adopted: Import) -> _Json:
    return {"to": adopted.block.address, "id": adopted.id}


def _plain(body: Mapping[str, Value]) -> _Json:
    """Return a body without what is None, which is to say nothing."""
    return {name: value for name, value in body.items() if value is not None}


def _variable(variable: Variable) -> _Json:
    default = {} if variable.default is None else {"default": variable.default}
    return {"type": variable.type, "description": variable.about, **default}


def _output(output: Output) -> _Json:
    return {"description": output.about, "value": output.value}
