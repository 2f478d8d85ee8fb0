"""The engine agrees with real packets, in networks that Linux builds and nftables filters."""

import json
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice, permutations
from pathlib import Path
from typing import Any

import pytest
from packet_networks import SureMaker
from packet_setup import INTERNET, Setup

from caisson.prove.network.reach import Reach
from caisson.targets.local.binaries import find
from caisson.topology.network import Network, Protocol, Rule, Target
from packet_walker import Question, Walker

SEEDS = range(16)
QUESTIONS = (
    *(Question(Protocol.TCP, each) for each in (22, 80, 443, 6000)),
    *(Question(Protocol.UDP, each) for each in (22, 443, 9000)),
)
# One address for each part of the internet that some rule tells apart from the others.
OUTSIDE = ("8.8.8.8", "203.0.113.9", "150.0.0.1", "1.1.1.1")
# One source port for each part of the ephemeral ones that some ACL tells apart.
SOURCE_PORTS = (40000, 20000, 7000, 1024, 5432, 8080)
NAMESPACES = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--net")
AGENTS = Path(__file__).with_name("packet_agents.py")
LONGEST_S = 60.0
# What the literal walker calls the checks of a packet.
CHECKS = (
    "egress",
    "route",
    "acl out",
    "acl in",
    "ingress",
    "listens",
    "route back",
    "acl answer",
)


def without_references(network: Network) -> Network:
    def bare(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        return tuple(replace(each, groups=()) for each in rules)

    groups = (
        replace(each, ingress=bare(each.ingress), egress=bare(each.egress))
        for each in network.groups
    )
    return replace(network, groups=tuple(groups))


def without_gateways(kind: Target) -> Callable[[Network], Network]:
    return lambda network: replace(
        network, gateways=tuple(each for each in network.gateways if each.kind is not kind)
    )


WITHOUT: dict[str, Callable[[Network], Network]] = {
    "references between groups": without_references,
    "peerings": lambda network: replace(network, peerings=()),
    "transit gateways": lambda network: replace(network, transit_attachments=()),
    "internet gateways": without_gateways(Target.INTERNET),
    "NAT gateways": without_gateways(Target.NAT),
}


@dataclass(frozen=True)
class Decision:
    seed: int
    source: str
    target: str
    question: Question
    may: bool
    must: bool
    kernel: bool


def programs() -> dict[str, Any]:
    found = {name: find(name) for name in ("ip", "nft")}
    return {
        name: {"path": str(each.path), "environment": dict(each.environment)}
        for name, each in found.items()
    }


def run(document: dict[str, Any], *, marker: str = "", seconds: float = LONGEST_S) -> list[bool]:
    """Build it, try it, and take it down: all of it ends with the process that is started."""
    done = subprocess.run(
        [*NAMESPACES, sys.executable, str(AGENTS), marker],
        input=json.dumps(document),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"the namespaces could not be made: {done.stderr[-2000:]}")
    answers: list[bool] = json.loads(done.stdout)
    return answers


class Trial:
    """One network, what the engine says of it, and what the kernel does."""

    def __init__(self, seed: int) -> None:
        self.seed, self.network = seed, SureMaker(seed).network()
        self.cards = [each.owner for each in self.network.interfaces]
        self.pairs = [
            *permutations(self.cards, 2),
            *((INTERNET, each) for each in self.cards),
            *((each, INTERNET) for each in self.cards),
        ]

    def document(self) -> dict[str, Any]:
        ports = [(each.protocol.value, each.port) for each in QUESTIONS]
        tries = [
            [source, here, there, *port, SOURCE_PORTS]
            for source, target in self.pairs
            for port in ports
            for here in self.addresses(source)
            for there in self.addresses(target)
        ]
        setup = Setup(self.network, OUTSIDE, ports).document()
        return {**setup, "programs": programs(), "questions": tries}

    def addresses(self, name: str) -> tuple[str, ...]:
        if name == INTERNET:
            return OUTSIDE
        return next(each.addresses for each in self.network.interfaces if each.owner == name)

    def decisions(self, answers: list[bool]) -> Iterator[Decision]:
        reach, answered = Reach.of(self.network), iter(answers)
        for source, target in self.pairs:
            if source == INTERNET:
                said = reach.from_internet(target)
            elif target == INTERNET:
                said = reach.to_internet(source)
            else:
                said = reach.between(source, target)
            count = len(self.addresses(source)) * len(self.addresses(target))
            for each in QUESTIONS:
                may, must = (ports.has(each.protocol, each.port) for ports in (said.may, said.must))
                kernel = any(list(islice(answered, count)))
                yield Decision(self.seed, source, target, each, may, must, kernel)

    def open_pairs(self, network: Network) -> list[tuple[str, str]]:
        """Return the pairs of which the engine is sure that something is open."""
        reach = Reach.of(network)
        said = {
            **{pair: reach.between(*pair) for pair in permutations(self.cards, 2)},
            **{(each, INTERNET): reach.to_internet(each) for each in self.cards},
            **{(INTERNET, each): reach.from_internet(each) for each in self.cards},
        }
        return [pair for pair, connections in said.items() if connections.must]

    def refusals(self) -> Iterator[str]:
        """Yield what a literal walker says refuses, for every pair of cards."""
        walker = Walker(self.network, sure=True)
        for source, target in permutations(self.cards, 2):
            for one, other in zip(walker.presences(source), walker.presences(target), strict=True):
                for each in QUESTIONS:
                    yield walker.refusal(one[0], other[0], each) or "passes"


@pytest.fixture(scope="module")
def trials() -> list[Trial]:
    return [Trial(seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def decisions(trials: list[Trial]) -> list[Decision]:
    with ThreadPoolExecutor(2) as at_once:
        answered = at_once.map(lambda each: run(each.document()), trials)
    return [
        each
        for trial, answers in zip(trials, answered, strict=True)
        for each in trial.decisions(answers)
    ]


def test_prover_and_kernel_agree_on_every_decision(decisions: list[Decision]) -> None:
    differing = [each for each in decisions if not each.may == each.must == each.kernel]
    assert len(decisions) >= 5000
    assert not differing, (len(differing), differing[:5])


def test_every_check_refuses_and_much_passes(
    trials: list[Trial], decisions: list[Decision]
) -> None:
    opened = [each for each in decisions if each.kernel]
    refused = Counter(refusal for trial in trials for refusal in trial.refusals())
    assert len(opened) >= 1000
    assert sum(INTERNET in (each.source, each.target) for each in opened) >= 100
    assert min(refused[kind] for kind in CHECKS) >= 50, refused


@pytest.mark.parametrize("kind", WITHOUT)
def test_every_kind_of_thing_opens_connections(trials: list[Trial], kind: str) -> None:
    whole = sum(len(trial.open_pairs(trial.network)) for trial in trials)
    without = sum(len(trial.open_pairs(WITHOUT[kind](trial.network))) for trial in trials)
    assert without <= whole - 10


def test_nothing_stays_behind_when_it_is_stopped_in_the_middle() -> None:
    marker = uuid.uuid4().hex
    with pytest.raises(subprocess.TimeoutExpired):
        run(Trial(0).document(), marker=marker, seconds=1.0)
    assert not left_behind(marker)


def test_a_network_that_cannot_be_built_is_a_failure_with_its_reason() -> None:
    document = Trial(0).document()
    document["namespaces"]["v0"]["nft"] = "table ip broken {"
    marker = uuid.uuid4().hex
    with pytest.raises(AssertionError, match=r"in the namespace v0: .*nft[^!]*syntax error"):
        run(document, marker=marker)
    assert not left_behind(marker)


def left_behind(marker: str) -> list[str]:
    """Name the processes that stay; to be killed takes them a moment."""
    end = time.monotonic() + 10.0
    while (left := processes(marker)) and time.monotonic() < end:
        time.sleep(0.05)
    return left


def processes(marker: str) -> list[str]:
    """Name the processes that have a word in their command."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if marker in each.read_text():
                found.append(each.parent.name)
    return found
