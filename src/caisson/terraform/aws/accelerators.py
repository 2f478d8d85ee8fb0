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
    forwards: list[Forward] = []
    told = links.certainty is not Certainty.OPEN and block.known("endpoint_configuration")
    for each in block.blocks("endpoint_configuration"):
        target = each.link("endpoint_id", *BALANCERS, "aws_instance", "aws_eip")
        told = told and target.certainty is not Certainty.OPEN
        for listener in links.to:
            forwards += _forwards(block, block.reading.at(listener), each)
    what = f"where {block.address} leads cannot be told"
    gaps = () if told else (gap(block, what, PATHS, *links.to),)
    return Fragment(network=Network(forwards=tuple(forwards)), gaps=gaps)


def _forwards(block: Block, listener: Block, endpoint: Block) -> Iterator[Forward]:
    link = endpoint.link("endpoint_id", *BALANCERS, "aws_instance", "aws_eip")
    sure = link.sure and block.link("listener_arn", LISTENER).sure
    for owner in _owners(listener):
        for ports in _ports(listener):
            for target in link.every:
                yield Forward(
                    owner,
                    ports,
                    _behind(block, target),
                    ALL_PORTS if block.blocks("port_override") else ports,
                    block.source,
                    from_internet=True,
                    sure=sure and not block.blocks("port_override"),
                    keeps_client=_keeps_client(endpoint, target),
                )


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
