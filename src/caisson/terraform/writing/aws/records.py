"""Records of AWS Config: what each thing was like at any time, kept by jurisdiction.

Every account writes them in every region that it uses; the security account keeps them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from caisson.estate.cloud_regions import JURISDICTION_OF
from caisson.terraform.writing.aws.aliases import GLOBAL, of_environment, region_alias, regions
from caisson.terraform.writing.aws.buckets import Private, ageing, arns, bucket
from caisson.terraform.writing.aws.documents import (
    Condition,
    Statement,
    assumed_by,
    document,
    equal,
    policy,
)
from caisson.terraform.writing.aws.own_keys import OwnKey, key, key_of, used_by
from caisson.terraform.writing.aws.regions import law_of
from caisson.terraform.writing.blueprint import SECURITY, Area, Blueprint
from caisson.terraform.writing.model import Block, Value
from caisson.terraform.writing.names import label, physical
from caisson.terraform.writing.references import attribute

_FILE = "records"
_CONFIG = "config"
_SEE = (
    "organizations:DescribeOrganization",
    "organizations:ListAWSServiceAccessForOrganization",
    "organizations:ListAccounts",
    "organizations:ListDelegatedAdministrators",
)


def write(environment: str, plan: Blueprint) -> Iterator[Block]:
    """Yield what records each region of an environment's account."""
    own = plan.of_environment(environment)
    yield from _recorders(of_environment(environment, plan), GLOBAL, own, plan)


def of_security(plan: Blueprint) -> Iterator[Block]:
    """Yield where records are kept and looked through, and those of the account itself."""
    for jurisdiction in _jurisdictions(plan):
        yield from _kept(jurisdiction, plan)
    yield from _aggregators(plan)
    aliases = {each: region_alias(each) for each in regions(plan)}
    yield from _recorders(aliases, SECURITY, plan.areas, plan)


def _recorders(
    aliases: dict[str, str], anywhere: str, own: Sequence[Area], plan: Blueprint
) -> Iterator[Block]:
    """Yield what records these regions in the account of these areas."""
    role = Block(
        _FILE,
        "aws_iam_service_linked_role",
        _CONFIG,
        anywhere,
        {
            "aws_service_name": "config.amazonaws.com",
            "description": "Lets AWS Config see what there is.",
        },
    )
    yield role
    for number, (region, alias) in enumerate(aliases.items()):
        kept_in = _bucket_name(_jurisdiction_of(region, own, plan), plan)
        yield from _recorder(alias, attribute(role, "arn"), kept_in, plan, everywhere=number == 0)


def _recorder(
    alias: str, role: str, kept_in: str, plan: Blueprint, *, everywhere: bool
) -> Iterator[Block]:
    """Yield a recorder; that which records `everywhere` has what is in no region too."""
    group: dict[str, Value] = {
        "all_supported": True,
        "include_global_resource_types": everywhere,
    }
    recorder = _block(
        "aws_config_configuration_recorder",
        alias,
        {"name": _called(plan), "role_arn": role, "recording_group": group},
    )
    yield recorder
    channel = _block(
        "aws_config_delivery_channel",
        alias,
        {
            "name": _called(plan),
            "s3_bucket_name": kept_in,
            "depends_on": [recorder.address],
        },
    )
    yield channel
    yield _block(
        "aws_config_configuration_recorder_status",
        alias,
        {
            "name": attribute(recorder, "name"),
            "is_enabled": True,
            "depends_on": [channel.address],
        },
    )


def _kept(jurisdiction: str, plan: Blueprint) -> Iterator[Block]:
    account = plan.aws.accounts[SECURITY]
    alias = region_alias(plan.state_region(jurisdiction))
    called = _bucket_name(jurisdiction, plan)
    name = label(jurisdiction, _FILE)
    ours = equal("aws:SourceAccount", *_accounts(plan))
    own = OwnKey(_FILE, name, alias, account, called, f"Encrypts the records of {jurisdiction}.")
    yield from key(own, used_by("Records", _CONFIG, ours))
    private = Private(_FILE, name, alias, called, key_of(own))
    yield from bucket(private, [ageing()], *_delivering(private, ours, plan))


def _delivering(private: Private, ours: Condition, plan: Blueprint) -> Iterator[Statement]:
    whole, _ = arns(private)
    config = {"Service": ("config.amazonaws.com",)}
    see = ("s3:GetBucketAcl", "s3:ListBucket")
    yield Statement("See", see, (whole,), principals=config, conditions=(ours,))
    yield Statement(
        "Deliver",
        ("s3:PutObject",),
        tuple(f"{whole}/AWSLogs/{each}/Config/*" for each in _accounts(plan)),
        principals=config,
        conditions=(ours, equal("s3:x-amz-acl", "bucket-owner-full-control")),
    )


def _aggregators(plan: Blueprint) -> Iterator[Block]:
    """Yield what shows the records of all accounts, those of a jurisdiction in a region of it."""
    taken = document(_FILE, "aggregator_role", SECURITY, assumed_by(_CONFIG))
    yield taken
    called = physical(plan.estate.estate, "aggregator")
    role = _block_of_iam(
        "aws_iam_role",
        {
            "name": called,
            "description": "Lets AWS Config see which accounts there are.",
            "assume_role_policy": policy(taken),
            "tags": {"Name": called},
        },
    )
    yield role
    rights = document(_FILE, "aggregator", SECURITY, Statement("See", _SEE, ("*",)))
    yield replace(rights, comment="AWS takes no narrower resource for these.")
    yield _block_of_iam(
        "aws_iam_role_policy",
        {"name": "see", "role": attribute(role, "id"), "policy": policy(rights)},
    )
    for jurisdiction in _jurisdictions(plan):
        yield _aggregator(jurisdiction, attribute(role, "arn"), plan)


def _aggregator(jurisdiction: str, role: str, plan: Blueprint) -> Block:
    ours = (
        place.aws
        for area in plan.areas
        if area.jurisdiction == jurisdiction
        for place in area.places
    )
    called = physical(plan.estate.estate, jurisdiction)
    return Block(
        _FILE,
        "aws_config_configuration_aggregator",
        label(jurisdiction),
        region_alias(plan.state_region(jurisdiction)),
        {
            "name": called,
            "organization_aggregation_source": {
                "regions": list(dict.fromkeys(ours)),
                "role_arn": role,
            },
            "tags": {"Name": called},
        },
    )


def _jurisdictions(plan: Blueprint) -> tuple[str, ...]:
    return tuple(dict.fromkeys(area.jurisdiction for area in plan.areas))


def _jurisdiction_of(region: str, own: Sequence[Area], plan: Blueprint) -> str:
    """Return whose records a region's are, in the account of these areas.

    The estate says it, or else law. AWS's global region, where no jurisdiction is, is recorded
    for the account's first: nothing of anybody else is in it.
    """
    kept = tuple(dict.fromkeys((*(each.jurisdiction for each in own), *_jurisdictions(plan))))
    declared = {each.aws: each.jurisdiction for each in plan.estate.regions.values()}
    states = {plan.state_region(each): each for each in reversed(kept)}
    by_law = {law_of(each, plan.estate): each for each in reversed(kept)}
    told = (declared.get(region), states.get(region), by_law.get(JURISDICTION_OF.get(region)))
    return next((each for each in told if each in kept), kept[0])


def _bucket_name(jurisdiction: str, plan: Blueprint) -> str:
    account = plan.aws.accounts[SECURITY]
    return physical(plan.estate.estate, jurisdiction, _FILE, account)


def _accounts(plan: Blueprint) -> tuple[str, ...]:
    return tuple(plan.aws.accounts[each] for each in (SECURITY, *plan.estate.environments))


def _called(plan: Blueprint) -> str:
    return physical(plan.estate.estate, _FILE)


def _block(kind: str, alias: str, body: dict[str, Value]) -> Block:
    return Block(_FILE, kind, alias, alias, body)


def _block_of_iam(kind: str, body: dict[str, Value]) -> Block:
    return Block(_FILE, kind, "aggregator", SECURITY, body)
