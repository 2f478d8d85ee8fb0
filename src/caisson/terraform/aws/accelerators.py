"""Global Accelerator: addresses on the internet that lead into regions."""

from collections.abc import Iterator

from caisson.terraform.aws.presence import PATHS, chosen, gap, given, unset
from caisson.terraform.aws.registered import BALANCERS
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import Certainty
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import ALL_PORTS, Forward, Network, Ports

ACCELERATOR = "aws_globalaccelerator_accelerator"
LISTENER = "aws_globalaccelerator_listener"
ENDPOINTS = "aws_globalaccelerator_endpoint_group"
TYPES = frozenset({ACCELERATOR, LISTENER, ENDPOINTS})
# With these the client's address is kept when nobody says otherwise.
TARGETS = (*BALANCERS, "aws_instance", "aws_eip")
KEEPING = ("aws_lb", "aws_alb", "aws_instance")


def read(reading: Reading) -> Fragment:
    return joined(_endpoints(each) for each in reading.of(ENDPOINTS))


def _ports(listener: Block) -> tuple[Ports, ...]:
    if not listener.known("port_range"):
        return (ALL_PORTS,)
    found = []
    for each in listener.blocks("port_range"):
        low, high = each.number("from_port"), each.number("to_port")
        if isinstance(low, float) and isinstance(high, float):
            found.append(Ports(int(low), int(high)))
        else:
            found.append(ALL_PORTS)
    return tuple(found)


def _owners(listener: Block) -> tuple[str, ...]:
    return listener.link("accelerator_arn", ACCELERATOR).every or (listener.address,)


def _endpoints(block: Block) -> Fragment:
    links = block.link("listener_arn", LISTENER)
    endpoints = block.blocks("endpoint_configuration")
    targets = [each.link("endpoint_id", *TARGETS) for each in endpoints]
    forwards = [
        one
        for each in endpoints
        for listener in links.to
        for one in _forwards(block, block.reading.at(listener), each)
    ]
    opened = any(each.certainty is Certainty.OPEN for each in (links, *targets))
    what = f"where {block.address} leads cannot be told"
    untold = opened or not block.known("endpoint_configuration")
    return Fragment(
        network=Network(forwards=tuple(forwards)),
        gaps=(gap(block, what, PATHS),) if untold else (),
    )


def _forwards(block: Block, listener: Block, endpoint: Block) -> Iterator[Forward]:
    link = endpoint.link("endpoint_id", *TARGETS)
    sure = listener.address in block.link("listener_arn", LISTENER).certain
    for owner in _owners(listener):
        for ports in _ports(listener):
            for target in link.every:
                to_ports = _to_ports(block, ports)
                yield Forward(
                    owner,
                    ports,
                    _behind(block, target),
                    to_ports,
                    block.source,
                    from_internet=True,
                    sure=sure and target in link.certain and to_ports != ALL_PORTS,
                    keeps_client=_keeps_client(endpoint, target),
                )


def _to_ports(block: Block, ports: Ports) -> Ports:
    """Return the ports that what arrives on `ports` goes on to; all when only some are others."""
    if not block.known("port_override"):
        return ALL_PORTS
    for each in block.blocks("port_override"):
        low, to = each.number("listener_port"), each.number("endpoint_port")
        if not isinstance(low, float) or not isinstance(to, float):
            return ALL_PORTS
        if ports.low == ports.high == int(low):
            return Ports(int(to), int(to))
        if ports.low <= int(low) <= ports.high:
            return ALL_PORTS
    return ports


def _keeps_client(endpoint: Block, target: str) -> bool | None:
    if not unset(endpoint, "client_ip_preservation_enabled"):
        return chosen(endpoint, "client_ip_preservation_enabled", default=None)
    instance = endpoint.reading.instances.get(target)
    if instance is None:
        return None
    network = instance.values.get("load_balancer_type") in ("network", "gateway")
    return instance.type in KEEPING and not network


def _behind(block: Block, target: str) -> str:
    """Return the machine that an elastic address is tied to, else the address itself."""
    instance = block.reading.instances.get(target)
    if instance is None or instance.type != "aws_eip":
        return target
    own = given(block.reading.at(target), "instance", "aws_instance").only
    tied = [
        each.link("instance_id", "aws_instance").only
        for each in block.reading.of("aws_eip_association")
        if each.link("allocation_id", "aws_eip").only == target
    ]
    return own or next((each for each in tied if each), target)
