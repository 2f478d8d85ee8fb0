"""MSK: Kafka clusters."""

from collections.abc import Iterator
from dataclasses import replace

from caisson.terraform.aws.at_rest import by_key
from caisson.terraform.aws.carried import carried, instances_of, logs_delivered
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.kinds import SUBNET
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.owned_policies import owned_policy
from caisson.terraform.aws.seats import ports, seated
from caisson.terraform.aws.stores import (
    NETWORK_QUESTIONS,
    unread,
    uses,
)
from caisson.terraform.aws.typed import given
from caisson.terraform.aws.written import flag, text
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.model import Certainty
from caisson.terraform.reading import Block, Reading
from caisson.topology.network import Forward, Network, Ports
from caisson.topology.resources import Rest, Way
from caisson.topology.truth import all_of

CLUSTER = "aws_msk_cluster"
SERVERLESS = "aws_msk_serverless_cluster"
REPLICATOR = "aws_msk_replicator"
POLICY = "aws_msk_cluster_policy"
CONNECTION = "aws_msk_vpc_connection"
SECRETS = ("aws_msk_scram_secret_association", "aws_msk_single_scram_secret_association")
CLUSTERS = (CLUSTER, SERVERLESS)
TYPES = frozenset({*CLUSTERS, REPLICATOR, POLICY, CONNECTION, *SECRETS, "aws_msk_configuration"})
# Brokers (plain, TLS, SCRAM, IAM; from the internet; over private connections) and ZooKeeper, as
# the developer guide lists them under "Port information".
PLAIN, TLS, SCRAM, IAM = 9092, 9094, 9096, 9098
PUBLIC = (9194, 9196, 9198)
ZOOKEEPER = (2181, 2182)
PRIVATE_LINKS = Ports(14001, 14100)
LOGS = (
    ("cloudwatch_logs", "log_group", "aws_cloudwatch_log_group"),
    ("firehose", "delivery_stream", "aws_kinesis_firehose_delivery_stream"),
    ("s3", "bucket", "aws_s3_bucket"),
)


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    return joined(
        [
            *(_cluster(names, each) for each in reading.of(CLUSTER)),
            *(_serverless(names, each) for each in reading.of(SERVERLESS)),
            *(_replicator(each) for each in reading.of(REPLICATOR)),
            *(owned_policy(each, "policy", "cluster_arn", CLUSTERS) for each in reading.of(POLICY)),
            *(_connection(names, each) for each in reading.of(CONNECTION)),
            *(_secrets(each) for each in reading.of(*SECRETS)),
        ]
    )


def _cluster(names: Names, block: Block) -> Fragment:
    encryption = block.block("encryption_info")
    # "Amazon MSK always encrypts your data at rest."
    at_rest = by_key(encryption, "encryption_at_rest_kms_key_arn", without=True)
    brokers = block.block("broker_node_group_info")
    store = at_rest.on(
        replace(
            holding(block, Rest.STREAM, "kafka"),
            encrypted_in_transit=_in_transit(encryption),
            public=_public(brokers),
            # Brokers are in as many zones as there are subnets; how often a topic is kept is up
            # to whoever makes it.
            multi_zone=None,
            deletion_protected=False,
        )
    )
    return joined(
        [
            Fragment(holdings=(store,)),
            at_rest.gaps(block),
            _seat(names, brokers, store.public),
            *_logs(block),
        ]
    )


def _in_transit(encryption: Block | None) -> bool | None:
    """Return whether clients and brokers talk TLS only, which is the default of both."""
    said = encryption.block("encryption_in_transit") if encryption else None
    clients = text(said, "client_broker", "TLS")
    told = None if clients is None else clients == "TLS"
    return all_of((told, flag(said, "in_cluster", default=True)))


def _public(brokers: Block | None) -> bool | None:
    access = [
        text(access, "type", "DISABLED")
        for each in (brokers.blocks("connectivity_info") if brokers else ())
        for access in each.blocks("public_access")
    ]
    kind = access[0] if access else "DISABLED"
    return None if kind is None else kind != "DISABLED"


def _seat(names: Names, brokers: Block | None, public: bool | None) -> Fragment:
    if brokers is None:
        return NO_FRAGMENT
    outside = () if public is False else PUBLIC
    return seated(
        names,
        brokers,
        names.link(brokers, "client_subnets", SUBNET),
        "security_groups",
        public=public,
        listens=ports(PLAIN, TLS, SCRAM, IAM, *ZOOKEEPER, *outside),
    )


def _logs(block: Block) -> Iterator[Fragment]:
    for info in block.blocks("logging_info"):
        for brokers in info.blocks("broker_logs"):
            for kind, attribute, target in LOGS:
                for each in brokers.blocks(kind):
                    if flag(each, "enabled", default=False) is not False:
                        yield logs_delivered(block, given(each, attribute, target), "broker logs")


def _serverless(names: Names, block: Block) -> Fragment:
    """Return a serverless cluster: encrypted both ways, in several zones, by IAM only."""
    store = replace(
        holding(block, Rest.STREAM, "kafka"),
        encrypted=True,
        encrypted_in_transit=True,
        public=False,
        multi_zone=True,
        deletion_protected=False,
    )
    seats = [
        seated(
            names,
            each,
            names.link(each, "subnet_ids", SUBNET),
            "security_group_ids",
            public=False,
            listens=ports(IAM),
        )
        for each in block.blocks("vpc_config")
    ]
    return joined([Fragment(holdings=(store,)), *seats])


def _replicator(block: Block) -> Fragment:
    """Return the replication of topics between clusters, with nothing to bound the lag."""
    found = [
        carried(
            block,
            Way.REPLICATION,
            given(each, "source_kafka_cluster_arn", *CLUSTERS),
            given(each, "target_kafka_cluster_arn", *CLUSTERS),
            types=CLUSTERS,
        )
        for each in block.blocks("replication_info_list")
    ]
    role = uses(block, given(block, "service_execution_role_arn", "aws_iam_role"), "role")
    return joined([*found, role])


def _connection(names: Names, block: Block) -> Fragment:
    """Return a private way into a cluster from another VPC."""
    clusters = given(block, "target_cluster_arn", *CLUSTERS)
    if not clusters.every or clusters.certainty is Certainty.OPEN:
        what = f"what {block.address} leads to cannot be told"
        about = instances_of(block.reading, CLUSTERS)
        return unread(block, what, *NETWORK_QUESTIONS, about=about)
    seat = seated(
        names,
        block,
        names.link(block, "client_subnets", SUBNET),
        "security_groups",
        public=False,
        listens=(PRIVATE_LINKS,),
    )
    forwards = tuple(
        Forward(
            block.address, PRIVATE_LINKS, each, Ports(PLAIN, IAM), block.source, sure=clusters.sure
        )
        for each in clusters.every
    )
    return joined([seat, Fragment(network=Network(forwards=forwards))])


def _secrets(block: Block) -> Fragment:
    clusters = given(block, "cluster_arn", CLUSTER)
    found = [
        replace(use, user=each, sure=use.sure and clusters.sure)
        for each in clusters.every
        for name in ("secret_arn_list", "secret_arn")
        for use in uses(
            block, given(block, name, "aws_secretsmanager_secret"), "credentials of clients"
        ).uses
    ]
    return Fragment(uses=tuple(found))
