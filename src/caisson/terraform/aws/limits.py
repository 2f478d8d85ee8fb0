"""The accounts to which the conditions of a statement limit who is let in by it.

A condition that is not among those here limits nothing: `aws:PrincipalOrgID` lets in every account
of the organization, and the networks and endpoints that requests come from are a question about
the network. Keys and operators are as docs.aws.amazon.com/IAM/latest/UserGuide describes them
(reference_policies_condition-keys, reference_policies_elements_condition_operators): an operator
`...IfExists` or `ForAllValues:` is met where the key is absent, so that it limits nobody.
"""

from dataclasses import dataclass

from caisson.terraform.aws.policies import Condition, Statement
from caisson.topology.arns import ACCOUNT, Arn

# Whose principal asks, and on whose behalf a service asks: account numbers, or ARNs.
_NUMBERS = frozenset(
    {"aws:principalaccount", "aws:sourceaccount", "aws:sourceowner", "kms:calleraccount"}
)
_ARNS = frozenset({"aws:principalarn", "aws:sourcearn"})
# What a service says of itself as the context of an encryption: of a log group, or of a trail.
# Other principals say there what they like.
_CONTEXTS = frozenset(
    {"kms:encryptioncontext:aws:logs:arn", "kms:encryptioncontext:aws:cloudtrail:arn"}
)
_EQUAL = frozenset({"stringequals", "stringequalsignorecase", "arnequals", "arnlike"})
_LIKE = "stringlike"
# Whoever is let in can meet these.
_MET = frozenset(
    {
        "aws:multifactorauthage",
        "aws:multifactorauthpresent",
        "aws:referer",
        "aws:securetransport",
        "aws:useragent",
        "s3:tlsversion",
        "sts:externalid",
        "sts:rolesessionname",
    }
)
_BEFORE_ACCOUNT = 4  # `arn`, partition, service and region


@dataclass(frozen=True, slots=True)
class Limit:
    """`accounts` is None when every account is within. `met`: those within meet it for certain."""

    accounts: frozenset[str] | None = None
    met: bool = True

    def __and__(self, other: "Limit") -> "Limit":
        met = self.met and other.met
        if self.accounts is None or other.accounts is None:
            return Limit(other.accounts if self.accounts is None else self.accounts, met)
        return Limit(self.accounts & other.accounts, met)


def limit_of(statement: Statement, *, service: bool) -> Limit:
    """Return the limit of a statement for one principal; `service`: that is a service of AWS."""
    if statement.conditions is None:
        return Limit(met=False)
    found = Limit()
    for each in statement.conditions:
        found &= _limit(each, service=service)
    return found


def _limit(condition: Condition, *, service: bool) -> Limit:
    operator = condition.operator.lower().removeprefix("foranyvalue:")
    key = condition.key.lower()
    if key in _MET:
        return Limit(met=condition.values is not None)
    fixes = operator in _EQUAL or operator == _LIKE
    if not fixes or condition.values is None:
        return Limit(met=False)
    if key in _NUMBERS:
        return _all(tuple(map(_number, condition.values)))
    if key in _ARNS or (service and key in _CONTEXTS):
        like = operator == _LIKE
        accounts = _all(tuple(_account(each, like=like) for each in condition.values))
        # What else an ARN says may be of nothing that is there.
        return Limit(accounts.accounts, met=False)
    return Limit(met=False)


def _all(accounts: tuple[str | None, ...]) -> Limit:
    told = frozenset(each for each in accounts if each is not None)
    return Limit(told if None not in accounts else None, met=None not in accounts)


def _number(text: str) -> str | None:
    return text if ACCOUNT.fullmatch(text) else None


def _account(text: str, *, like: bool) -> str | None:
    """Return the account of an ARN or a pattern of some.

    In `StringLike` a wildcard stands for colons too: what follows it may be anywhere.
    """
    arn = Arn.parse(text)
    before = text.split(":")[:_BEFORE_ACCOUNT]
    if arn is None or (like and any(mark in part for part in before for mark in "*?$")):
        return None
    return arn.place[1]
