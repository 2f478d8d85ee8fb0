from terraform_support import Thing, reading, ref, refs, thing

from caisson.terraform.aws import rotation
from caisson.terraform.fragment import Fragment
from caisson.topology.network import Membership
from caisson.topology.resources import EVERY_QUESTION, Way

NETWORK = (
    thing("aws_vpc.main", cidr_block="10.0.0.0/16"),
    thing("aws_subnet.a", vpc_id=ref("aws_vpc.main")),
    thing("aws_security_group.rotation", vpc_id=ref("aws_vpc.main")),
    thing("aws_cloudwatch_log_group.rotation", name="/aws/lambda/rotate"),
)
STACK = f"{rotation.APPLICATION}.rotation"
OF_AWS = (
    "arn:aws:serverlessrepo:us-east-1:297356227824:applications/"
    "SecretsManagerRDSPostgreSQLRotationSingleUser"
)


def read(*things: Thing) -> Fragment:
    return rotation.read(reading(*NETWORK, *things))


def application(id_: str, **parameters: object) -> Thing:
    given = {
        "functionName": "rotate",
        "vpcSubnetIds": refs("aws_subnet.a"),
        "vpcSecurityGroupIds": ref("aws_security_group.rotation"),
        **parameters,
    }
    kept = {name: value for name, value in given.items() if value is not None}
    return thing(STACK, application_id=id_, parameters=kept)


def test_a_function_of_aws_is_in_its_network_and_nobody_connects_to_it() -> None:
    found = read(application(OF_AWS))
    (interface,) = found.network.interfaces
    assert interface.subnets == ("aws_subnet.a",)
    assert interface.groups == (Membership("aws_security_group.rotation"),)
    assert interface.listens == ()
    assert not interface.public
    assert found.gaps == ()


def test_several_subnets_whose_ids_are_known_are_one_text() -> None:
    subnets = (thing(f"aws_subnet.{x}", id=f"subnet-{x}") for x in "bc")
    found = read(application(OF_AWS, vpcSubnetIds="subnet-b,subnet-c,subnet-d"), *subnets)
    (interface,) = found.network.interfaces
    assert interface.subnets == ("aws_subnet.b", "aws_subnet.c", "subnet-d")


def test_it_writes_into_the_log_group_of_the_function() -> None:
    (moved,) = read(application(OF_AWS)).movements
    assert (moved.way, moved.target) == (Way.LOG, "aws_cloudwatch_log_group.rotation")


def test_without_subnets_it_is_in_no_network() -> None:
    found = read(application(OF_AWS, vpcSubnetIds=None, vpcSecurityGroupIds=None))
    assert found.network.interfaces == ()
    assert found.gaps == ()


def test_what_an_application_of_somebody_else_makes_is_not_told() -> None:
    for other in (
        OF_AWS.replace("297356227824", "111111111111"),
        OF_AWS.replace("SecretsManagerRDSPostgreSQLRotationSingleUser", "SomethingElse"),
    ):
        (gap,) = read(application(other)).gaps
        assert gap.questions == EVERY_QUESTION
