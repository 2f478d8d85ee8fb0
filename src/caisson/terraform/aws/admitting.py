"""Which accounts' principals a policy document lets in: statement by statement.

What is not understood lets in everybody, but not for sure. Two kinds of principals are not those
of an account:

- A service acts for whoever told it to. In a role's trust it can only be told by who passes that
  role to it, which AWS permits within the role's own account alone; see `PASSED`. In any other
  policy a service may act for everybody, unless a condition says for whom.
- Accounts in which AWS's own services write logs for everybody, as the older load balancers do.
  They write below `AWSLogs/` and the number of the account that they do it for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from caisson.terraform.aws.limits import Limit, limit_of
from caisson.terraform.aws.openness import aside
from caisson.terraform.aws.policies import Document, Principals, Statement
from caisson.topology.arns import ACCOUNT, Arn

# Services that take a role from those alone who may pass it, which is asked of them as
# `iam:PassRole`. "You can only use the PassRole permission to pass an IAM role to a service that
# shares the same AWS account":
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
_PASSED = """
    application-autoscaling autoscaling backup batch batchoperations.s3 cloudformation cloudtrail
    codebuild codedeploy codepipeline config dms ec2 ecs ecs-tasks edgelambda eks
    eks-fargate-pods elasticbeanstalk elasticmapreduce events export.rds firehose glue lambda
    monitoring.rds pipes pods.eks rds redshift s3 sagemaker scheduler spotfleet ssm states
    vpc-flow-logs
"""
PASSED = frozenset(_PASSED.split())
_SERVICE = re.compile(r"([a-z0-9.-]+?)(?:\.[a-z]{2}-[a-z]+-[0-9])?\.amazonaws\.com(?:\.cn)?")
# The accounts of AWS with which load balancers write logs, in the regions from before August 2022:
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
_BALANCERS = """
    009996457667 027434742980 033677994240 037604701340 048591011584 054676820928 076674570225
    098369216593 114774131450 127311923021 156460612806 190560391635 383597477331 507241528517
    582318560864 589379963580 600734575887 635631232127 638102146993 652711504416 718504428378
    754344448648 783225319266 797873946194 897822967062 985666609251
"""
_OF_BALANCERS = frozenset(_BALANCERS.split())
_OF_ACCOUNT = re.compile(r"/AWSLogs/([0-9]{12})/")


@dataclass(frozen=True, slots=True)
class Admitted:
    """`accounts` is None for those of everybody; `who` says who is let in, in words."""

    who: str
    accounts: frozenset[str] | None
    sure: bool


def admitted(document: Document, *, trust: bool = False) -> Iterator[Admitted]:
    """Yield who is let in by a document; `trust`: it says who may take a role."""
    if not document.complete:
        yield Admitted("statements that are not told", None, sure=False)
    for each in document.statements:
        if each.allow is not False:
            yield from _by_statement(each, document, trust)


def _by_statement(statement: Statement, document: Document, trust: bool) -> Iterator[Admitted]:
    said = f"its statement {statement.sid}" if statement.sid else "a statement"
    if statement.principals is None:
        yield Admitted(f"{said} allows some that it does not name", None, sure=False)
        return
    refused = any(each.allow is not True and not aside(each) for each in document.statements)
    certain = statement.allow is True and not refused
    for each in statement.principals:
        if not (trust and _only_passed(each)):
            yield from _of_kind(each, statement, said, certain)


def _of_kind(
    principals: Principals, statement: Statement, said: str, certain: bool
) -> Iterator[Admitted]:
    service = principals.kind == "Service"
    limit = limit_of(statement, service=service)
    if principals.names is None:
        told = "whose names are known only after apply"
        names = [(f"{principals.kind} principals, {told}", Limit(met=False))]
    else:
        names = [(each, _whose(principals.kind, each, statement)) for each in principals.names]
    for name, whose in names:
        both = whose & limit
        if both.accounts is None or both.accounts:
            # A service for which no condition says for whom it acts may do so for nobody.
            sure = certain and both.met and not (service and both.accounts is None)
            yield Admitted(f"{said} allows {name}", both.accounts, sure)


def _only_passed(principals: Principals) -> bool:
    if principals.kind != "Service" or principals.names is None:
        return False
    found = [_SERVICE.fullmatch(each) for each in principals.names]
    return all(each is not None and each[1] in PASSED for each in found)


def _whose(kind: str, name: str, statement: Statement) -> Limit:
    """Return whose principal a name is."""
    if kind == "Service" or (kind in ("AWS", "*") and name == "*"):
        return Limit()
    if kind != "AWS":
        return Limit(met=False)
    arn = Arn.parse(name)
    account = name if ACCOUNT.fullmatch(name) else arn.place[1] if arn else None
    if account is None:
        return Limit(met=False)
    return _logged(statement) if account in _OF_BALANCERS else Limit(frozenset({account}))


def _logged(statement: Statement) -> Limit:
    """Return whose logs the resources of a statement are for."""
    found = [_OF_ACCOUNT.search(each) for each in statement.resources]
    whole = found and len(found) == statement.resource_count and None not in found
    return Limit(frozenset(e[1] for e in found if e) if whole else None, met=False)
