"""ECR: repositories of images, and their copies in other registries."""

from collections.abc import Iterator
from dataclasses import replace

from caisson.terraform.aws.hidden import hidden
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.keys import NO_KEYS, KeysNamed, keys_named
from caisson.terraform.aws.policies import policy
from caisson.terraform.aws.presence import gap
from caisson.terraform.aws.resource_policies import OnResources, on_resources
from caisson.terraform.aws.stores import moved_to
from caisson.terraform.aws.written import text
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Holding, Movement, Question, Rest, Way

REPOSITORY, PUBLIC = "aws_ecr_repository", "aws_ecrpublic_repository"
_REPLICATION = "aws_ecr_replication_configuration"
_REGISTRY = "aws_ecr_registry_policy"
TYPES = frozenset(
    {
        REPOSITORY,
        PUBLIC,
        _REPLICATION,
        _REGISTRY,
        "aws_ecr_repository_policy",
        "aws_ecrpublic_repository_policy",
    }
)
_COPIES = frozenset({Question.RESIDENCY, Question.RECOVERABILITY})


def read(reading: Reading) -> Fragment:
    policies = on_resources(reading, "aws_ecr_repository_policy", "repository", REPOSITORY)
    on_public = on_resources(reading, "aws_ecrpublic_repository_policy", "repository_name", PUBLIC)
    repositories, public = list(reading.of(REPOSITORY)), list(reading.of(PUBLIC))
    registry = (policy(each, "policy", each.address, "resource") for each in reading.of(_REGISTRY))
    return joined(
        [
            *(_repository(each, policies) for each in repositories),
            *(Fragment(holdings=(_public(each),)) for each in public),
            *(_replicated(each) for each in reading.of(_REPLICATION)),
            Fragment(
                policies=(
                    *policies.policies(repositories),
                    *on_public.policies(public),
                    *registry,
                )
            ),
        ]
    )


def _kept(block: Block) -> Holding:
    return replace(
        holding(block, Rest.IMAGE, "ecr"),
        encrypted=True,
        encrypted_in_transit=True,
        multi_zone=True,
        deletion_protected=False,
        versioned=text(block, "image_tag_mutability", "MUTABLE") == "IMMUTABLE",
    )


def _public(block: Block) -> Holding:
    return replace(_kept(block), public=True)


def _repository(block: Block, policies: OnResources) -> Fragment:
    settings = block.block("encryption_configuration")
    keys = keys_named(settings, "kms_key") if settings else NO_KEYS
    if hidden(block, "encryption_configuration"):
        keys = KeysNamed(told=False)
    found = replace(_kept(block), keys=keys.ids, public=policies.public(block))
    return Fragment(holdings=(found,), gaps=keys.gaps(block))


def _replicated(block: Block) -> Fragment:
    """Return the copies of the repositories of one registry: an account's in one region."""
    if _unseen(block):
        what = f"where {block.address} replicates images is known only after apply"
        return Fragment(gaps=(gap(block, what, _COPIES),))
    rules = [
        rule for each in block.blocks("replication_configuration") for rule in each.blocks("rule")
    ]
    return joined(
        _copied(block, repository, rule, destination)
        for rule in rules
        for destination in rule.blocks("destination")
        for repository in _registered(block)
    )


def _unseen(block: Block) -> bool:
    configurations = block.blocks("replication_configuration")
    return (
        hidden(block, "replication_configuration")
        or any(hidden(each, "rule") for each in configurations)
        or any(
            hidden(rule, "destination") for each in configurations for rule in each.blocks("rule")
        )
    )


def _registered(block: Block) -> Iterator[Block]:
    here = block.instance.account, block.instance.region
    for each in block.reading.of(REPOSITORY):
        if (each.instance.account, each.instance.region) == here:
            yield each


def _copied(block: Block, repository: Block, rule: Block, destination: Block) -> Fragment:
    chosen = _chosen(repository, rule)
    if chosen is False:
        return NO_FRAGMENT
    region = text(destination, "region")
    there = moved_to(_kept(repository), block, region)
    copy = replace(
        there,
        id=f"{repository.address}/{region or 'replica'}",
        account=text(destination, "registry_id"),
        public=False,
        sure=chosen is True,
    )
    moved = Movement(
        Way.REPLICATION,
        repository.address,
        copy.id,
        block.source,
        via=f"replication {block.address}",
        sure=chosen is True,
    )
    return Fragment(holdings=(copy,), movements=(moved,))


def _chosen(repository: Block, rule: Block) -> bool | None:
    """Return whether the rule takes the repository: one of its filters is how its name begins."""
    filters = rule.blocks("repository_filter")
    if not filters:
        return None if not rule.known("repository_filter") else True
    name, prefixes = text(repository, "name"), [text(each, "filter") for each in filters]
    if name is None or None in prefixes:
        return None
    return any(name.startswith(each) for each in prefixes if each is not None)
