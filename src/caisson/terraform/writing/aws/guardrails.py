"""Guardrails: what nobody in an account may do, whatever rights they were given there.

AWS counts them: a policy has 5120 characters at most, and a target five policies, of which AWS's
own `FullAWSAccess` is one. Whoever must pass a guardrail in an emergency takes the role
`break-glass`; the organization's own account has no guardrail around it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from caisson.terraform.writing.aws import handles
from caisson.terraform.writing.aws.aliases import GLOBAL_REGION, regions
from caisson.terraform.writing.aws.documents import Condition, Effect, Statement, length
from caisson.terraform.writing.blueprint import Area, Blueprint

# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
MOST_CHARACTERS = 5120
MOST_POLICIES = 4
_EVERYTHING = ("*",)
# Whoever sets an account up: the role that AWS makes in a new account, and the emergency's.
_ADMINISTRATORS = ("OrganizationAccountAccessRole", handles.BREAK_GLASS)
_PRINCIPAL = "aws:PrincipalArn"
_REGION = "aws:RequestedRegion"
# What AWS does in no region, or for the whole world in one; the list of AWS's own example,
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples_general.html,
# as far as an estate uses it.
_IN_NO_REGION = (
    "account:*",
    "budgets:*",
    "ce:*",
    "cloudfront:*",
    "health:*",
    "iam:*",
    "organizations:*",
    "route53:*",
    "s3:GetAccountPublicAccessBlock",
    "s3:ListAllMyBuckets",
    "s3:PutAccountPublicAccessBlock",
    "sts:*",
    "shield:*",
    "support:*",
)
# What stands in the region of the global services for their sake: certificates and firewalls of
# CloudFront, alarms on it, and the watch over all of it.
_WITH_GLOBAL_SERVICES = (
    "acm:*",
    "cloudtrail:*",
    "cloudwatch:*",
    "config:*",
    "ec2:EnableEbsEncryptionByDefault",
    "ec2:EnableSnapshotBlockPublicAccess",
    "ec2:GetEbsEncryptionByDefault",
    "ec2:GetInstanceMetadataDefaults",
    "ec2:GetSnapshotBlockPublicAccessState",
    "ec2:ModifyInstanceMetadataDefaults",
    "guardduty:*",
    "kms:*",
    "logs:*",
    "sns:*",
    "wafv2:*",
)


@dataclass(frozen=True, slots=True)
class Guardrail:
    """One policy of the organization: for everybody below its target."""

    name: str
    about: str
    statements: tuple[Statement, ...]


def of_all(plan: Blueprint) -> tuple[Guardrail, ...]:
    """Return the guardrails of every account but the organization's own."""
    return (
        Guardrail("account", "Nobody leaves, and nobody is root.", tuple(_account(plan))),
        Guardrail("logs", "What happened stays written down.", tuple(_logs())),
        Guardrail("data", "Keys and backups stay, and nothing is made public.", tuple(_data())),
    )


def of_security(plan: Blueprint) -> Guardrail:
    """Return the guardrail of the security account, which has something in every region of ours."""
    return Guardrail("regions", "Only regions of the estate.", (_regions(regions(plan)),))


def of_environment(environment: str, plan: Blueprint) -> Iterator[Guardrail]:
    """Yield the guardrails around the regions of an environment, and around each jurisdiction."""
    areas = plan.of_environment(environment)
    own = [region for area in areas for region in _of_area(area, plan)]
    statements = [_regions((*own, GLOBAL_REGION))]
    if GLOBAL_REGION not in own:
        statements.append(_global_region())
    statements += (_jurisdiction(area, plan) for area in areas)
    for number, packed in enumerate(_packed(statements), 1):
        name = "regions" if number == 1 else f"regions-{number}"
        yield Guardrail(name, f"Only regions of {environment}, by jurisdiction.", packed)


def _account(plan: Blueprint) -> Iterator[Statement]:
    yield _denied("Stay", "account:CloseAccount", "organizations:LeaveOrganization")
    root = Condition("ArnLike", _PRINCIPAL, ("arn:aws:iam::*:root",))
    yield _denied("NoRoot", "*", conditions=(root,))
    yield Statement(
        "BoundariesStay",
        (
            "iam:CreatePolicyVersion",
            "iam:DeletePolicy",
            "iam:DeletePolicyVersion",
            "iam:SetDefaultPolicyVersion",
        ),
        (f"arn:aws:iam::*:policy/{handles.boundary_name(plan, '*')}",),
        Effect.DENY,
        conditions=(_but(_ADMINISTRATORS),),
    )
    yield _denied(
        "RolesStayWithin", "iam:DeleteRolePermissionsBoundary", conditions=(_but(_ADMINISTRATORS),)
    )


def _logs() -> Iterator[Statement]:
    yield _denied(
        "WatchersStay",
        "access-analyzer:DeleteAnalyzer",
        "cloudtrail:DeleteTrail",
        "cloudtrail:StopLogging",
        "config:DeleteConfigurationAggregator",
        "config:DeleteConfigurationRecorder",
        "config:DeleteDeliveryChannel",
        "config:DeleteRetentionConfiguration",
        "config:StopConfigurationRecorder",
        "guardduty:DeleteDetector",
        "guardduty:DeleteMembers",
        "guardduty:DisassociateFromAdministratorAccount",
        "guardduty:DisassociateMembers",
        "guardduty:StopMonitoringMembers",
        conditions=(_but((handles.BREAK_GLASS,)),),
    )
    yield _denied(
        "LogsStay",
        "cloudtrail:PutEventSelectors",
        "cloudtrail:UpdateTrail",
        "ec2:DeleteFlowLogs",
        "logs:DeleteLogGroup",
        "logs:DeleteLogStream",
        "logs:PutRetentionPolicy",
        conditions=(_but(_ADMINISTRATORS),),
    )


def _data() -> Iterator[Statement]:
    yield _denied(
        "KeysStay",
        "kms:DeleteImportedKeyMaterial",
        "kms:DisableKey",
        "kms:DisableKeyRotation",
        "kms:ScheduleKeyDeletion",
        conditions=(_but((handles.BREAK_GLASS,)),),
    )
    yield _denied(
        "BackupsStay",
        "backup:DeleteBackupVault",
        "backup:DeleteBackupVaultAccessPolicy",
        "backup:DeleteBackupVaultLockConfiguration",
        "backup:DeleteRecoveryPoint",
        "backup:UpdateRecoveryPointLifecycle",
        "rds:DeleteDBClusterAutomatedBackup",
        "rds:DeleteDBInstanceAutomatedBackup",
        "s3:BypassGovernanceRetention",
        conditions=(_but((handles.BREAK_GLASS,)),),
    )
    yield _denied(
        "NothingPublic",
        "ec2:DisableEbsEncryptionByDefault",
        "ec2:DisableSnapshotBlockPublicAccess",
        "s3:PutAccountPublicAccessBlock",
        conditions=(_but(_ADMINISTRATORS),),
    )
    yield from _machines()


def _machines() -> Iterator[Statement]:
    """Yield that machines give their credentials by IMDSv2, and that others open nothing."""
    machine = ("arn:aws:ec2:*:*:instance/*",)
    optional = Condition("StringNotEquals", "ec2:MetadataHttpTokens", ("required",))
    yield Statement(
        "OnlyImdsV2", ("ec2:RunInstances",), machine, Effect.DENY, conditions=(optional,)
    )
    yield _denied("ImdsV2Stays", "ec2:ModifyInstanceMetadataOptions")
    old = Condition("NumericLessThan", "ec2:RoleDelivery", ("2.0",))
    yield _denied("NoRolesByImdsV1", "*", conditions=(old,))


def _regions(names: Iterable[str]) -> Statement:
    elsewhere = Condition("StringNotEquals", _REGION, tuple(dict.fromkeys(names)))
    return Statement(
        "OnlyOurRegions",
        resources=_EVERYTHING,
        effect=Effect.DENY,
        but=_IN_NO_REGION,
        conditions=(elsewhere,),
    )


def _global_region() -> Statement:
    """Return what keeps everything out of that region but what the global services need."""
    return Statement(
        "OnlyGlobalServices",
        resources=_EVERYTHING,
        effect=Effect.DENY,
        but=(*_IN_NO_REGION, *_WITH_GLOBAL_SERVICES),
        conditions=(Condition("StringEquals", _REGION, (GLOBAL_REGION,)),),
    )


def _jurisdiction(area: Area, plan: Blueprint) -> Statement:
    """Return what keeps the roles of a jurisdiction in its regions: they carry its tag."""
    own = Condition("StringEquals", "aws:PrincipalTag/Jurisdiction", (area.jurisdiction,))
    elsewhere = Condition("StringNotEquals", _REGION, tuple(_of_area(area, plan)))
    words = (each.capitalize() for each in area.jurisdiction.split("-"))
    return Statement(
        f"StayIn{''.join(words)}",
        resources=_EVERYTHING,
        effect=Effect.DENY,
        but=("iam:*", "sts:*"),
        conditions=(own, elsewhere),
    )


def _of_area(area: Area, plan: Blueprint) -> Iterator[str]:
    yield from (place.aws for place in area.places)
    yield plan.state_region(area.jurisdiction)


def _packed(statements: Iterable[Statement]) -> Iterator[tuple[Statement, ...]]:
    """Yield the statements in as few policies as AWS's limit allows, in their order."""
    packed: tuple[Statement, ...] = ()
    for each in statements:
        if packed and length(*packed, each) > MOST_CHARACTERS:
            yield packed
            packed = ()
        packed = (*packed, each)
    yield packed


def _but(roles: tuple[str, ...]) -> Condition:
    return Condition(
        "ArnNotLike", _PRINCIPAL, tuple(f"arn:aws:iam::*:role/{each}" for each in roles)
    )


def _denied(sid: str, *actions: str, conditions: tuple[Condition, ...] = ()) -> Statement:
    return Statement(sid, actions, _EVERYTHING, Effect.DENY, conditions=conditions)
