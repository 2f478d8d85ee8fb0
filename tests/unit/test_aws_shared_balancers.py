"""Listeners and rules that are ours, of a load balancer that is another team's."""

import pytest
from terraform_support import Named, Thing, outside, reading, ref, thing

from caisson.terraform.aws import shared_balancers
from caisson.terraform.fragment import Fragment
from caisson.topology.network import ALL_PORTS, Forward, Ports

LB, GROUP, WEB = "data.aws_lb.shared", "aws_lb_target_group.web", "aws_instance.web"
ARN = "arn:aws:elasticloadbalancing:eu-central-1:222222222222:loadbalancer/app/shared/1"
HTTPS = "data.aws_lb_listener.https"
OURS = (
    thing(WEB),
    thing(GROUP, port=8080, protocol="HTTP", target_type="instance"),
    thing("aws_lb_target_group_attachment.web", target_group_arn=ref(GROUP), target_id=ref(WEB)),
)
TO_WEB = [{"type": "forward", "target_group_arn": ref(GROUP)}]


def read(*things: Thing) -> Fragment:
    return shared_balancers.read(reading(*OURS, *things))


def listener(balancer: Named, **more: object) -> Thing:
    given: dict[str, object] = {"port": 8443, "protocol": "HTTPS", "default_action": TO_WEB}
    return thing("aws_lb_listener.web", load_balancer_arn=balancer, **(given | more))


def only(fragment: Fragment) -> Forward:
    (found,) = fragment.network.forwards
    return found


@pytest.mark.parametrize(
    ("things", "balancer", "owner"),
    [((thing(LB),), ref(LB), LB), ((), outside(ARN), ARN)],
)
def test_whoever_gets_in_there_may_come_to_what_is_ours(
    things: tuple[Thing, ...], balancer: Named, owner: str
) -> None:
    found = only(read(*things, listener(balancer)))
    assert (found.owner, found.target, found.ports) == (owner, WEB, Ports(8443, 8443))
    assert (found.to_ports, found.from_internet, found.sure) == (Ports(8080, 8080), True, False)


@pytest.mark.parametrize(("protocol", "encrypted"), [("HTTPS", True), ("HTTP", False)])
def test_it_answers_in_the_clear_or_not(protocol: str, encrypted: bool) -> None:
    (found,) = read(thing(LB), listener(ref(LB), protocol=protocol)).network.listeners
    assert (found.owner, found.encrypted, found.public) == (LB, encrypted, None)


@pytest.mark.parametrize(
    ("things", "of", "ports"),
    [
        ((thing(HTTPS, port=443),), ref(HTTPS), Ports(443, 443)),
        ((), outside(f"{ARN}/2"), ALL_PORTS),
    ],
)
def test_a_rule_of_a_listener_that_was_not_read(
    things: tuple[Thing, ...], of: Named, ports: Ports
) -> None:
    rule = thing("aws_lb_listener_rule.web", listener_arn=of, action=TO_WEB)
    found = only(read(*things, rule))
    assert (found.target, found.ports, found.from_internet) == (WEB, ports, True)
    assert not found.sure


def test_load_balancers_that_were_read_are_told_elsewhere() -> None:
    fragment = read(thing("aws_lb.own"), listener(ref("aws_lb.own")))
    assert fragment == Fragment()
