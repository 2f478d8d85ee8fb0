"""Load balancers: whom they answer, whether in the clear, and whom they send to."""

import pytest
from terraform_support import Thing, among, besides, outside, reading, ref, refs, thing, unknown

from caisson.terraform.aws import load_balancers
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import UNKNOWN
from caisson.topology.network import ALL_PORTS, Forward, Listener, Membership, Ports
from caisson.topology.resources import Way

PLACE = (
    thing("aws_vpc.main"),
    thing("aws_subnet.a", vpc_id=ref("aws_vpc.main")),
    thing("aws_subnet.b", vpc_id=ref("aws_vpc.main")),
    thing("aws_security_group.lb", vpc_id=ref("aws_vpc.main")),
    thing("aws_instance.web", subnet_id=ref("aws_subnet.a")),
)
TARGETS = thing("aws_lb_target_group.web", port=8080, protocol="HTTP", target_type="instance")
ATTACHED = thing(
    "aws_lb_target_group_attachment.web",
    target_group_arn=ref("aws_lb_target_group.web"),
    target_id=ref("aws_instance.web"),
)


def read(*things: Thing) -> Fragment:
    given = {each.address for each in things}
    return load_balancers.read(
        reading(*PLACE, *things, *(each for each in (TARGETS,) if each.address not in given))
    )


def balancer(**attributes: object) -> Thing:
    given: dict[str, object] = {
        "load_balancer_type": "application",
        "internal": UNKNOWN,
        "subnets": refs("aws_subnet.a", "aws_subnet.b"),
        "security_groups": [ref("aws_security_group.lb")],
    }
    return thing("aws_lb.main", **(given | attributes))


def listener(name: str = "aws_lb_listener.main", **attributes: object) -> Thing:
    given: dict[str, object] = {
        "load_balancer_arn": ref("aws_lb.main"),
        "port": 80,
        "protocol": "HTTP",
        "default_action": [{"type": "forward", "target_group_arn": ref("aws_lb_target_group.web")}],
    }
    return thing(name, **(given | attributes))


def only_listener(fragment: Fragment) -> Listener:
    (only,) = fragment.network.listeners
    return only


def only_forward(fragment: Fragment) -> Forward:
    (only,) = fragment.network.forwards
    return only


def test_it_stands_in_its_subnets_behind_its_groups_and_faces_the_internet_by_default() -> None:
    (found,) = read(balancer(), listener()).network.interfaces
    assert found.subnets == ("aws_subnet.a", "aws_subnet.b")
    assert found.groups == (Membership("aws_security_group.lb"),)
    assert found.public is True
    assert found.listens == (Ports(80, 80),)


@pytest.mark.parametrize(("internal", "public"), [(True, False), (False, True), (unknown(), None)])
def test_an_internal_one_has_no_public_address(internal: object, public: bool | None) -> None:
    fragment = read(balancer(internal=internal), listener())
    assert fragment.network.interfaces[0].public is public
    assert only_listener(fragment).public is public


def test_a_network_load_balancer_without_groups_filters_nothing() -> None:
    plain = read(balancer(load_balancer_type="network", security_groups=UNKNOWN))
    grouped = read(balancer(load_balancer_type="network"))
    assert plain.network.interfaces[0].filtered is False
    assert plain.network.interfaces[0].groups == ()
    assert grouped.network.interfaces[0].filtered is True


def test_an_application_load_balancer_without_groups_is_in_the_default_group() -> None:
    (found,) = read(balancer(security_groups=UNKNOWN)).network.interfaces
    assert found.groups == (Membership("aws_vpc.main/default-group"),)


def test_subnets_may_be_mapped() -> None:
    fragment = read(balancer(subnets=UNKNOWN, subnet_mapping=[{"subnet_id": ref("aws_subnet.b")}]))
    assert fragment.network.interfaces[0].subnets == ("aws_subnet.b",)


def test_what_arrives_goes_on_to_the_port_of_the_target_group() -> None:
    found = only_forward(read(balancer(), listener(), TARGETS, ATTACHED))
    assert (found.owner, found.ports) == ("aws_lb.main", Ports(80, 80))
    assert (found.target, found.to_ports) == ("aws_instance.web", Ports(8080, 8080))
    assert (found.sure, found.from_internet, found.keeps_client) == (True, False, False)


def test_the_port_of_an_attachment_takes_the_place_of_the_groups() -> None:
    attached = thing(
        "aws_lb_target_group_attachment.web",
        target_group_arn=ref("aws_lb_target_group.web"),
        target_id=ref("aws_instance.web"),
        port=9000,
    )
    assert only_forward(read(balancer(), listener(), TARGETS, attached)).to_ports == Ports(
        9000, 9000
    )


@pytest.mark.parametrize(
    "registers",
    [
        thing("aws_autoscaling_group.web", target_group_arns=[ref("aws_lb_target_group.web")]),
        thing(
            "aws_autoscaling_group.web",
            traffic_source=[{"identifier": ref("aws_lb_target_group.web"), "type": "elbv2"}],
        ),
    ],
)
def test_a_group_of_machines_registers_itself(registers: Thing) -> None:
    found = only_forward(read(balancer(), listener(), TARGETS, registers))
    assert (found.target, found.to_ports) == ("aws_autoscaling_group.web", Ports(8080, 8080))


@pytest.mark.parametrize(
    "tie",
    [
        thing(
            "aws_autoscaling_attachment.web",
            autoscaling_group_name=ref("aws_autoscaling_group.web"),
            lb_target_group_arn=ref("aws_lb_target_group.web"),
        ),
        thing(
            "aws_autoscaling_traffic_source_attachment.web",
            autoscaling_group_name=ref("aws_autoscaling_group.web"),
            traffic_source=[{"identifier": ref("aws_lb_target_group.web"), "type": "elbv2"}],
        ),
    ],
)
def test_a_group_of_machines_is_attached(tie: Thing) -> None:
    scaled = thing("aws_autoscaling_group.web")
    found = only_forward(read(balancer(), listener(), TARGETS, scaled, tie))
    assert found.target == "aws_autoscaling_group.web"


def test_a_service_answers_on_its_containers_port() -> None:
    service = thing(
        "aws_ecs_service.web",
        network_configuration=[{"subnets": ref("aws_subnet.a")}],
        load_balancer=[
            {"target_group_arn": ref("aws_lb_target_group.web"), "container_port": 3000}
        ],
    )
    found = only_forward(read(balancer(), listener(), TARGETS, service))
    assert (found.target, found.to_ports) == ("aws_ecs_service.web", Ports(3000, 3000))
    assert found.sure


def test_a_service_on_machines_may_answer_on_a_port_that_docker_chooses() -> None:
    service = thing(
        "aws_ecs_service.web",
        load_balancer=[
            {"target_group_arn": ref("aws_lb_target_group.web"), "container_port": 3000}
        ],
    )
    found = read(balancer(), listener(), TARGETS, service).network.forwards
    assert {(each.to_ports, each.sure) for each in found} == {
        (Ports(3000, 3000), False),
        (Ports(32768, 65535), False),
    }


def test_rules_send_on_too() -> None:
    rule = thing(
        "aws_lb_listener_rule.api",
        listener_arn=ref("aws_lb_listener.main"),
        action=[
            {
                "type": "forward",
                "forward": [{"target_group": [{"arn": ref("aws_lb_target_group.web")}]}],
            }
        ],
    )
    refusing = listener(default_action=[{"type": "fixed-response"}])
    fragment = read(balancer(), refusing, rule, TARGETS, ATTACHED)
    assert only_forward(fragment).target == "aws_instance.web"
    assert only_listener(fragment).redirects is False


@pytest.mark.parametrize("kind", ["application", "network", "gateway"])
def test_it_opens_no_connections_but_those_it_forwards(kind: str) -> None:
    fragment = read(balancer(load_balancer_type=kind), listener(), TARGETS, ATTACHED)
    assert [each.opens for each in fragment.network.interfaces] == [False]


@pytest.mark.parametrize(
    ("kind", "target", "preserve", "keeps"),
    [
        ("network", {"target_type": "instance", "protocol": "TCP"}, None, True),
        ("network", {"target_type": "ip", "protocol": "TCP"}, None, False),
        ("network", {"target_type": "ip", "protocol": "UDP"}, None, True),
        ("network", {"target_type": "instance", "protocol": "TCP"}, "false", False),
        ("application", {"target_type": "instance", "protocol": "HTTP"}, None, False),
    ],
)
def test_whose_address_targets_see(
    kind: str, target: dict[str, object], preserve: str | None, keeps: bool
) -> None:
    group = thing("aws_lb_target_group.web", port=80, preserve_client_ip=preserve, **target)
    fragment = read(balancer(load_balancer_type=kind), listener(), group, ATTACHED)
    assert only_forward(fragment).keeps_client is keeps


@pytest.mark.parametrize(
    ("attributes", "encrypted", "redirects"),
    [
        ({}, False, False),
        ({"protocol": UNKNOWN}, False, False),
        ({"protocol": unknown()}, None, False),
        ({"protocol": "HTTPS", "port": 443}, True, False),
        ({"protocol": "TLS", "port": 443}, True, False),
        ({"protocol": "TCP", "port": 443}, None, False),
        (
            {"default_action": [{"type": "redirect", "redirect": [{"protocol": "HTTPS"}]}]},
            False,
            True,
        ),
        (
            {"default_action": [{"type": "redirect", "redirect": [{"protocol": "HTTP"}]}]},
            False,
            False,
        ),
        ({"default_action": [{"type": "fixed-response"}]}, False, True),
        (
            {"default_action": [{"type": "redirect", "redirect": [{"protocol": unknown()}]}]},
            None,
            False,
        ),
        ({"default_action": [{"type": unknown()}]}, None, False),
        (
            {"protocol": "HTTPS", "port": 443, "default_action": [{"type": unknown()}]},
            True,
            False,
        ),
        ({"default_action": unknown()}, None, False),
    ],
)
def test_listeners_say_whether_clients_talk_in_the_clear(
    attributes: dict[str, object], encrypted: bool | None, redirects: bool
) -> None:
    found = only_listener(read(balancer(), listener(**attributes)))
    assert (found.encrypted, found.redirects) == (encrypted, redirects)


def test_what_is_known_only_after_apply_is_a_gap_and_never_sure() -> None:
    whose = read(balancer(), listener(load_balancer_arn=unknown("aws_lb.main")), TARGETS, ATTACHED)
    assert not only_forward(whose).sure
    assert only_listener(whose).public is None
    assert [each.resource for each in whose.gaps] == ["aws_lb_listener.main"]
    assert whose.network.interfaces[0].listens is None

    where = thing(
        "aws_lb_target_group_attachment.web",
        target_group_arn=unknown("aws_lb_target_group.web"),
        target_id=ref("aws_instance.web"),
    )
    fragment = read(balancer(), listener(), TARGETS, where)
    assert not only_forward(fragment).sure
    assert [each.about for each in fragment.gaps] == [("aws_instance.web",)]


def test_subnets_and_groups_are_sure_beside_what_a_plan_hides() -> None:
    fragment = read(
        balancer(subnets=besides("aws_subnet.a"), security_groups=besides("aws_security_group.lb"))
    )
    (found,) = fragment.network.interfaces
    assert (found.subnets, found.sure, found.all_subnets) == (("aws_subnet.a",), True, True)
    assert found.groups == (Membership("aws_security_group.lb"),)
    assert not found.groups_known
    assert [each.about for each in fragment.gaps] == [("aws_lb.main",)]


def test_a_target_group_has_only_targets_of_its_kind() -> None:
    attached = thing(
        "aws_lb_target_group_attachment.web",
        target_group_arn=ref("aws_lb_target_group.web"),
        target_id=among("aws_instance.web", "aws_lambda_function.f", "aws_lb.main"),
    )
    function = thing("aws_lambda_function.f")
    group = thing("aws_lb_target_group.web", target_type="lambda")
    machines = read(balancer(), listener(), function, attached)
    functions = read(balancer(), listener(), function, attached, group)
    assert only_forward(machines).target == "aws_instance.web"
    assert only_forward(functions).target == "aws_lambda_function.f"


def test_a_load_balancer_is_not_behind_itself() -> None:
    attached = thing(
        "aws_lb_target_group_attachment.web",
        target_group_arn=ref("aws_lb_target_group.web"),
        target_id=among("aws_lb.main", "aws_lb.inner"),
    )
    inner = thing("aws_lb.inner", load_balancer_type="application")
    group = thing("aws_lb_target_group.web", target_type="alb", port=80)
    fragment = read(balancer(load_balancer_type="network"), inner, listener(), attached, group)
    assert only_forward(fragment).target == "aws_lb.inner"


def test_a_target_that_is_not_known_is_a_gap_about_its_group() -> None:
    attached = thing(
        "aws_lb_target_group_attachment.web",
        target_group_arn=ref("aws_lb_target_group.web"),
        target_id=unknown(),
    )
    fragment = read(balancer(), listener(), TARGETS, attached)
    assert fragment.network.forwards == ()
    assert [each.resource for each in fragment.gaps] == ["aws_lb_target_group_attachment.web"]


def test_it_needs_its_certificates() -> None:
    fragment = read(
        thing("aws_acm_certificate.main"),
        thing("aws_acm_certificate.other"),
        balancer(),
        listener(protocol="HTTPS", certificate_arn=ref("aws_acm_certificate.main")),
        thing(
            "aws_lb_listener_certificate.other",
            listener_arn=ref("aws_lb_listener.main"),
            certificate_arn=ref("aws_acm_certificate.other"),
        ),
    )
    assert {(each.user, each.used, each.why) for each in fragment.uses} == {
        ("aws_lb.main", "aws_acm_certificate.main", "certificate"),
        ("aws_lb.main", "aws_acm_certificate.other", "certificate"),
    }


def test_access_logs_come_to_rest_in_their_bucket() -> None:
    bucket = thing("aws_s3_bucket.logs")
    on = balancer(access_logs=[{"bucket": ref("aws_s3_bucket.logs"), "enabled": True}])
    off = balancer(access_logs=[{"bucket": ref("aws_s3_bucket.logs"), "enabled": False}])
    (moved,) = read(bucket, on).movements
    assert (moved.way, moved.source, moved.target) == (Way.LOG, "aws_lb.main", "aws_s3_bucket.logs")
    assert read(bucket, off).movements == ()


def test_a_classic_load_balancer_sends_to_its_machines() -> None:
    classic = thing(
        "aws_elb.main",
        subnets=refs("aws_subnet.a"),
        security_groups=[ref("aws_security_group.lb")],
        instances=[ref("aws_instance.web")],
        listener=[{"lb_port": 80, "lb_protocol": "http", "instance_port": 8000}],
    )
    fragment = read(classic)
    found = only_forward(fragment)
    assert (found.owner, found.ports) == ("aws_elb.main", Ports(80, 80))
    assert (found.target, found.to_ports) == ("aws_instance.web", Ports(8000, 8000))
    assert only_listener(fragment).encrypted is False
    assert fragment.network.interfaces[0].public is True


def test_a_port_that_is_not_known_may_be_any_and_is_not_sure() -> None:
    found = only_forward(read(balancer(), listener(port=unknown()), TARGETS, ATTACHED))
    assert (found.ports, found.sure) == (ALL_PORTS, False)


def test_an_address_that_is_registered_may_be_anythings() -> None:
    attached = thing(
        "aws_lb_target_group_attachment.web",
        target_group_arn=ref("aws_lb_target_group.web"),
        target_id=outside("10.0.0.7"),
    )
    fragment = read(balancer(), listener(), attached)
    assert only_forward(fragment).target == "10.0.0.7"
    assert [each.about for each in fragment.gaps] == [()]


def test_targets_that_are_not_known_may_be_those_of_any_load_balancer() -> None:
    elsewhere = listener(default_action=[{"type": "forward", "target_group_arn": unknown()}])
    (gap,) = read(balancer(), elsewhere, ATTACHED).gaps
    assert gap.about == ("aws_lb.main", "aws_instance.web")
