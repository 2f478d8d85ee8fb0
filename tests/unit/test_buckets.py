"""Buckets by URL: one way to write them, in the estate and on the command line; no secrets."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from caisson.controller.buckets import refusals
from caisson.estate.buckets import masked
from caisson.estate.loading import load
from caisson.estate.mistakes import EstateErrors
from caisson.execute.bucket_access import AccessMissing, access_of
from caisson.systems.pgbackrest.repository import Access, Repository, repository_of

ESTATE = """
estate: shop
jurisdictions: {us: {home: us-west, standby: us-east}}
regions: {us-west: {jurisdiction: us}, us-east: {jurisdiction: us%s}}
backups:
  us: {in: us-east, repository: "%s"}
stores: {blocks: {system: postgres, backup: {every: 1d, keep: 35d}}}
"""
KEY = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}


def written(folder: Path, repository: str, aws: str = "") -> Path:
    (folder / "estate.yaml").write_text(ESTATE % (aws, repository))
    return folder


@pytest.mark.parametrize(
    ("repository", "said"),
    [
        ("s3://bucket/path?key=hunter2", "takes no 'key'"),
        ("s3://bucket?style=nice", "is host or path"),
        ("s3://bucket?region=r&ca=ours.pem", "its whole path"),
        ("azure://box/path", "append ?account=NAME"),
        ("gs://bucket?account=ours", "takes no 'account'"),
        ("s3://AKIA:hunter2@bucket/path", "credentials are no part of it"),
        ("s3://bucket/with?password=hunter2&x", "must be a bucket or a folder"),
        ("ftp://me:hunter2@host/path", "must be a bucket or a folder"),
    ],
)
def test_what_is_no_bucket_is_told_with_its_line_and_without_its_secret(
    tmp_path: Path, repository: str, said: str
) -> None:
    with pytest.raises(EstateErrors) as raised:
        load(written(tmp_path, repository))
    (mistake,) = raised.value.mistakes
    told = f"{mistake.source}: {mistake.what}; {mistake.remedy}"
    assert said in told
    assert f"{tmp_path}/estate.yaml:6: backups.us.repository: " in told
    assert "hunter2" not in told


def test_a_bucket_that_two_share_is_told_without_its_secret(tmp_path: Path) -> None:
    shared = 's3://me:hunter2@bucket"}\n  eu: {in: us-east, repository: "s3://me:hunter2@bucket'
    with pytest.raises(EstateErrors) as raised:
        load(written(tmp_path, shared))
    told = "".join(f"{each.what}; {each.remedy}" for each in raised.value.mistakes)
    assert "the bucket `s3://…@bucket` has the backups of `us` too" in told
    assert "hunter2" not in told


@pytest.mark.parametrize(
    ("repository", "aws", "environ", "said"),
    [
        ("s3://bucket/path", "", KEY, "append ?region=…, or give us-east its name in AWS"),
        ("s3://bucket/path", ", aws: us-east-1", {"AWS_ACCESS_KEY_ID": "id"}, "set both"),
        ("azure://box?account=ours", "", {}, "AZURE_STORAGE_KEY is not set"),
        ("s3://bucket/path", ", aws: us-east-1", KEY, ""),
        ("s3://bucket/path?region=r", "", {}, ""),
        ("gs://bucket", "", {}, ""),
        ("gs://bucket", "", {"GOOGLE_APPLICATION_CREDENTIALS": "key.json"}, "whole path"),
    ],
)
def test_a_bucket_that_cannot_be_opened_is_told_before_anything_starts(
    tmp_path: Path, repository: str, aws: str, environ: Mapping[str, str], said: str
) -> None:
    told = list(refusals(load(written(tmp_path, repository, aws)), environ))
    assert len(told) == bool(said)
    assert all(f"{tmp_path}/estate.yaml:6: " in each and said in each for each in told)


def test_a_bucket_of_the_cloud_has_its_own_endpoint() -> None:
    found = dict(repository_of("s3://bucket/path", "us-east-1").options)
    assert found == {
        "s3-bucket": "bucket",
        "s3-region": "us-east-1",
        "s3-endpoint": "s3.us-east-1.amazonaws.com",
    }
    asked = dict(repository_of("s3://bucket?region=eu-west-1&endpoint=here:9", "other").options)
    assert (asked["s3-region"], asked["s3-endpoint"]) == ("eu-west-1", "here")
    assert asked["storage-port"] == "9"


def test_who_may_open_a_bucket_is_in_the_environment_alone() -> None:
    s3, azure = Repository("s3", "/"), Repository("azure", "/")
    assert access_of(s3, KEY | {"AWS_SESSION_TOKEN": "t"}) == Access("id", "secret", "t")
    assert access_of(s3, {"AWS_SESSION_TOKEN": "t"}) == Access()  # the machine's own role
    assert access_of(azure, {"AZURE_STORAGE_KEY": "k"}) == Access(secret="k")
    assert access_of(Repository("posix", "/"), KEY) == Access()
    with pytest.raises(AccessMissing, match="AWS_ACCESS_KEY_ID is not"):
        access_of(s3, {"AWS_SECRET_ACCESS_KEY": "secret"})


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("s3://me:p@ss/w@bucket/x", "s3://…@bucket/x"),
        ("s3://bucket?region=r&token=hunter2", "s3://bucket?region=r&token=…"),
        ("a: b@c?d=e", "a: b@c?d=e"),
    ],
)
def test_secrets_in_a_url_are_not_shown(text: str, shown: str) -> None:
    assert masked(text) == shown
