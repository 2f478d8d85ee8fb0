"""By what principals of other accounts are let into an account: policies, trusts, grants, lists.

In AWS a principal acts on what is in another account only where that account lets it in. So it is
enough to look at each thing of an account by itself: `doors.py` says where a thing may say whom it
lets in. A type that is not there may let in anybody.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from caisson.terraform.aws.admitting import Admitted, admitted
from caisson.terraform.aws.admitting_lists import open_lists
from caisson.terraform.aws.doors import (
    ACCOUNTS,
    ANSWERING,
    CLOSED,
    DOCUMENTS,
    EVERYWHERE,
    LISTS,
    PERMISSIONS,
    TRUSTS,
)
from caisson.terraform.aws.opensearch import ACCEPTER, CONNECTION
from caisson.terraform.aws.policies import Condition, Document, Principals, Statement, document_of
from caisson.terraform.aws.presence import unset
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import UNKNOWN, Mode
from caisson.terraform.reading import Block, Reading
from caisson.topology.arns import ACCOUNT
from caisson.topology.resources import Admission

# Of the translators that give a type its meaning; whom a thing lets in is said beside them.
TYPES: frozenset[str] = frozenset()
_PREFIX = "aws_"
_BEHAVIORS = ("default_cache_behavior", "ordered_cache_behavior")
_DISTRIBUTION = "aws_cloudfront_distribution"
_DOMAINS = ("local_domain_info", "remote_domain_info")
_MEMBER = "aws_organizations_account"
_OF_SERVICES = (".amazonaws.com", ".amazonaws.com.cn")
_UNREAD = "whom it lets in was not read"
_CONDITIONS = {
    "source_account": ("StringEquals", "aws:SourceAccount"),
    "source_arn": ("ArnLike", "aws:SourceArn"),
    "principal_org_id": ("StringEquals", "aws:PrincipalOrgID"),
    "organization_id": ("StringEquals", "aws:PrincipalOrgID"),
    "condition": ("StringEquals", "aws:PrincipalOrgID"),
}

Doors = Callable[[Block], Iterator[Admission]]


def read(reading: Reading) -> Fragment:
    return Fragment(
        admissions=tuple(
            admission
            for type_, instances in reading.by_type.items()
            if type_.startswith(_PREFIX) and type_ not in CLOSED
            for door in (_doors(type_),)
            for instance in instances
            if instance.mode is Mode.MANAGED
            for admission in door(reading.at(instance.address))
        )
    )


def _doors(type_: str) -> Doors:
    """Return what tells of the instances of a type whom they let in."""
    found: list[Doors] = []
    if type_ in DOCUMENTS:
        found.append(partial(_by_document, DOCUMENTS[type_]))
    if type_ in LISTS:
        found.append(_by_list)
    if type_ in PERMISSIONS:
        found.append(partial(_by_permission, PERMISSIONS[type_]))
    if type_ in ACCOUNTS:
        found.append(partial(_by_account, ACCOUNTS[type_]))
    if type_ in (CONNECTION, ACCEPTER):
        found.append(_by_connection)
    if type_ == _DISTRIBUTION:
        found.append(_by_signers)
    if type_ in EVERYWHERE:
        found.append(partial(_everywhere, EVERYWHERE[type_]))
    return partial(_all, found) if found else _unread


def _all(doors: list[Doors], block: Block) -> Iterator[Admission]:
    for each in doors:
        yield from each(block)


def _unread(block: Block) -> Iterator[Admission]:
    yield from _admission(block, Admitted(_UNREAD, None, sure=False))


def _by_document(attribute: str, block: Block) -> Iterator[Admission]:
    if unset(block, attribute):
        return
    type_ = block.instance.type
    for each in admitted(document_of(block, attribute), trust=type_ in TRUSTS):
        yield from _admission(block, each, answering=type_ in ANSWERING)


def _by_permission(attributes: Iterable[str], block: Block) -> Iterator[Admission]:
    """Read a statement that is written as a resource."""
    statement = Statement(
        sid="",
        allow=True,
        everybody=None,
        actions=None,
        conditions=tuple(_conditions(block)),
        principals=tuple(_principals(block, each) for each in attributes if block.written(each)),
    )
    for each in admitted(Document((statement,))):
        yield from _admission(block, each)


def _principals(block: Block, attribute: str) -> Principals:
    found = block.texts(attribute)
    names = found.values if found.complete else None
    service = bool(names) and all(each.endswith(_OF_SERVICES) for each in names or ())
    return Principals("Service" if service else "AWS", names)


def _conditions(block: Block) -> Iterator[Condition]:
    for name, (operator, key) in _CONDITIONS.items():
        if not unset(block, name):
            texts = block.texts(name)
            yield Condition(operator, key, texts.values if texts.complete else None)


def _by_list(block: Block) -> Iterator[Admission]:
    for name in open_lists(block):
        yield from _admission(block, Admitted(f"its {name} may let others in", None, sure=False))


def _by_connection(block: Block) -> Iterator[Admission]:
    """Read who connects domains: of a connection that is accepted, its asking side is let in."""
    asked = block.instance.type == CONNECTION
    only = block.address if asked else block.link("connection_id", CONNECTION).only
    found = block.reading.instances.get(only or "")
    made = block.reading.at(found.address) if found and found.type == CONNECTION else None
    sides = [each for name in _DOMAINS for each in (made.blocks(name) if made else ())]
    owners = [str(each.value("owner_id")) for each in sides]
    if len(owners) != len(_DOMAINS) or not all(map(ACCOUNT.fullmatch, owners)):
        yield from _unread(block)
        return
    who = f"it connects domains of {' and '.join(dict.fromkeys(owners))}"
    yield from _admission(block, Admitted(who, frozenset(owners), sure=not asked))


def _by_signers(block: Block) -> Iterator[Admission]:
    """Read who may sign addresses of a distribution: accounts, `self` for its own."""
    for behavior in (each for name in _BEHAVIORS for each in block.blocks(name)):
        signers = behavior.texts("trusted_signers")
        if not signers.complete and behavior.written("trusted_signers"):
            yield from _unread(block)
        for each in set(signers.values) - {"self"}:
            whom = frozenset({each}) if ACCOUNT.fullmatch(each) else None
            yield from _admission(block, Admitted(f"{each} signs for it", whom, sure=False))


def _by_account(attribute: str, block: Block) -> Iterator[Admission]:
    """Read the account that is let in; where none is named, others may be."""
    yield from _admission(block, _named(block, attribute))


def _named(block: Block, attribute: str) -> Admitted:
    value = _number(block, attribute)
    if isinstance(value, str) and ACCOUNT.fullmatch(value):
        return Admitted(f"it lets in account {value}", frozenset({value}), sure=True)
    return Admitted("it lets in an account that is not told", None, sure=False)


def _number(block: Block, attribute: str) -> object:
    """Return the number of an account, be it that of an account that is itself read."""
    value = block.value(attribute)
    if value is not UNKNOWN:
        return value
    only = block.link(attribute, _MEMBER).only
    made = block.reading.instances.get(only or "")
    return made.values.get("id") if made and made.type == _MEMBER else UNKNOWN


def _everywhere(attribute: str, block: Block) -> Iterator[Admission]:
    """What an organization lets one account do in all of its accounts."""
    found = _named(block, attribute)
    whom = tuple(sorted(found.accounts)) if found.accounts is not None else None
    how = f"{found.who} of the organization as an administrator"
    yield Admission(block.address, how, None, whom, block.source)


def _admission(block: Block, found: Admitted, *, answering: bool = False) -> Iterator[Admission]:
    """Yield it, unless it is of nobody but the account's own.

    `answering`: other settings may close what the document opens to everybody.
    """
    account = _account(block)
    whom = None if found.accounts is None else tuple(sorted(found.accounts - {account}))
    if whom is None or whom:
        sure = found.sure and not (answering and whom is None)
        becomes = block.instance.type in TRUSTS
        yield Admission(block.address, found.who, account, whom, block.source, sure, becomes)


def _account(block: Block) -> str | None:
    account = block.resource.account
    return account if account and ACCOUNT.fullmatch(account) else None
