"""Timestream, Keyspaces and QLDB: stores that are reached through an API of the cloud's."""

from collections.abc import Sequence
from dataclasses import replace

from caisson.terraform.aws.at_rest import by_key
from caisson.terraform.aws.carried import carried
from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.naming import Names
from caisson.terraform.aws.seats import port, seated, subnets
from caisson.terraform.aws.stores import COPIES, backed_up, moved_to, unread
from caisson.terraform.aws.typed import given
from caisson.terraform.aws.written import flag, number, text
from caisson.terraform.fragment import NO_FRAGMENT, Fragment, joined
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Holding, Movement, Rest, Way

DATABASE = "aws_timestreamwrite_database"
TIMESTREAM_TABLE = "aws_timestreamwrite_table"
INFLUX = "aws_timestreaminfluxdb_db_instance"
KEYSPACE = "aws_keyspaces_keyspace"
TABLE = "aws_keyspaces_table"
LEDGER = "aws_qldb_ledger"
LEDGER_STREAM = "aws_qldb_stream"
TYPES = frozenset({DATABASE, TIMESTREAM_TABLE, INFLUX, KEYSPACE, TABLE, LEDGER, LEDGER_STREAM})
KEPT_DAYS = 35.0


def read(reading: Reading) -> Fragment:
    names = Names.of(reading)
    return joined(
        [
            *(_by_api(each, "timestream", "kms_key_id") for each in reading.of(DATABASE)),
            *(_rejected(each) for each in reading.of(TIMESTREAM_TABLE)),
            *(_influx(names, each) for each in reading.of(INFLUX)),
            *(_table(each) for each in reading.of(TABLE)),
            *(_ledger(each) for each in reading.of(LEDGER)),
            *(_streamed(each) for each in reading.of(LEDGER_STREAM)),
        ]
    )


def _store(block: Block, system: str) -> Holding:
    """Return a store that is always encrypted both ways and in several zones."""
    return replace(
        holding(block, Rest.STORE, system),
        encrypted=True,
        encrypted_in_transit=True,
        public=False,
        multi_zone=True,
        deletion_protected=False,
    )


def _by_api(block: Block, system: str, key: str) -> Fragment:
    at_rest = by_key(block, key, without=True)
    return joined([Fragment(holdings=(at_rest.on(_store(block, system)),)), at_rest.gaps(block)])


def _ledger(block: Block) -> Fragment:
    found = _by_api(block, "qldb", "kms_key")
    protected = flag(block, "deletion_protection", default=True)
    stores = tuple(replace(each, deletion_protected=protected) for each in found.holdings)
    return replace(found, holdings=stores)


def _rejected(block: Block) -> Fragment:
    """Return the records that a table did not take, in a bucket."""
    databases = given(block, "database_name", DATABASE)
    return joined(
        carried(
            block,
            Way.EXPORT,
            databases,
            given(each, "bucket_name", "aws_s3_bucket"),
            types=(DATABASE,),
        )
        for written in block.blocks("magnetic_store_write_properties")
        for place in written.blocks("magnetic_store_rejected_data_location")
        for each in place.blocks("s3_configuration")
    )


def _influx(names: Names, block: Block) -> Fragment:
    """Return an InfluxDB instance: encrypted, without backups that anybody could restore."""
    public = flag(block, "publicly_accessible", default=False)
    mode = text(block, "deployment_type", "SINGLE_AZ")
    store = replace(
        _store(block, "influxdb"),
        public=public,
        multi_zone=None if mode is None else mode == "WITH_MULTIAZ_STANDBY",
    )
    seat = seated(
        names,
        block,
        subnets(names, block, "vpc_subnet_ids"),
        "vpc_security_group_ids",
        public=public,
        listens=port(number(block, "port", 8086.0)),
        all_subnets=False,
    )
    return joined([Fragment(holdings=(store,)), seat])


def _table(block: Block) -> Fragment:
    """Return a table of Keyspaces, and its replicas where its keyspace says."""
    at_rest = by_key(block.block("encryption_specification"), "kms_key_identifier", without=True)
    store = at_rest.on(_store(block, "cassandra"))
    return joined(
        [
            Fragment(holdings=(store,)),
            at_rest.gaps(block),
            _recoverable(block, store),
            _replicas(block, store),
        ]
    )


def _recoverable(block: Block, store: Holding) -> Fragment:
    status = text(block.block("point_in_time_recovery"), "status", "DISABLED")
    if status == "DISABLED":
        return NO_FRAGMENT
    kept = KEPT_DAYS if status == "ENABLED" else None
    # To any second; how late that may be, its developer guide does not say.
    via = "point-in-time recovery"
    return backed_up(block, store, kept, lag_most_s=None, point_in_time=True, via=via)


def _replicas(block: Block, store: Holding) -> Fragment:
    spaces = given(block, "keyspace_name", KEYSPACE)
    if spaces.only is None or spaces.only not in block.reading.instances:
        what = f"in which regions {block.address} is kept cannot be told"
        return NO_FRAGMENT if spaces.outside else unread(block, what, *COPIES)
    regions = [
        region
        for each in block.reading.at(spaces.only).blocks("replication_specification")
        for region in each.texts("region_list").values
        if region != store.region
    ]
    replicas = [
        replace(moved_to(store, block, each), id=f"{block.address}/replica/{each}")
        for each in regions
    ]
    return Fragment(holdings=tuple(replicas), movements=_between(block, (store, *replicas)))


def _between(block: Block, stores: Sequence[Holding]) -> tuple[Movement, ...]:
    return tuple(
        Movement(Way.REPLICATION, one.id, other.id, block.source, via="multi-region keyspace")
        for one in stores
        for other in stores
        if one.id != other.id
    )


def _streamed(block: Block) -> Fragment:
    ledgers = given(block, "ledger_name", LEDGER)
    return joined(
        carried(
            block,
            Way.EXPORT,
            ledgers,
            given(each, "stream_arn", "aws_kinesis_stream"),
            types=(LEDGER,),
        )
        for each in block.blocks("kinesis_configuration")
    )
