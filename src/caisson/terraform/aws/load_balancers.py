"""Load balancers: where they stand, whom they answer, and whom they send to."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from caisson.terraform.aws.kinds import GROUP, SUBNET
from caisson.terraform.aws.moving import moving
from caisson.terraform.aws.naming import Names, together
from caisson.terraform.aws.needs import need
from caisson.terraform.aws.presence import PATHS, chosen, gap, given, present, unset
from caisson.terraform.aws.registered import (
    BALANCERS,
    CLASSIC,
    FUNCTIONS,
    TARGET_GROUPS,
    Registered,
    Registry,
    port_of,
    registry,
)
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import Certainty, Link, Unknown
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import Forward, Listener, Network, Ports
from caisson.topology.resources import Gap, Question, Way
from caisson.topology.truth import any_of

LISTENERS = ("aws_lb_listener", "aws_alb_listener")
RULES = ("aws_lb_listener_rule", "aws_alb_listener_rule")
CERTIFICATES = ("aws_lb_listener_certificate", "aws_alb_listener_certificate")
TYPES = frozenset(
    {
        *BALANCERS,
        *CLASSIC,
        *LISTENERS,
        *RULES,
        *CERTIFICATES,
        *TARGET_GROUPS,
        "aws_lb_target_group_attachment",
        "aws_alb_target_group_attachment",
        "aws_elb_attachment",
    }
)
SECRET = frozenset({"HTTPS", "TLS", "SSL"})
CLEAR = frozenset({"HTTP"})  # TCP and UDP pass whatever the ends speak
WITHOUT_GROUPS = frozenset({"network", "gateway"})
BUCKET = "aws_s3_bucket"


@dataclass(frozen=True, slots=True)
class Balancers:
    """What all load balancers of one reading are told from."""

    names: Names
    registry: Registry
    listeners: dict[str, tuple[Block, ...]]
    rules: dict[str, tuple[Block, ...]]
    told: bool  # whether every listener says whose it is


def balancers(reading: Reading) -> Balancers:
    return Balancers(
        Names.of(reading),
        registry(reading),
        _by_link(reading.of(*LISTENERS), "load_balancer_arn", *BALANCERS),
        _by_link(reading.of(*RULES), "listener_arn", *LISTENERS),
        told=not any(_loose(reading)),
    )


def read(reading: Reading) -> Fragment:
    known = balancers(reading)
    return joined(
        (
            *(_balancer(known, each) for each in reading.of(*BALANCERS)),
            *(_classic(known, each) for each in reading.of(*CLASSIC)),
            *(_certificate(each) for each in reading.of(*CERTIFICATES)),
            Fragment(gaps=(*known.registry.gaps, *_loose(reading))),
        )
    )


def _by_link(blocks: Iterable[Block], name: str, *types: str) -> dict[str, tuple[Block, ...]]:
    found: dict[str, tuple[Block, ...]] = {}
    for block in blocks:
        for each in block.link(name, *types).to:
            found[each] = (*found.get(each, ()), block)
    return found


def _loose(reading: Reading) -> Iterator[Gap]:
    """Say which listeners and rules may be anybody's."""
    for blocks, name, types in (
        (reading.of(*LISTENERS), "load_balancer_arn", BALANCERS),
        (reading.of(*RULES), "listener_arn", LISTENERS),
    ):
        for block in blocks:
            if block.link(name, *types).certainty is Certainty.OPEN:
                what = f"whose {block.address} is is known only after apply"
                yield gap(block, what, PATHS | {Question.ENCRYPTION, Question.CONSISTENCY})


def _balancer(known: Balancers, block: Block) -> Fragment:
    listeners = known.listeners.get(block.address, ())
    public = _public(block)
    kind = block.text("load_balancer_type")
    filtered = kind not in WITHOUT_GROUPS or not unset(block, "security_groups")
    mapped = [names_subnet(known.names, each) for each in block.blocks("subnet_mapping")]
    subnets = together([known.names.link(block, "subnets", SUBNET), *mapped])
    ports = tuple(port_of(each, "port") for each in listeners)
    return joined(
        (
            present(
                known.names,
                block,
                subnets,
                known.names.link(block, "security_groups", GROUP),
                public=public,
                filtered=filtered,
                listens=ports if known.told and ports else None,
                opens=False,
            ),
            *(listener(known, block, each, public) for each in listeners),
            _access_logs(block),
        )
    )


def names_subnet(names: Names, mapping: Block) -> Link:
    return names.link(mapping, "subnet_id", SUBNET)


def _public(block: Block) -> bool | None:
    internal = chosen(block, "internal", default=False)
    return None if internal is None else not internal


def listener(known: Balancers, owner: Block, block: Block, public: bool | None) -> Fragment:
    """Return how the load balancer `owner` answers by a listener, and whom it sends to."""
    ports = port_of(block, "port")
    rules = known.rules.get(block.address, ())
    actions = [
        *block.blocks("default_action"),
        *(one for each in rules for one in each.blocks("action")),
    ]
    told = block.known("default_action") and all(each.known("action") for each in rules)
    passes, secret = set(map(_passes, actions)), _listener_secret(owner, block)
    ours = block.link("load_balancer_arn", *BALANCERS).sure
    sure = ours and block.known("port")
    answers = Listener(
        owner=owner.address,
        ports=ports,
        encrypted=secret if told and (secret or any_of(passes) is not None) else None,
        redirects=told and passes == {False},
        public=public if ours else None,
        source=block.source,
        sure=sure and told and None not in passes,
    )
    sent = [one for each in actions for one in forwards(known, owner, ports, each, sure=sure)]
    return Fragment(
        network=Network(listeners=(answers,), forwards=tuple(dict.fromkeys(sent))),
        gaps=tuple(_unread(known, block, owner, actions, told=told)),
        uses=need(owner, given(block, "certificate_arn", *CERTIFICATE_TYPES), "certificate").uses,
    )


CERTIFICATE_TYPES = (
    "aws_acm_certificate",
    "aws_acm_certificate_validation",
    "aws_iam_server_certificate",
)


def _certificate(block: Block) -> Fragment:
    uses = [
        one
        for listener in block.link("listener_arn", *LISTENERS).to
        for owner in block.reading.at(listener).link("load_balancer_arn", *BALANCERS).to
        for one in need(
            block, given(block, "certificate_arn", *CERTIFICATE_TYPES), "certificate", owner
        ).uses
    ]
    return Fragment(uses=tuple(uses))


def _listener_secret(owner: Block, block: Block) -> bool | None:
    """Return whether clients talk in secret; application load balancers speak HTTP by default."""
    if unset(block, "protocol") and owner.text("load_balancer_type") in ("application", None):
        return False
    return _secret(block, "protocol")


def _secret(block: Block, name: str) -> bool | None:
    protocol = str(block.text(name)).upper()
    return True if protocol in SECRET else False if protocol in CLEAR else None


def _passes(action: Block) -> bool | None:
    """Return whether the action lets a request in the clear through to something."""
    match action.text("type"):
        case "fixed-response":
            return False
        case "redirect":
            redirect = action.block("redirect")
            protocol = redirect.text("protocol") if redirect else None
            return None if isinstance(protocol, Unknown) else protocol != "HTTPS"
        case Unknown():
            return None
        case _:
            return True


def _target_groups(action: Block) -> Iterator[Link]:
    yield given(action, "target_group_arn", *TARGET_GROUPS)
    for forward in action.blocks("forward"):
        for each in forward.blocks("target_group"):
            yield each.link("arn", *TARGET_GROUPS)


def forwards(
    known: Balancers, owner: Block, ports: Ports, action: Block, *, sure: bool
) -> Iterator[Forward]:
    """Yield to whom an action sends what arrives at `owner` on `ports`."""
    for link in _target_groups(action):
        for each in link.to:
            group = owner.reading.at(each)
            for who in known.registry.of.get(each, ()):
                if _fits(owner, group, who.target):
                    told = sure and each in link.certain
                    yield _forward(owner, ports, group, who, sure=told)


def _fits(owner: Block, group: Block, target: str) -> bool:
    """Return whether a target group of this kind can have the target."""
    instance = owner.reading.instances.get(target)
    kind = group.text("target_type")
    if target == owner.address:
        return False
    if instance is None or not isinstance(kind, str):
        return True
    return {
        "lambda": instance.type in FUNCTIONS,
        "alb": instance.type in BALANCERS,
    }.get(kind, instance.type not in (*FUNCTIONS, *BALANCERS))


def _forward(owner: Block, ports: Ports, group: Block, who: Registered, *, sure: bool) -> Forward:
    own = who.ports or port_of(group, "port")
    return Forward(
        owner=owner.address,
        ports=ports,
        target=who.target,
        to_ports=own,
        source=who.source,
        sure=sure and who.sure and (who.ports is not None or group.known("port")),
        keeps_client=_keeps_client(owner, group),
    )


def _keeps_client(owner: Block, group: Block) -> bool | None:
    """Return whether targets see the client's address, as the documentation's defaults have it."""
    kind = owner.text("load_balancer_type")
    if kind == "gateway":
        return True
    if kind != "network":
        return False if kind in ("application", None) else None
    if not unset(group, "preserve_client_ip"):
        return group.flag("preserve_client_ip", default=None)
    by_address = group.text("target_type") in ("ip", "alb")
    return not by_address or group.text("protocol") in ("UDP", "TCP_UDP")


def _unread(
    known: Balancers, block: Block, owner: Block, actions: list[Block], *, told: bool
) -> Iterator[Gap]:
    """Say when it may be that requests go to anything that some load balancer sends to."""
    links = [link for each in actions for link in _target_groups(each)]
    if not told or any(each.certainty is Certainty.OPEN or each.outside for each in links):
        what = f"whom {block.address} sends requests to cannot be told"
        targets = (one.target for each in known.registry.of.values() for one in each)
        yield gap(block, what, PATHS, *dict.fromkeys((owner.address, *targets)))


def _access_logs(block: Block) -> Fragment:
    by_default = block.instance.type in CLASSIC
    return joined(
        moving(
            block,
            Link((block.address,)),
            given(each, "bucket", BUCKET),
            Way.LOG,
            via=f"{name.replace('_', ' ')} of {block.address}",
            on=each.flag("enabled", default=by_default),
        )
        for name in ("access_logs", "connection_logs")
        for each in block.blocks(name)
    )


def _classic(known: Balancers, block: Block) -> Fragment:
    public = _public(block)
    subnets = known.names.link(block, "subnets", SUBNET)
    if unset(block, "subnets"):
        subnets = Link((known.names.default_subnets(block),))
    listeners = block.blocks("listener")
    return joined(
        (
            present(
                known.names,
                block,
                subnets,
                known.names.link(block, "security_groups", GROUP),
                public=public,
                listens=tuple(port_of(each, "lb_port") for each in listeners) or None,
                opens=False,
            ),
            *(_classic_listener(known, block, each, public) for each in listeners),
            _access_logs(block),
        )
    )


def _classic_listener(
    known: Balancers, owner: Block, block: Block, public: bool | None
) -> Fragment:
    ports = port_of(block, "lb_port")
    answers = Listener(
        owner.address,
        ports,
        _secret(block, "lb_protocol"),
        redirects=False,
        public=public,
        source=owner.source,
        sure=block.known("lb_port"),
    )
    forwards = tuple(
        Forward(
            owner.address,
            ports,
            who.target,
            port_of(block, "instance_port"),
            who.source,
            sure=who.sure,
        )
        for who in known.registry.of.get(owner.address, ())
    )
    certificate = given(block, "ssl_certificate_id", *CERTIFICATE_TYPES)
    return Fragment(
        network=Network(listeners=(answers,), forwards=tuple(dict.fromkeys(forwards))),
        uses=need(owner, certificate, "certificate").uses,
    )
