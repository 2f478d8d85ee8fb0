"""What a mocked AWS says of a thing: one text for each attribute, which nothing else has.

So that whatever a value turns up in, tells what it names. Where the provider looks at a value, it
gets one of the right form.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from caisson.terraform.writing.model import Block, Output, Root

_REFERENCE = re.compile(r"(?<![\w.])((?:data\.)?aws_\w+\.\w+)(?:\[[^\]]*\])?\.(\w+)")
# What Terraform itself reads in a block.
_TERRAFORMS = ("depends_on", "lifecycle")
_WHOLE = re.compile(r"\$\{((?:data\.)?aws_\w+\.\w+)\.(\w+)\}")
_REPLACED = re.compile(r'replace\("([^"]*)", "([^"]*)", "([^"]*)"\)')
# What is no text, by type and attribute.
_NOTHING = '{"Version":"2012-10-17","Statement":[]}'
_OTHERWISE: Mapping[tuple[str, str], Any] = {
    ("aws_iam_policy_document", "json"): _NOTHING,
    ("aws_iam_policy_document", "minified_json"): _NOTHING,
    ("aws_organizations_account", "id"): "555555555555",
    ("aws_route53_zone", "name_servers"): ["ns-1.example", "ns-2.example"],
    ("aws_serverlessapplicationrepository_cloudformation_stack", "outputs"): {
        "RotationLambdaARN": "arn:aws:lambda:us-west-2:333333333333:function:rotation"
    },
}


def told(root: Root, address: str, attribute: str) -> Any:
    """Return what AWS says of an attribute of a root's block, or what the block says itself."""
    block = _block(root, address)
    own = block.body.get(attribute)
    if isinstance(own, str) and "${" not in own:
        return own
    if attribute == "domain_validation_options":
        return [_validation(each) for each in _domains(block)]
    if (block.type, attribute) in _OTHERWISE:
        return _OTHERWISE[block.type, attribute]
    if attribute.endswith("arn"):
        return _arn(root, block)
    # AWS takes forty letters, sometimes.
    initials = "".join(each[0] for each in block.type.removeprefix("aws_").split("_"))
    return _hyphened(f"{block.name}-{attribute}-{initials}")


def asked(root: Root) -> Mapping[str, tuple[str, ...]]:
    """Return which attributes the expressions of a root ask for, by the address of their block."""
    found: dict[str, dict[str, None]] = {}
    for text in texts([*(each.body for each in root.blocks), *_outputs(root)]):
        for address, attribute in _REFERENCE.findall(text):
            found.setdefault(address, {})[attribute] = None
    return {address: tuple(attributes) for address, attributes in found.items()}


def tells(root: Root) -> dict[str, Any]:
    """Return the outputs of a root, as they are when AWS says what `told` says."""
    return {
        each.name: _evaluated(root, each.value) for each in root.parts if isinstance(each, Output)
    }


def referred(text: Any) -> tuple[str, str] | None:
    """Return the address and the attribute of a text that is one reference within its root."""
    found = _WHOLE.fullmatch(text) if isinstance(text, str) else None
    return None if found is None else (found[1], found[2])


def leaves(body: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the texts in a body with where they stand, such as `rule.target_vault_name`."""
    match body:
        case str():
            yield path, body
        case Mapping():
            for name, each in body.items():
                if name not in _TERRAFORMS:
                    yield from leaves(each, f"{path}.{name}" if path else name)
        case list() | tuple():
            for each in body:
                yield from leaves(each, path)
        case _:
            return


def at(values: Any, path: str) -> Iterator[Any]:
    """Yield what stands at such a place in the values that Terraform gives, in lists or not."""
    if isinstance(values, list):
        for each in values:
            yield from at(each, path)
    elif not path:
        yield values
    elif isinstance(values, Mapping):
        name, _, rest = path.partition(".")
        yield from at(values.get(name), rest)


def texts(value: Any) -> Iterator[str]:
    """Yield the texts in what stands in a block."""
    match value:
        case str():
            yield value
        case Mapping():
            for each in value.values():
                yield from texts(each)
        case list() | tuple():
            for each in value:
                yield from texts(each)
        case _:
            return


def _evaluated(root: Root, value: Any) -> Any:
    match value:
        case str() if found := _WHOLE.fullmatch(value):
            return told(root, found[1], found[2])
        case str():
            return _text(root, value)
        case list() | tuple():
            return [_evaluated(root, each) for each in value]
        case _:
            return value


def _text(root: Root, value: str) -> str:
    """Return what an expression comes to, of references and `replace` alone."""
    text = _WHOLE.sub(lambda found: str(told(root, found[1], found[2])), value)
    text = _REFERENCE.sub(lambda found: f'"{told(root, found[1], found[2])}"', text)
    while found := _REPLACED.search(text):
        new = found[1].replace(found[2], found[3])
        text = f'{text[: found.start()]}"{new}"{text[found.end() :]}'
    plain = re.sub(r'\$\{"([^"]*)"\}', r"\1", text)
    assert "${" not in plain, f"no test was written for {value}"
    return plain


def _domains(certificate: Block) -> tuple[str, ...]:
    others = certificate.body.get("subject_alternative_names") or ()
    return (*texts(certificate.body["domain_name"]), *texts(others))


def _validation(domain: str) -> dict[str, str]:
    return {
        "domain_name": domain,
        "resource_record_name": f"_proof.{domain}",
        "resource_record_type": "CNAME",
        "resource_record_value": f"_proof.{domain}.acm.example",
    }


def _arn(root: Root, block: Block) -> str:
    provider = next(each for each in root.providers if each.alias == block.provider)
    kind = block.type.removeprefix("aws_")
    service, _, rest = kind.partition("_")
    where = f"{provider.region}:{provider.account}"
    return f"arn:aws:{service}:{where}:{_hyphened(rest)}/{_hyphened(block.name)}"


def _block(root: Root, address: str) -> Block:
    return next(each for each in root.blocks if each.address == address)


def _outputs(root: Root) -> Iterator[Any]:
    yield from (each.value for each in root.parts if isinstance(each, Output))


def _hyphened(name: str) -> str:
    return name.replace("_", "-")
