"""VPC endpoints: interfaces of AWS's services and of private services in our subnets.

A gateway endpoint takes only packets to AWS's own service: it is a way to nobody whom a promise
could name, and takes none away. So its routes are not written into the tables.
"""

from collections.abc import Iterator

from caisson.terraform.aws.kinds import ENDPOINT, GROUP, SUBNET, VPC
from caisson.terraform.aws.naming import Names, together
from caisson.terraform.aws.policies import policy
from caisson.terraform.aws.presence import present, unset
from caisson.terraform.aws.unread import gap
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.model import Certainty, Link, Mode
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import ALL_PORTS, Forward, Membership, Network
from caisson.topology.resources import Policy

SERVICE = "aws_vpc_endpoint_service"
ACCEPTER = "aws_vpc_endpoint_connection_accepter"
ALLOWED = "aws_vpc_endpoint_service_allowed_principal"
ROUTED = "aws_vpc_endpoint_route_table_association"
SEATED = "aws_vpc_endpoint_subnet_association"
GROUPED = "aws_vpc_endpoint_security_group_association"
POLICY = "aws_vpc_endpoint_policy"
TYPES = frozenset(
    {
        *ENDPOINT.types,
        SERVICE,
        ACCEPTER,
        ALLOWED,
        ROUTED,
        SEATED,
        GROUPED,
        POLICY,
        "aws_vpc_endpoint_private_dns",
        "aws_vpc_endpoint_service_private_dns_verification",
    }
)
GATEWAY, INTERFACE = "Gateway", "Interface"
BALANCERS = ("aws_lb", "aws_alb")
OF_OTHERS = "com.amazonaws.vpce."  # how the name of a service begins that is not AWS's own


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    added = _Added(names)
    allowing = {
        one
        for each in reading.of(ALLOWED)
        for one in each.link("vpc_endpoint_service_id", SERVICE).every
    }
    return joined(
        (
            *(_endpoint(names, each, added) for each in reading.of(*ENDPOINT.types)),
            *(_service(each, allowing) for each in reading.of(SERVICE)),
            Fragment(policies=tuple(_policies(names))),
        )
    )


class _Added:
    """What resources of their own put to endpoints, by endpoint: subnets, groups, acceptance."""

    def __init__(self, names: Names) -> None:
        self.subnets = _by_endpoint(names, SEATED)
        self.groups = _by_endpoint(names, GROUPED)
        self.accepted = _by_endpoint(names, ACCEPTER)


def _by_endpoint(names: Names, what: str) -> dict[str, list[Block]]:
    found: dict[str, list[Block]] = {}
    for each in names.reading.of(what):
        for one in names.one(each, "vpc_endpoint_id", ENDPOINT).every:
            found.setdefault(one, []).append(each)
    return found


def _endpoint(names: Names, block: Block, added: _Added) -> Fragment:
    kind = block.text("vpc_endpoint_type") or GATEWAY
    if kind == GATEWAY:
        return NO_FRAGMENT
    if kind != INTERFACE:
        what = f"what {block.address} passes packets on to is not understood"
        vpcs = names.one(block, "vpc_id", VPC)
        about = (block.address, *vpcs.every) if vpcs.certainty is not Certainty.OPEN else ()
        return Fragment(gaps=(gap(block, what, *about),))
    placed = [
        names.link(each, "subnet_id", SUBNET) for each in added.subnets.get(block.address, ())
    ]
    subnets = together([*_subnets(names, block), *placed])
    own = names.link(block, "security_group_ids", GROUP)
    members = added.groups.get(block.address, ())
    if any(each.flag("replace_default_association", default=False) for each in members):
        own = together([own, *(names.one(each, "security_group_id", GROUP) for each in members)])
    joining = tuple(
        Membership(one, sure=one in link.certain)
        for each in members
        for link in (names.one(each, "security_group_id", GROUP),)
        for one in link.every
    )
    return joined(
        (
            present(names, block, subnets, own, public=False, added=joining, opens=False),
            _leading(block, accepted=block.address in added.accepted),
        )
    )


def _subnets(names: Names, block: Block) -> Iterator[Link]:
    """Yield the subnets that it is made in; the addresses chosen in them say them again."""
    name = "subnet_configuration"
    if not unset(block, "subnet_ids"):
        yield names.link(block, "subnet_ids", SUBNET)
    elif not block.known(name) and block.written(name):
        yield Link(certainty=Certainty.OPEN)
    else:
        yield from (names.link(each, "subnet_id", SUBNET) for each in block.blocks(name))


def _leading(block: Block, *, accepted: bool) -> Fragment:
    """Return what lies behind an interface endpoint: nothing of ours when the service is AWS's."""
    name = block.text("service_name")
    if isinstance(name, str) and not name.startswith(OF_OTHERS):
        return NO_FRAGMENT
    link = block.link("service_name", SERVICE)
    parts = [_behind(block, each, accepted=accepted and link.sure) for each in link.to]
    if isinstance(name, str) and link.outside:
        away = Forward(block.address, ALL_PORTS, name, ALL_PORTS, block.source)
        parts.append(Fragment(network=Network(forwards=(away,))))
    if link.certainty is Certainty.OPEN:
        what = f"the service behind {block.address} is known only after apply"
        parts.append(Fragment(gaps=(gap(block, what, block.address),)))
    return joined(parts)


def _behind(block: Block, service: str, *, accepted: bool) -> Fragment:
    found = block.reading.at(service)
    if found.instance.mode is Mode.DATA:
        return _found(block, found)
    balancers = found.link("network_load_balancer_arns", *BALANCERS)
    open_to_all = found.flag("acceptance_required", default=None) is False
    forwards = tuple(
        Forward(
            block.address,
            ALL_PORTS,
            each,
            ALL_PORTS,
            block.source,
            sure=each in balancers.certain and (accepted or open_to_all),
        )
        for each in balancers.every
    )
    return Fragment(network=Network(forwards=forwards))


def _found(block: Block, service: Block) -> Fragment:
    """Return what a service leads to that a data source finds, by its name or AWS's short one."""
    name = service.text("service_name")
    if service.written("service") or (isinstance(name, str) and not name.startswith(OF_OTHERS)):
        return NO_FRAGMENT
    target = name if isinstance(name, str) else service.address
    away = Forward(block.address, ALL_PORTS, target, ALL_PORTS, block.source)
    return Fragment(network=Network(forwards=(away,)))


def _service(block: Block, allowing: set[str]) -> Fragment:
    """Return that others can come to the load balancers of a service that lets them."""
    if not block.written("allowed_principals") and block.address not in allowing:
        return NO_FRAGMENT
    balancers = block.link("network_load_balancer_arns", *BALANCERS)
    about = (block.address, *balancers.every) if balancers.certainty is not Certainty.OPEN else ()
    what = f"who comes to {block.address} from other accounts was not read"
    return Fragment(gaps=(gap(block, what, *about),))


def _policies(names: Names) -> Iterator[Policy]:
    for each in names.reading.of(*ENDPOINT.types):
        if each.written("policy"):
            yield policy(each, "policy", each.address, "resource")
    for each in names.reading.of(POLICY):
        for one in names.one(each, "vpc_endpoint_id", ENDPOINT).every:
            yield policy(each, "policy", one, "resource")
