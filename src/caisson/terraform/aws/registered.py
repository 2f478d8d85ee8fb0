"""Who stands behind a load balancer: the machines, services and functions registered with it."""

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from caisson.terraform.aws.machines import MACHINES
from caisson.terraform.aws.presence import PATHS, gap, given, unset
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.model import Source
from caisson.topology.network import ALL_PORTS, Ports
from caisson.topology.resources import Gap

TARGET_GROUPS = ("aws_lb_target_group", "aws_alb_target_group")
BALANCERS = ("aws_lb", "aws_alb")
CLASSIC = ("aws_elb",)
ATTACHMENTS = ("aws_lb_target_group_attachment", "aws_alb_target_group_attachment")
FUNCTIONS = ("aws_lambda_function", "aws_lambda_alias")
SCALED = "aws_autoscaling_group"
TARGETS = (
    *MACHINES,
    *FUNCTIONS,
    *BALANCERS,
    "aws_network_interface",
    "aws_vpc_endpoint",
    "aws_db_instance",
)
# The ports from which Docker takes one when a container asks for none: Linux's ephemeral ports,
# and those that the ECS agent falls back to.
DYNAMIC = Ports(32768, 65535)


@dataclass(frozen=True, slots=True)
class Registered:
    """`ports` is None when they are those of the target group."""

    target: str
    ports: Ports | None
    source: Source
    sure: bool


@dataclass(frozen=True, slots=True)
class Registry:
    """Who is registered, by the address of the target group or classic load balancer."""

    of: Mapping[str, tuple[Registered, ...]]
    gaps: tuple[Gap, ...]


def registry(reading: Reading) -> Registry:
    found: defaultdict[str, list[Registered]] = defaultdict(list)
    gaps: list[Gap] = []
    for block, groups, who in _registrations(reading):
        listed = tuple(who)
        for group in groups.to:
            sure = group in groups.certain
            found[group] += (
                Registered(each.target, each.ports, each.source, each.sure and sure)
                for each in listed
            )
        gaps += _untold(block, groups, listed)
    return Registry({group: tuple(who) for group, who in found.items()}, tuple(gaps))


def _untold(block: Block, groups: Link, who: tuple[Registered, ...]) -> Iterator[Gap]:
    """Say when it is not known with whom something registers, or what."""
    if groups.certainty is Certainty.OPEN:
        what = f"which load balancer {block.address} adds targets to is known only after apply"
        # Where it leads matters to nothing but what it leads to.
        yield gap(block, what, PATHS, *dict.fromkeys(each.target for each in who))
    elif groups.every and (not who or any(map(_is_address, who))):
        # What has this address may be anything.
        what = f"what {block.address} adds to its load balancer cannot be told"
        yield gap(block, what, PATHS)


def _is_address(who: Registered) -> bool:
    try:
        ipaddress.ip_address(who.target)
    except ValueError:
        return False
    return True


def _registrations(reading: Reading) -> Iterator[tuple[Block, Link, Iterable[Registered]]]:
    for block in reading.of(*ATTACHMENTS):
        yield block, block.link("target_group_arn", *TARGET_GROUPS), _attached(block)
    for block in reading.of("aws_elb_attachment"):
        yield block, block.link("elb", *CLASSIC), _linked(block, "instance", *MACHINES)
    for block in reading.of("aws_elb"):
        if not unset(block, "instances"):
            own = Link((block.address,))
            yield block, own, _linked(block, "instances", *MACHINES)
    for block in reading.of(SCALED):
        own_group = (Registered(block.address, None, block.source, sure=True),)
        for link in _of_scaled(block):
            yield block, link, own_group
    yield from _scaled_attachments(reading)
    for block in reading.of("aws_ecs_service", "aws_ecs_task_set"):
        yield from _of_service(block)


def _attached(block: Block) -> tuple[Registered, ...]:
    port = block.number("port")
    ports = None if port is None else _port(port)
    return tuple(
        Registered(each.target, ports, each.source, each.sure and block.known("port"))
        for each in _linked(block, "target_id", *TARGETS)
    )


def _linked(block: Block, name: str, *types: str) -> tuple[Registered, ...]:
    link = given(block, name, *types)
    return tuple(
        Registered(_behind_alias(block, each), None, block.source, each in link.certain)
        for each in link.every
    )


def _behind_alias(block: Block, address: str) -> str:
    instance = block.reading.instances.get(address)
    if instance is None or instance.type != "aws_lambda_alias":
        return address
    return block.reading.at(address).link("function_name", "aws_lambda_function").only or address


def _of_scaled(block: Block) -> Iterator[Link]:
    links = [given(block, "target_group_arns", *TARGET_GROUPS)]
    links.append(given(block, "load_balancers", *CLASSIC))
    links += [
        given(each, "identifier", *TARGET_GROUPS, *CLASSIC)
        for each in block.blocks("traffic_source")
    ]
    yield from (each for each in links if each != Link())


def _scaled_attachments(
    reading: Reading,
) -> Iterator[tuple[Block, Link, Iterable[Registered]]]:
    for block in reading.of("aws_autoscaling_attachment"):
        who = _linked(block, "autoscaling_group_name", SCALED)
        for name in ("lb_target_group_arn", "elb"):
            link = given(block, name, *TARGET_GROUPS, *CLASSIC)
            if link != Link():
                yield block, link, who
    for block in reading.of("aws_autoscaling_traffic_source_attachment"):
        who = _linked(block, "autoscaling_group_name", SCALED)
        for each in block.blocks("traffic_source"):
            yield block, each.link("identifier", *TARGET_GROUPS, *CLASSIC), who


def _of_service(block: Block) -> Iterator[tuple[Block, Link, Iterable[Registered]]]:
    for each in block.blocks("load_balancer"):
        ports: tuple[Ports, ...] = (_port(each.number("container_port")),)
        if not block.blocks("network_configuration"):
            # On the container instance's own address the port may be another one.
            ports = (*ports, DYNAMIC)
        who = [Registered(block.address, one, block.source, sure=len(ports) == 1) for one in ports]
        for name in ("target_group_arn", "elb_name", "load_balancer_name"):
            link = given(each, name, *TARGET_GROUPS, *CLASSIC)
            if link != Link():
                yield block, link, who


def _port(number: object) -> Ports:
    return Ports(int(number), int(number)) if isinstance(number, float) else ALL_PORTS


def port_of(block: Block | None, name: str) -> Ports:
    """Return the one port, all of them when there is none or it cannot be told."""
    return ALL_PORTS if block is None else _port(block.number(name))
