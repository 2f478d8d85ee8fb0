"""Policies of IAM: statements become a document that the provider checks and writes out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from caisson.terraform.writing.model import Block, Form, Value
from caisson.terraform.writing.references import attribute


class Effect(StrEnum):
    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition such as `StringEquals aws:RequestedRegion [eu-west-1]`."""

    test: str
    variable: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: `actions`, or all but `but`. `principals` are by type, as in `AWS`."""

    sid: str
    actions: Sequence[str] = ()
    resources: Sequence[str] = ()
    effect: Effect = Effect.ALLOW
    but: Sequence[str] = ()
    principals: Mapping[str, Sequence[str]] = field(default_factory=dict)
    conditions: Sequence[Condition] = ()


def document(file: str, name: str, provider: str, *statements: Statement) -> Block:
    """Return the document, whose text is `policy(document)`."""
    body: dict[str, Value] = {"statement": [_block(each) for each in statements]}
    return Block(file, "aws_iam_policy_document", name, provider, body, Form.DATA)


def policy(made: Block) -> str:
    return attribute(made, "json")


def short_policy(made: Block) -> str:
    """Return the text without spaces, where the length counts."""
    return attribute(made, "minified_json")


def length(*statements: Statement) -> int:
    """Return how many characters `short_policy` has at most: what is alone loses its brackets."""
    whole = {"Version": "2012-10-17", "Statement": [_json(each) for each in statements]}
    return len(json.dumps(whole, separators=(",", ":")))


def assumed_by(service: str, *conditions: Condition) -> Statement:
    """Return the statement by which a service of AWS takes a role, such as `config`."""
    principals = {"Service": (f"{service}.amazonaws.com",)}
    return Statement("Assume", ("sts:AssumeRole",), principals=principals, conditions=conditions)


def equal(variable: str, *values: str) -> Condition:
    return Condition("StringEquals", variable, values)


def _block(statement: Statement) -> dict[str, Value]:
    principals: list[Value] = [
        {"type": kind, "identifiers": list(names)} for kind, names in statement.principals.items()
    ]
    conditions: list[Value] = [
        {"test": each.test, "variable": each.variable, "values": list(each.values)}
        for each in statement.conditions
    ]
    parts: dict[str, Value] = {
        "sid": statement.sid,
        "effect": statement.effect.value,
        "principals": principals,
        "actions": list(statement.actions),
        "not_actions": list(statement.but),
        "resources": list(statement.resources),
        "condition": conditions,
    }
    return {name: value for name, value in parts.items() if value}


def _json(statement: Statement) -> dict[str, object]:
    conditions: dict[str, dict[str, list[str]]] = {}
    for each in statement.conditions:
        conditions.setdefault(each.test, {})[each.variable] = list(each.values)
    parts = {
        "Sid": statement.sid,
        "Effect": statement.effect.value,
        "Action": list(statement.actions),
        "NotAction": list(statement.but),
        "Resource": list(statement.resources),
        "Condition": conditions,
    }
    return {name: value for name, value in parts.items() if value}
