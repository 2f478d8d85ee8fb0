"""VPC endpoints, network interfaces, client VPNs, and what is only named in networks."""

import pytest
from terraform_support import Named, Thing, outside, reading, ref, thing, unknown

from caisson.terraform.aws import cards, client_vpn, confined, endpoints
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import UNKNOWN
from caisson.topology.network import Forward, Interface, Membership

BASE = (
    thing("aws_vpc.main", cidr_block="10.0.0.0/16"),
    thing("aws_subnet.a", vpc_id=ref("aws_vpc.main"), cidr_block="10.0.1.0/24"),
    thing("aws_subnet.b", vpc_id=ref("aws_vpc.main"), cidr_block="10.0.2.0/24"),
    thing("aws_security_group.g", vpc_id=ref("aws_vpc.main")),
    thing("aws_security_group.h", vpc_id=ref("aws_vpc.main")),
)
DEFAULT = Membership("aws_vpc.main/default-group")
E = "aws_vpc_endpoint.e"


def endpoint(**attributes: object) -> Thing:
    usual = {
        "vpc_id": ref("aws_vpc.main"),
        "vpc_endpoint_type": "Interface",
        "service_name": "com.amazonaws.eu-central-1.ssm",
        "subnet_ids": [ref("aws_subnet.a")],
        "security_group_ids": [ref("aws_security_group.g")],
        "policy": UNKNOWN,
    }
    return Thing(E, usual | attributes, None, None)


def read(*things: Thing) -> Fragment:
    return endpoints.read(reading(*BASE, *things))


def interface(*things: Thing) -> Interface:
    (found,) = read(*things).network.interfaces
    return found


def forwards(service: Named | str, *things: Thing) -> tuple[Forward, ...]:
    return read(endpoint(service_name=service), *things).network.forwards


def test_an_interface_endpoint_is_in_its_subnets_and_groups() -> None:
    found = interface(endpoint())
    assert (found.owner, found.subnets, found.public) == (E, ("aws_subnet.a",), False)
    assert found.groups == (Membership("aws_security_group.g"),)
    assert found.groups_known


def test_without_groups_it_is_in_the_vpc_s_own() -> None:
    assert interface(endpoint(security_group_ids=UNKNOWN)).groups == (DEFAULT,)


def test_an_endpoint_of_which_nobody_wrote_subnets_is_in_none() -> None:
    fragment = read(endpoint(subnet_ids=UNKNOWN, subnet_configuration=UNKNOWN))
    assert fragment.network.interfaces == ()
    assert fragment.gaps == ()
    placed = endpoint(subnet_ids=UNKNOWN, subnet_configuration=unknown())
    assert read(placed).gaps != ()
    assert interface(endpoint(subnet_configuration=unknown())).sure
    chosen = [{"subnet_id": ref("aws_subnet.b")}]
    assert interface(endpoint(subnet_ids=UNKNOWN, subnet_configuration=chosen)).subnets == (
        "aws_subnet.b",
    )


def test_subnets_and_groups_can_be_added_by_resources() -> None:
    seat = thing(
        "aws_vpc_endpoint_subnet_association.x",
        vpc_endpoint_id=ref(E),
        subnet_id=ref("aws_subnet.b"),
    )
    member = thing(
        "aws_vpc_endpoint_security_group_association.x",
        vpc_endpoint_id=ref(E),
        security_group_id=ref("aws_security_group.h"),
    )
    found = interface(endpoint(), seat, member)
    assert set(found.subnets) == {"aws_subnet.a", "aws_subnet.b"}
    assert {each.group for each in found.groups} == {
        "aws_security_group.g",
        "aws_security_group.h",
    }


@pytest.mark.parametrize(
    ("replaced", "expected"),
    [
        (False, {"aws_vpc.main/default-group", "aws_security_group.h"}),
        (True, {"aws_security_group.h"}),
    ],
)
def test_a_group_added_stands_beside_the_vpc_s_own_or_replaces_it(
    replaced: bool, expected: set[str]
) -> None:
    member = thing(
        "aws_vpc_endpoint_security_group_association.x",
        vpc_endpoint_id=ref(E),
        security_group_id=ref("aws_security_group.h"),
        replace_default_association=replaced,
    )
    found = interface(endpoint(security_group_ids=UNKNOWN), member)
    assert {each.group for each in found.groups} == expected


def test_a_gateway_endpoint_has_no_interface_and_leads_to_nobody() -> None:
    found = read(endpoint(vpc_endpoint_type="Gateway"))
    assert (found.network.interfaces, found.network.forwards, found.gaps) == ((), (), ())


def test_an_endpoint_of_a_gateway_load_balancer_is_a_gap_in_its_vpc() -> None:
    (gap,) = read(endpoint(vpc_endpoint_type="GatewayLoadBalancer")).gaps
    assert gap.about == (E, "aws_vpc.main")


def service(*, acceptance: bool) -> Thing:
    return thing(
        "aws_vpc_endpoint_service.s",
        network_load_balancer_arns=[ref("aws_lb.n")],
        acceptance_required=acceptance,
        allowed_principals=UNKNOWN,
    )


LB = thing("aws_lb.n")
ACCEPTED = thing("aws_vpc_endpoint_connection_accepter.x", vpc_endpoint_id=ref(E))


def test_aws_s_own_services_are_nobody_of_ours() -> None:
    assert forwards("com.amazonaws.eu-central-1.ssm") == ()


@pytest.mark.parametrize(
    ("things", "sure"),
    [
        ([service(acceptance=False)], True),
        ([service(acceptance=True)], False),
        ([service(acceptance=True), ACCEPTED], True),
    ],
)
def test_a_private_service_leads_to_its_load_balancers(things: list[Thing], sure: bool) -> None:
    (found,) = forwards(ref("aws_vpc_endpoint_service.s"), LB, *things)
    assert (found.owner, found.target, found.sure) == (E, "aws_lb.n", sure)


def test_a_private_service_of_others_leads_outside() -> None:
    name = "com.amazonaws.vpce.eu-central-1.vpce-svc-1"
    assert [each.target for each in forwards(outside(name))] == [name]


def test_a_service_that_cannot_be_told_is_a_gap() -> None:
    assert [each.about for each in read(endpoint(service_name=unknown())).gaps] == [(E,)]


def test_a_service_that_others_may_use_is_open_to_who_was_not_read() -> None:
    allowed = thing(
        "aws_vpc_endpoint_service_allowed_principal.x",
        vpc_endpoint_service_id=ref("aws_vpc_endpoint_service.s"),
    )
    assert read(LB, service(acceptance=False)).gaps == ()
    (gap,) = read(LB, service(acceptance=False), allowed).gaps
    assert gap.about == ("aws_vpc_endpoint_service.s", "aws_lb.n")


def test_policies_of_endpoints() -> None:
    found = read(
        endpoint(policy='{"Statement": []}'),
        thing("aws_vpc_endpoint_policy.x", vpc_endpoint_id=ref(E), policy=UNKNOWN),
    ).policies
    assert [(each.attached_to, each.document) for each in found] == [
        (E, '{"Statement": []}'),
        (E, None),
    ]


def card(name: str = "n", **attributes: object) -> Thing:
    usual = {
        "subnet_id": ref("aws_subnet.a"),
        "security_groups": [ref("aws_security_group.g")],
        "private_ips": UNKNOWN,
        "ipv6_addresses": UNKNOWN,
        "ipv6_address_count": UNKNOWN,
    }
    return Thing(f"aws_network_interface.{name}", usual | attributes, None, None)


def seats(*things: Thing) -> dict[str, Interface]:
    found = cards.read(reading(*BASE, *things)).network.interfaces
    return {each.owner: each for each in found}


def test_a_network_interface() -> None:
    found = seats(card(private_ips=["10.0.1.9"]))["aws_network_interface.n"]
    assert (found.subnets, found.addresses, found.public) == (
        ("aws_subnet.a",),
        ("10.0.1.9",),
        False,
    )


def test_addresses_are_told_only_when_all_are() -> None:
    found = seats(card(private_ips=["10.0.1.9"], ipv6_address_count=1))["aws_network_interface.n"]
    assert (found.addresses, found.public) == ((), None)


def test_an_elastic_address_makes_it_public() -> None:
    address = thing("aws_eip.x", network_interface=ref("aws_network_interface.n"))
    assert seats(card(), address)["aws_network_interface.n"].public is True


def test_a_group_can_be_attached_to_it() -> None:
    found = seats(
        card(),
        thing(
            "aws_network_interface_sg_attachment.x",
            network_interface_id=ref("aws_network_interface.n"),
            security_group_id=ref("aws_security_group.h"),
        ),
    )["aws_network_interface.n"]
    assert {each.group for each in found.groups} == {
        "aws_security_group.g",
        "aws_security_group.h",
    }


def test_one_that_is_a_machine_s_is_read_with_the_machine() -> None:
    machine = thing(
        "aws_instance.m",
        network_interface=[{"network_interface_id": ref("aws_network_interface.n")}],
    )
    assert set(seats(card(), card("other"), machine)) == {"aws_network_interface.other"}


def test_who_logs_in_to_a_client_vpn_speaks_from_its_subnets() -> None:
    found = client_vpn.read(
        reading(
            *BASE,
            thing("aws_ec2_client_vpn_endpoint.v", security_group_ids=UNKNOWN),
            thing(
                "aws_ec2_client_vpn_network_association.x",
                client_vpn_endpoint_id=ref("aws_ec2_client_vpn_endpoint.v"),
                subnet_id=ref("aws_subnet.a"),
            ),
        )
    )
    (seat,) = found.network.interfaces
    assert (seat.subnets, seat.groups) == (("aws_subnet.a",), (DEFAULT,))
    assert [each.about for each in found.gaps] == [("aws_ec2_client_vpn_endpoint.v",)]


@pytest.mark.parametrize(
    ("made", "about"),
    [
        (
            thing("aws_networkfirewall_firewall.f", vpc_id=ref("aws_vpc.main")),
            [("aws_networkfirewall_firewall.f", "aws_vpc.main")],
        ),
        (thing("aws_networkfirewall_firewall.f", vpc_id=unknown()), [()]),
        (
            thing(
                "aws_vpc_block_public_access_options.o",
                internet_gateway_block_mode="block-bidirectional",
            ),
            [()],
        ),
        (thing("aws_vpc_block_public_access_options.o", internet_gateway_block_mode="off"), []),
    ],
)
def test_what_is_not_modelled_says_what_it_concerns(
    made: Thing, about: list[tuple[str, ...]]
) -> None:
    assert [each.about for each in confined.read(reading(*BASE, made)).gaps] == about
