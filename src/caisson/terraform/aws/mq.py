"""Amazon MQ: ActiveMQ and RabbitMQ brokers."""

from dataclasses import replace

from caisson.terraform.aws.at_rest import AtRest, by_key
from caisson.terraform.aws.carried import followed
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.presence import unset
from caisson.terraform.aws.seats import ports, seated, subnets
from caisson.terraform.aws.stores import logs_exported, unread
from caisson.terraform.aws.typed import given
from caisson.terraform.aws.written import flag, text
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.model import Texts
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import Ports
from caisson.topology.resources import Holding, Question, Rest, Way

BROKER = "aws_mq_broker"
TYPES = frozenset({BROKER, "aws_mq_configuration"})
# Console, OpenWire, AMQP, STOMP, MQTT and WebSocket, each with TLS: a broker of Amazon MQ has no
# listener without ("Working examples of using Java Message Service", endpoints).
PORTS = {
    "ACTIVEMQ": ports(8162, 61617, 5671, 61614, 8883, 61619),
    "RABBITMQ": ports(443, 5671, 15671),
}


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    return joined(_broker(names, each) for each in reading.of(BROKER))


def _broker(names: Names, block: Block) -> Fragment:
    engine = (text(block, "engine_type") or "").upper()
    at_rest = _at_rest(block)
    mode = text(block, "deployment_mode", "SINGLE_INSTANCE")
    kept = text(block, "storage_type", "efs" if engine == "ACTIVEMQ" else "ebs")
    store = at_rest.on(
        replace(
            holding(block, Rest.QUEUE, engine.lower() or "mq"),
            encrypted_in_transit=True,
            public=flag(block, "publicly_accessible", default=False),
            multi_zone=_multi_zone(mode, kept),
            deletion_protected=False,
        )
    )
    return joined(
        [
            Fragment(holdings=(store,)),
            at_rest.gaps(block),
            _seat(names, block, store, PORTS.get(engine)),
            _logs(block, store),
            _replica(block, store),
            _directory(block),
        ]
    )


def _at_rest(block: Block) -> AtRest:
    """Return the encryption, which nobody can switch off; the key is AWS's own unless told."""
    options = block.block("encryption_options")
    return by_key(options, "kms_key_id", without=True)


def _multi_zone(mode: str | None, kept: str | None) -> bool | None:
    """Return whether a zone may be lost.

    A standby shares its storage (EFS) with the active one; a RabbitMQ cluster keeps only those
    queues in several zones that are declared so.
    """
    match mode:
        case "SINGLE_INSTANCE":
            return False if kept == "ebs" else None
        case "ACTIVE_STANDBY_MULTI_AZ":
            return True
        case _:
            return None


def _seat(
    names: Names, block: Block, store: Holding, listens: tuple[Ports, ...] | None
) -> Fragment:
    return seated(
        names,
        block,
        subnets(names, block, "subnet_ids"),
        "security_groups",
        public=store.public,
        listens=listens,
    )


def _logs(block: Block, store: Holding) -> Fragment:
    said = block.block("logs")
    kinds = tuple(
        each for each in ("audit", "general") if flag(said, each, default=False) is not False
    )
    # The id of the broker is in the name of the group, and is known only after apply.
    return logs_exported(block, store, Texts(kinds), lambda _: None)


def _replica(block: Block, store: Holding) -> Fragment:
    if unset(block, "data_replication_primary_broker_arn"):
        return NO_FRAGMENT
    primaries = given(block, "data_replication_primary_broker_arn", BROKER)
    via = "cross-region data replication"
    return followed(block, primaries, store.id, Way.REPLICATION, via, types=(BROKER,))


def _directory(block: Block) -> Fragment:
    if not block.blocks("ldap_server_metadata"):
        return NO_FRAGMENT
    what = f"{block.address} takes its users from a directory, which is not modelled"
    return unread(block, what, Question.ACCESS, Question.RECOVERABILITY)
