"""What AWS counts in what was rendered, where nobody is given more for the asking.

Much of it is known only once it is applied, such as ARNs: each is counted with the length that it
has at the least, so that nothing is refused which AWS would take.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator

from caisson.estate.mistakes import Mistake
from caisson.estate.sources import Sources
from caisson.terraform.writing.model import Block, Rendering, Root, Value

_REFERENCE = re.compile(r"\$\{[^{}]*\}")
# An ARN, or an endpoint.
_LETTERS_OF_REFERENCE = 60
# A parameter of Systems Manager in its larger tier.
_MOST_BYTES_OF_PARAMETER = 8192
# All policies that are written into one role: "IAM and AWS STS quotas".
_MOST_LETTERS_OF_ROLE = 10_240
# Rules of a group in one direction, times the groups of an interface: "Amazon VPC quotas".
_MOST_RULES = 1000
_RULES = ("aws_vpc_security_group_egress_rule", "aws_vpc_security_group_ingress_rule")


def limits(rendering: Rendering, sources: Sources) -> Iterator[Mistake]:
    for root in rendering.roots:
        yield from _parameters(root, sources)
        yield from _roles(root, sources)
        yield from _rules(root, sources)


def _parameters(root: Root, sources: Sources) -> Iterator[Mistake]:
    for block in _of(root, "aws_ssm_parameter"):
        size = _length(block.body["value"])
        if size > _MOST_BYTES_OF_PARAMETER:
            what = (
                f"{block.body['name']} would have {size} bytes, and a parameter of AWS "
                f"{_MOST_BYTES_OF_PARAMETER}: it names each tenant that is at home there"
            )
            remedy = "divide the tenants among more jurisdictions, or among several estates"
            yield Mistake(sources.at("tenants"), what, remedy)
            return  # the others of the root name the same tenants


def _roles(root: Root, sources: Sources) -> Iterator[Mistake]:
    documents = {f"${{{each.address}.json}}": each for each in _of(root, "aws_iam_policy_document")}
    for block in _of(root, "aws_iam_role_policy"):
        document = documents.get(str(block.body["policy"]))
        if document is None:
            continue
        size = _length(document.body["statement"])
        if size > _MOST_LETTERS_OF_ROLE:
            what = (
                f"{root.path}: the rights of {block.name} would have {size} letters, and a role of "
                f"AWS {_MOST_LETTERS_OF_ROLE}"
            )
            yield Mistake(
                sources.at("services"), what, "divide the service, so that each uses less"
            )


def _rules(root: Root, sources: Sources) -> Iterator[Mistake]:
    groups = Counter(
        (kind, str(each.body["security_group_id"])) for kind in _RULES for each in _of(root, kind)
    )
    for (_, group), number in groups.items():
        if number > _MOST_RULES:
            what = (
                f"{root.path}: {group} would have {number} rules in one direction, and AWS allows "
                f"{_MOST_RULES} to whoever asks"
            )
            yield Mistake(sources.at("services"), what, "divide the services among several estates")


def _of(root: Root, kind: str) -> Iterator[Block]:
    return (each for each in root.blocks if each.type == kind)


def _length(value: Value) -> int:
    """Return how long a value is at the least, written as short as JSON can be."""
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return len(_REFERENCE.sub("x" * _LETTERS_OF_REFERENCE, text).encode())
