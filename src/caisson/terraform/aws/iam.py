"""IAM: which policy documents are attached to whom. What they permit is another question."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from caisson.terraform.aws.attached import named
from caisson.terraform.aws.hidden import hidden
from caisson.terraform.aws.policies import policy, text_of
from caisson.terraform.aws.presence import gap
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import Certainty
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Gap, Policy, Question, Use

_ROLE, _USER, _GROUP, _POLICY = "aws_iam_role", "aws_iam_user", "aws_iam_group", "aws_iam_policy"
_PROFILE = "aws_iam_instance_profile"
# (type, attribute that names who has it)
_INLINE = (
    ("aws_iam_role_policy", "role", _ROLE),
    ("aws_iam_user_policy", "user", _USER),
    ("aws_iam_group_policy", "group", _GROUP),
)
# (type, attribute that names who has it, attribute that names the policies)
_ATTACHED = (
    ("aws_iam_role_policy_attachment", "role", _ROLE, "policy_arn"),
    ("aws_iam_user_policy_attachment", "user", _USER, "policy_arn"),
    ("aws_iam_group_policy_attachment", "group", _GROUP, "policy_arn"),
    ("aws_iam_policy_attachment", "roles", _ROLE, "policy_arn"),
    ("aws_iam_policy_attachment", "users", _USER, "policy_arn"),
    ("aws_iam_policy_attachment", "groups", _GROUP, "policy_arn"),
    ("aws_iam_role_policy_attachments_exclusive", "role_name", _ROLE, "policy_arns"),
    ("aws_iam_user_policy_attachments_exclusive", "user_name", _USER, "policy_arns"),
    ("aws_iam_group_policy_attachments_exclusive", "group_name", _GROUP, "policy_arns"),
)
# (type, attribute that names the group, attribute that names who is in it)
_MEMBERS = (
    ("aws_iam_group_membership", "group", "users"),
    ("aws_iam_user_group_membership", "groups", "user"),
)
# (type, attribute of the document): what an organisation permits at most.
_LIMITS = (
    ("aws_organizations_policy", "content", "boundary"),
    ("aws_organizations_resource_policy", "content", "resource"),
    ("aws_ssoadmin_permission_set_inline_policy", "inline_policy", "identity"),
)
_ACCESS = frozenset({Question.ACCESS})

TYPES = frozenset(
    {
        _ROLE,
        _USER,
        _GROUP,
        _POLICY,
        _PROFILE,
        *(kind for kind, _, _ in (*_INLINE, *_MEMBERS, *_LIMITS)),
        *(kind for kind, _, _, _ in _ATTACHED),
    }
)


def read(reading: Reading) -> Fragment:
    attached = (*_inline(reading), *_attached(reading))
    return Fragment(
        policies=(
            *_of_roles(reading),
            *_boundaries(reading),
            *attached,
            *_of_members(reading, attached),
            *(
                policy(block, attribute, block.address, kind)
                for type_, attribute, kind in _LIMITS
                for block in reading.of(type_)
            ),
        ),
        uses=tuple(_profiles(reading)),
        gaps=(*_gaps(reading), *_unseen(reading)),
    )


def _of_roles(reading: Reading) -> Iterator[Policy]:
    for role in reading.of(_ROLE):
        yield policy(role, "assume_role_policy", role.address, "trust")
        if role.written("inline_policy"):
            for inline in role.blocks("inline_policy"):
                yield policy(inline, "policy", role.address, "identity")
        if role.written("managed_policy_arns"):
            yield from _managed(role, "managed_policy_arns", role.address, "identity")


def _boundaries(reading: Reading) -> Iterator[Policy]:
    for block in reading.of(_ROLE, _USER):
        if block.written("permissions_boundary"):
            yield from _managed(block, "permissions_boundary", block.address, "boundary")


def _inline(reading: Reading) -> Iterator[Policy]:
    for kind, attribute, owner in _INLINE:
        for block in reading.of(kind):
            for each in named(block, attribute, owner).every:
                yield policy(block, "policy", each, "identity")


def _attached(reading: Reading) -> Iterator[Policy]:
    for kind, attribute, owner, arns in _ATTACHED:
        for block in reading.of(kind):
            if not block.written(attribute):
                continue
            for each in named(block, attribute, owner).every:
                yield from _managed(block, arns, each, "identity")


def _managed(block: Block, attribute: str, attached_to: str, kind: str) -> Iterator[Policy]:
    """Yield the policies that an attribute names; one that was not read has its ARN for an id."""
    for each in block.link(attribute, _POLICY).every:
        instance = block.reading.instances.get(each)
        document = text_of(block.reading.at(each), "policy") if instance else None
        yield Policy(each, attached_to, document, kind, block.source)


def _of_members(reading: Reading, attached: Sequence[Policy]) -> Iterator[Policy]:
    """Yield for each user the policies of the groups that the user is in."""
    of_groups: dict[str, list[Policy]] = {}
    for each in attached:
        of_groups.setdefault(each.attached_to, []).append(each)
    for kind, group, user in _MEMBERS:
        for block in reading.of(kind):
            for one in block.link(group, _GROUP).every:
                for member in block.link(user, _USER).every:
                    for each in of_groups.get(one, ()):
                        yield replace(each, attached_to=member, source=block.source)


def _profiles(reading: Reading) -> Iterator[Use]:
    for block in reading.of(_PROFILE):
        if block.written("role"):
            link = block.link("role", _ROLE)
            for each in link.every:
                yield Use(block.address, each, "role", block.source, link.sure)


def _gaps(reading: Reading) -> Iterator[Gap]:
    """Yield what is attached to somebody, or which policy, that is known only after apply."""
    for kind, names in _links():
        for block in reading.of(kind):
            if any(_open(block, name) for name in names):
                what = f"what {block.address} attaches to whom is known only after apply"
                yield gap(block, what, _ACCESS)


def _unseen(reading: Reading) -> Iterator[Gap]:
    for role in reading.of(_ROLE):
        if hidden(role, "inline_policy"):
            what = f"the inline policies of {role.address} are known only after apply"
            yield gap(role, what, _ACCESS, role.address)


def _links() -> Iterator[tuple[str, Sequence[str]]]:
    yield from ((kind, (owner,)) for kind, owner, _ in _INLINE)
    yield from ((kind, (owner, arns)) for kind, owner, _, arns in _ATTACHED)
    yield from ((kind, (group, user)) for kind, group, user in _MEMBERS)


def _open(block: Block, attribute: str) -> bool:
    return block.written(attribute) and block.link(attribute).certainty is Certainty.OPEN
