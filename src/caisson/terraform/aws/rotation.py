"""AWS's own functions that rotate secrets, taken from the Serverless Application Repository.

Such an application makes a function and its role, which may change those secrets alone that name
the function. What any other application makes is not told by the resource.
"""

import re

from caisson.terraform.aws.containers import log_group
from caisson.terraform.aws.keys import KEYS
from caisson.terraform.aws.kinds import GROUP, SUBNET, Kind
from caisson.terraform.aws.naming import Names, together
from caisson.terraform.aws.needs import need
from caisson.terraform.aws.presence import present
from caisson.terraform.aws.stores import unread
from caisson.terraform.aws.written import text
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.model import Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import EVERY_QUESTION

APPLICATION = "aws_serverlessapplicationrepository_cloudformation_stack"
TYPES = frozenset({APPLICATION})
# The account with which AWS publishes them, and how they are called:
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_available-rotation-templates.html
_OF_AWS = re.compile(r":297356227824:applications/SecretsManager\w*Rotation\w*$")


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    return joined(_application(names, each) for each in reading.of(APPLICATION))


def _application(names: Names, block: Block) -> Fragment:
    parameters = block.block("parameters")
    if not _OF_AWS.search(text(block, "application_id") or "") or parameters is None:
        what = f"what the application of {block.address} makes is not told"
        return unread(block, what, *EVERY_QUESTION)
    name = text(parameters, "functionName")
    return joined(
        [
            _seat(names, block, parameters),
            need(block, parameters.link("kmsKeyArn", *KEYS), "key"),
            log_group(
                block, f"/aws/lambda/{name}" if name else "/aws/lambda", block.instance.region
            ),
        ]
    )


def _seat(names: Names, block: Block, parameters: Block) -> Fragment:
    """Return the function's interfaces in a VPC, on which nobody can connect to it."""
    if not parameters.written("vpcSubnetIds"):
        return NO_FRAGMENT
    subnets = _listed(names, parameters, "vpcSubnetIds", SUBNET)
    groups = _listed(names, parameters, "vpcSecurityGroupIds", GROUP)
    return present(names, block, subnets, groups, public=False, listens=())


def _listed(names: Names, parameters: Block, name: str, kind: Kind) -> Link:
    """Return what a parameter names: several are written as one text, with commas."""
    value = parameters.text(name)
    if not isinstance(value, str):
        return names.link(parameters, name, kind)
    return together(names.of_text(each.strip(), kind) for each in value.split(","))
