"""Whether an S3 bucket, or something in it, is open to everybody.

A bucket is opened by its access control list, by one of an object, or by its policy, and closed
by four flags, of the bucket or of its whole account. As Amazon documents them
(docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html):

- `ignore_public_acls` and `restrict_public_buckets` take effect on what is there;
- `block_public_acls` and `block_public_policy` only refuse new requests: whether they came
  before what they would have refused cannot be seen, so that it is not told.

Where no block is written, none is assumed, and where no ownership is written, lists work. Since
April 2023 a new bucket has all four flags and no lists unless somebody turns them off. But then
AWS refuses the public list or policy, and nothing is made: so wherever what is written has been
applied, it is public.
"""

from collections.abc import Iterator

from caisson.terraform.aws.hidden import hidden
from caisson.terraform.aws.s3_parts import ACL, BLOCK, OWNERSHIP, Buckets
from caisson.terraform.model import Unknown
from caisson.terraform.reading import Block
from caisson.topology.truth import all_of, any_of, negated

_ACCOUNT = "aws_s3_account_public_access_block"
_PUBLIC_LISTS = frozenset({"public-read", "public-read-write", "authenticated-read"})
# `AuthenticatedUsers` is anybody with an AWS account.
_EVERYBODY = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")


def public(bucket: Block, parts: Buckets) -> bool | None:
    return any_of((_by_list(bucket, parts), _by_policy(bucket, parts)))


def _by_list(bucket: Block, parts: Buckets) -> bool | None:
    lists = any_of((*_lists(bucket, parts), *_objects(bucket, parts)))
    idle = any_of((_flag(bucket, parts, "ignore_public_acls"), without_lists(bucket, parts)))
    found = all_of((lists, negated(idle)))
    return None if found and _flag(bucket, parts, "block_public_acls") is not False else found


def _by_policy(bucket: Block, parts: Buckets) -> bool | None:
    written = parts.policies.public(bucket)
    found = all_of((written, negated(_flag(bucket, parts, "restrict_public_buckets"))))
    return None if found and _flag(bucket, parts, "block_public_policy") is not False else found


def _flag(bucket: Block, parts: Buckets, name: str) -> bool | None:
    return any_of((*_own_flags(bucket, parts, name), *_account_flags(bucket, parts, name)))


def _own_flags(bucket: Block, parts: Buckets, name: str) -> Iterator[bool | None]:
    for block, sure in parts.all_of(bucket, BLOCK):
        value = block.flag(name, default=False)
        yield value if sure or value is False else None


def _account_flags(bucket: Block, parts: Buckets, name: str) -> Iterator[bool | None]:
    mine = bucket.resource.account
    for block in parts.reading.of(_ACCOUNT):
        theirs = block.resource.account
        value = block.flag(name, default=False)
        if mine is None or theirs is None:
            yield value and None
        elif mine == theirs:
            yield value


def without_lists(bucket: Block, parts: Buckets) -> bool | None:
    """Return whether the bucket's owner owns all objects, so that lists have no effect."""
    return any_of(_ownerships(bucket, parts))


def _ownerships(bucket: Block, parts: Buckets) -> Iterator[bool | None]:
    for block, sure in parts.all_of(bucket, OWNERSHIP):
        if hidden(block, "rule"):
            yield None
        for rule in block.blocks("rule"):
            ownership = rule.text("object_ownership")
            enforced = (
                None if isinstance(ownership, Unknown) else ownership == "BucketOwnerEnforced"
            )
            yield enforced if sure or not enforced else None


def _lists(bucket: Block, parts: Buckets) -> Iterator[bool | None]:
    yield canned(bucket)
    yield None if hidden(bucket, "grant") else any_of(map(_granted, bucket.blocks("grant")))
    for block, sure in parts.all_of(bucket, ACL):
        value = any_of((canned(block), *_grants(block)))
        yield value if sure or value is False else None


def canned(block: Block) -> bool | None:
    """Return whether the canned list of a bucket or an object lets everybody in."""
    if not block.written("acl"):
        return False
    name = block.text("acl")
    return None if isinstance(name, Unknown) else name in _PUBLIC_LISTS


def _grants(acl: Block) -> Iterator[bool | None]:
    if hidden(acl, "access_control_policy") and not acl.written("acl"):
        yield None
    for control in acl.blocks("access_control_policy"):
        if hidden(control, "grant"):
            yield None
        for grant in control.blocks("grant"):
            yield (
                None if hidden(grant, "grantee") else any_of(map(_granted, grant.blocks("grantee")))
            )


def _granted(grantee: Block) -> bool | None:
    uri = grantee.text("uri")
    if isinstance(uri, Unknown):
        return None if grantee.written("uri") else False
    return uri is not None and uri.endswith(_EVERYBODY)


def _objects(bucket: Block, parts: Buckets) -> Iterator[bool | None]:
    for block, sure in parts.objects(bucket):
        grants = None if hidden(block, "grant") else any_of(map(_granted, block.blocks("grant")))
        value = any_of((canned(block), grants))
        yield value if sure or value is False else None
