"""OpenSearch Serverless: collections, whose keys and networks are said by policies."""

from dataclasses import replace

from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.stores import unread
from caisson.terraform.aws.written import text
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Question, Rest

COLLECTION = "aws_opensearchserverless_collection"
POLICIES = (
    "aws_opensearchserverless_access_policy",
    "aws_opensearchserverless_lifecycle_policy",
    "aws_opensearchserverless_security_policy",
)
TYPES = frozenset({COLLECTION, *POLICIES})


def read(reading: Reading) -> Fragment:
    return joined(_collection(each) for each in reading.of(COLLECTION))


def _collection(block: Block) -> Fragment:
    """Return a collection: always encrypted, but its policies name it by patterns.

    Those are not followed, so who reaches it and with which key it is encrypted is not told.
    """
    store = replace(
        holding(block, Rest.SEARCH, "opensearch"),
        encrypted=True,
        encrypted_in_transit=True,
        public=None,
        # Standby replicas in another zone are on unless they are switched off.
        multi_zone=_standby(block),
        deletion_protected=False,
    )
    what = f"the policies that name {block.address} by patterns are not followed"
    questions = (
        Question.REACHABILITY,
        Question.ISOLATION,
        Question.EXPOSURE,
        Question.ACCESS,
        Question.RECOVERABILITY,
    )
    return joined([Fragment(holdings=(store,)), unread(block, what, *questions)])


def _standby(block: Block) -> bool | None:
    value = text(block, "standby_replicas", "ENABLED")
    return None if value is None else value == "ENABLED"
