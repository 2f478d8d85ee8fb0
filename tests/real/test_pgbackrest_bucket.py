"""A repository in a bucket: S3 as moto has it, behind a proxy that speaks TLS."""

import time
from collections.abc import Iterator

import pytest
from backed_up_postgres import BackedUp, Load, backed_up
from bucket_support import ACCESS, bucket

from caisson.systems.pgbackrest.files import ToTime


@pytest.fixture
def there() -> Iterator[BackedUp]:
    with backed_up() as there:
        there.bucket = f"s3://shop/caisson/us?{bucket(there.supervisor, there.root, 'shop')}"
        there.access = ACCESS
        yield there


def test_a_copy_is_restored_from_a_bucket(there: BackedUp) -> None:
    server = there.create("original")
    with Load(server, first=1) as load:
        load.wait_for_more(20)
        there.backup(server)
        time.sleep(1.1)  # of when a backup ended, whole seconds are kept
        load.wait_for_more(20)
        moment, acknowledged = load.moment()
        load.wait_for_more(20)
    there.archive_all(server)
    verification = there.verify(there.commands(server))
    assert (verification.complete, verification.faults) == (True, ())
    copy = there.restored("copy", ToTime(moment), {})
    assert {int(row[0] or 0) for row in copy.ask("SELECT id FROM notes")} == acknowledged
    assert not there.repository.exists()
