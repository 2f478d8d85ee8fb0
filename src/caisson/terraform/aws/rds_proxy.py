"""RDS Proxy: connections enter at the proxy's interfaces and go on to a database."""

from collections.abc import Iterable

from caisson.terraform.aws import aurora, engines, rds
from caisson.terraform.aws.carried import instances_of
from caisson.terraform.aws.clusters import listens
from caisson.terraform.aws.kinds import SUBNET
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.needs import need
from caisson.terraform.aws.seats import ports, seated
from caisson.terraform.aws.stores import NETWORK_QUESTIONS, unread
from caisson.terraform.aws.typed import given
from caisson.terraform.aws.written import flag, text
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import NOTHING, Certainty, Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import ALL_PORTS, Forward, Listener, Network, Ports

PROXY = "aws_db_proxy"
ENDPOINT = "aws_db_proxy_endpoint"
TARGET = "aws_db_proxy_target"
TYPES = frozenset({PROXY, ENDPOINT, TARGET, "aws_db_proxy_default_target_group"})
ENGINES = {"MYSQL": "mysql", "POSTGRESQL": "postgres", "SQLSERVER": "sqlserver"}
SECRETS = ("aws_secretsmanager_secret", "aws_secretsmanager_secret_version")


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    return joined(
        [
            *(_proxy(names, each) for each in reading.of(PROXY)),
            *(_endpoint(names, each) for each in reading.of(ENDPOINT)),
            *(_target(each) for each in reading.of(TARGET)),
        ]
    )


def _ports(proxy: Block) -> tuple[Ports, ...] | None:
    """Return the port of the family: a proxy has no other."""
    system = ENGINES.get(text(proxy, "engine_family") or "")
    return ports(engines.PORTS[system]) if system else None


def _proxy(names: Names, block: Block) -> Fragment:
    secrets = [
        need(block, given(each, "secret_arn", *SECRETS), "credentials of the database")
        for each in block.blocks("auth")
    ]
    role = need(block, given(block, "role_arn", "aws_iam_role"), "role to read credentials")
    return joined([_seat(names, block, block), *secrets, role, _listener(block)])


def _seat(names: Names, block: Block, proxy: Block) -> Fragment:
    """Return the interfaces; a proxy can never be reached from outside of its VPC's networks."""
    return seated(
        names,
        block,
        names.link(block, "vpc_subnet_ids", SUBNET),
        "vpc_security_group_ids",
        public=False,
        listens=_ports(proxy),
        owner=proxy.address,
    )


def _listener(block: Block) -> Fragment:
    every = _ports(block) or (ALL_PORTS,)
    required = flag(block, "require_tls", default=False)
    return Fragment(
        network=Network(
            listeners=tuple(
                Listener(
                    block.address,
                    each,
                    encrypted=required,
                    redirects=False,
                    public=False,
                    source=block.source,
                    sure=each != ALL_PORTS,
                )
                for each in every
            )
        )
    )


def _endpoint(names: Names, block: Block) -> Fragment:
    proxies = given(block, "db_proxy_name", PROXY)
    if proxies.only is None or not proxies.to:
        what = f"which proxy {block.address} leads to cannot be told"
        about = instances_of(block.reading, (PROXY,))
        return unread(block, what, *NETWORK_QUESTIONS, about=about)
    return _seat(names, block, block.reading.at(proxies.to[0]))


def _target(block: Block) -> Fragment:
    proxies = given(block, "db_proxy_name", PROXY)
    databases = [
        given(block, "db_instance_identifier", rds.INSTANCE),
        given(block, "db_cluster_identifier", aurora.CLUSTER),
    ]
    forwards = Fragment(network=Network(forwards=tuple(_forwards(block, proxies, databases))))
    links = (proxies, *(each for each in databases if each != NOTHING))
    if len(links) > 1 and all(x.every and x.certainty is not Certainty.OPEN for x in links):
        return forwards
    what = f"what {block.address} leads to cannot be told"
    about = instances_of(block.reading, (PROXY, rds.INSTANCE, aurora.CLUSTER))
    return joined([forwards, unread(block, what, *NETWORK_QUESTIONS, about=about)])


def _forwards(block: Block, proxies: Link, databases: Iterable[Link]) -> Iterable[Forward]:
    for proxy in proxies.every:
        for link in databases:
            for each in link.every:
                yield Forward(
                    owner=proxy,
                    ports=_entry(block.reading, proxy),
                    target=each,
                    to_ports=_port_of(block.reading, each),
                    source=block.source,
                    sure=proxies.sure and link.sure,
                )


def _entry(reading: Reading, proxy: str) -> Ports:
    found = _ports(reading.at(proxy)) if proxy in reading.instances else None
    return found[0] if found else ALL_PORTS


def _port_of(reading: Reading, database: str) -> Ports:
    if database not in reading.instances:
        return ALL_PORTS
    block = reading.at(database)
    is_cluster = block.instance.type == aurora.CLUSTER
    found = listens(aurora.FAMILY, block) if is_cluster else rds.listens(block)
    return found[0] if found else ALL_PORTS
