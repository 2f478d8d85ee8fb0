"""Listeners and rules of load balancers that were not read: another team's, or made long ago.

Who gets into such a load balancer is not told, so that the internet may, on the ports of the
listener; and what these listeners and rules send on is told as for any other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from caisson.terraform.aws.load_balancers import (
    LISTENERS,
    RULES,
    Balancers,
    balancers,
    forwards,
    listener,
)
from caisson.terraform.aws.registered import BALANCERS, port_of
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import Mode
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import ALL_PORTS, Forward, Network, Ports

# Those of `load_balancers`, which tells of the same types.
TYPES: frozenset[str] = frozenset()


def read(reading: Reading) -> Fragment:
    known = balancers(reading)
    return joined((*_listeners(known, reading), *_rules(known, reading)))


def _listeners(known: Balancers, reading: Reading) -> Iterator[Fragment]:
    for block in reading.of(*LISTENERS):
        for owner in _elsewhere(block, "load_balancer_arn", BALANCERS):
            told = listener(known, block, block, None)
            answers = tuple(replace(each, owner=owner) for each in told.network.listeners)
            yield Fragment(
                network=Network(listeners=answers, forwards=_sent(owner, told.network.forwards)),
                gaps=told.gaps,
                uses=told.uses,
            )


def _rules(known: Balancers, reading: Reading) -> Iterator[Fragment]:
    for block in reading.of(*RULES):
        for owner in _elsewhere(block, "listener_arn", LISTENERS):
            ports = _ports(reading, owner)
            actions = block.blocks("action")
            found = [one for a in actions for one in forwards(known, block, ports, a, sure=False)]
            yield Fragment(network=Network(forwards=_sent(owner, found)))


def _elsewhere(block: Block, name: str, types: Sequence[str]) -> Iterator[str]:
    for each in block.link(name, *types).every:
        instance = block.reading.instances.get(each)
        if instance is None or instance.mode is Mode.DATA:
            yield each


def _sent(owner: str, found: Sequence[Forward]) -> tuple[Forward, ...]:
    return tuple(
        replace(each, owner=owner, from_internet=True, sure=False, keeps_client=None)
        for each in dict.fromkeys(found)
    )


def _ports(reading: Reading, owner: str) -> Ports:
    return port_of(reading.at(owner), "port") if owner in reading.instances else ALL_PORTS
