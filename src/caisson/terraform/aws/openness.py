"""Whether a policy document opens something to everybody, and whether it refuses plain text."""

import ipaddress
from collections.abc import Iterator
from fnmatch import fnmatchcase

from caisson.terraform.aws.policies import Condition, Document, Statement
from caisson.topology.arns import Arn
from caisson.topology.truth import all_of, any_of

# Keys that tie a request to an account, an organisation, a network or a thing of one's own.
_TIES = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourcevpcarn",
        "aws:userid",
        "aws:vpceaccount",
        "aws:vpceorgid",
        "kms:calleraccount",
    }
)
_TYING = frozenset({"stringequals", "stringlike", "arnequals", "arnlike", "stringequalsignorecase"})
# Anybody can meet these.
_IDLE = frozenset({"aws:securetransport", "aws:referer", "aws:useragent", "s3:tlsversion"})
# A refusal for one of these leaves ordinary anonymous reading as it is.
_ASIDE = ("aws:securetransport", "s3:tlsversion", "s3:x-amz-server-side-encryption")
# "Very broad" in the documentation of Amazon S3's block of public access.
_BROAD_V4, _BROAD_V6 = 8, 32


def public(document: Document) -> bool | None:
    """Return whether somebody whom nobody named may do something."""
    refusals = [each for each in document.statements if each.allow is not True]
    opened = any_of(
        _opens(each, refusals) for each in document.statements if each.allow is not False
    )
    return opened if document.complete else None


def refuses_plain_text(document: Document, *, contents: bool = False) -> bool | None:
    """Return whether every request without TLS is denied, `contents` of a bucket included."""
    denied = any_of(
        _denies_plain_text(each, contents) for each in document.statements if each.allow is not True
    )
    return True if denied else denied if document.complete else None


def _opens(statement: Statement, refusals: list[Statement]) -> bool | None:
    """Return whether the statement is public, and stays so beside the refusals."""
    if statement.everybody is False:
        return False
    tied = _tied(statement)
    if tied:
        return False
    if tied is None or statement.everybody is None or statement.allow is None:
        return None
    return True if _untouched(statement, refusals) else None


def _tied(statement: Statement) -> bool | None:
    """Return whether one of its conditions lets in nobody but one's own."""
    if statement.conditions is None:
        return None
    return any_of(map(_ties, statement.conditions))


def _ties(condition: Condition) -> bool | None:
    operator, key = condition.operator.lower(), condition.key.lower()
    operator = operator.removeprefix("foranyvalue:")
    if key in _IDLE:
        return False
    if key in ("aws:sourceip", "aws:vpcsourceip"):
        return _address_ties(condition, operator)
    if key not in _TIES or operator not in _TYING:
        # Among these: `...IfExists` and `ForAllValues:`, which hold when the key is absent.
        return None
    if condition.values is None:
        return condition.own or None
    return all_of(_fixed(key, each) for each in condition.values)


def _address_ties(condition: Condition, operator: str) -> bool | None:
    if operator != "ipaddress" or condition.values is None:
        return None
    return all_of(map(_narrow, condition.values))


def _narrow(cidr: str) -> bool | None:
    try:
        network = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return None
    broad = _BROAD_V4 if network.version == 4 else _BROAD_V6  # noqa: PLR2004
    return network.prefixlen >= broad


def _fixed(key: str, value: str) -> bool | None:
    """Return whether the value names something; of an ARN, whose it is or what it is."""
    if not value.strip("*?"):
        return False
    if not any(each in value for each in ("*", "?", "${")):
        return True
    arn = Arn.parse(value) if key.endswith("arn") else None
    if arn is None:
        return None
    _, whose = arn.place
    what = arn.service == "s3" and arn.resource[:1] not in ("*", "?", "$", "")
    return True if whose or what else None


def _untouched(statement: Statement, refusals: list[Statement]) -> bool:
    """Return whether some action of the statement is beyond every refusal."""
    biting = [each for each in refusals if each.everybody is not False and not aside(each)]
    if not biting:
        return True
    return any(
        not any(_may_concern(each, action) for each in biting) for action in statement.actions or ()
    )


def aside(refusal: Statement) -> bool:
    """Return whether what is refused is only what is asked for in another way than usual."""
    return any(each.key.lower().startswith(_ASIDE) for each in refusal.conditions or ())


def _may_concern(refusal: Statement, action: str) -> bool:
    if refusal.actions is None:
        return True
    return any(_overlap(action.lower(), each.lower()) for each in refusal.actions)


def _overlap(one: str, other: str) -> bool:
    """Return whether some action may match both patterns; two with wildcards, by their service."""
    if any(each in one for each in "*?") and any(each in other for each in "*?"):
        services = {each.partition(":")[0] for each in (one, other)}
        return len(services) == 1 or "*" in services
    return fnmatchcase(one, other) or fnmatchcase(other, one)


def _denies_plain_text(statement: Statement, contents: bool) -> bool | None:
    if statement.everybody is False or statement.conditions is None:
        return False if statement.everybody is False else None
    if not any(map(_is_plain_text, statement.conditions)):
        return False
    whole = (
        len(statement.conditions) == 1
        and statement.everybody is True
        and statement.allow is False
        and any(each in ("*", "s3:*", "sqs:*", "sns:*") for each in statement.actions or ())
        and (not contents or any(_objects(statement)))
    )
    return True if whole else None


def _is_plain_text(condition: Condition) -> bool:
    return (
        condition.key.lower() == "aws:securetransport"
        and condition.operator.lower().removesuffix("ifexists") == "bool"
        and condition.values == ("false",)
    )


def _objects(statement: Statement) -> Iterator[bool]:
    """Yield whether it is about what is inside too; a bucket and its objects are two ARNs."""
    yield statement.resource_count > 1
    yield any(each.endswith("*") for each in statement.resources)
