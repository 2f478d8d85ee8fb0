"""Where a repository lies: a folder, or a bucket by URL; as pgBackRest's options. Pure.

The URL is the estate's (`caisson.estate.buckets`); pgBackRest's name for `gs` is `gcs`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from caisson.estate.buckets import Bucket, BucketRefused, parse_bucket

_KINDS = {"s3": "s3", "gs": "gcs", "azure": "azure"}
_CONTAINER = {"s3": "bucket", "gcs": "bucket", "azure": "container"}


class RepositoryRefused(ValueError):  # noqa: N818 - names what was done
    """A repository was written in a way that pgBackRest has no options for; says what to write."""


@dataclass(frozen=True, slots=True)
class Access:
    """The right to open a bucket.

    S3: `user` and `secret` are an access key, and `token` goes with one that ends; without any,
    the machine's own role is used.
    GCS: `secret` is the path of a service account's key file; without it, the machine's own
    account. Azure: `secret` is the account's key, and there is no other way.
    """

    user: str = ""
    secret: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True)
class Repository:
    """`kind` is posix, s3, gcs or azure; `options` are pgBackRest's, without `repo1-`."""

    kind: str
    path: str
    options: tuple[tuple[str, str], ...] = ()


def repository_of(written: str, region: str = "") -> Repository:
    """Read a folder's absolute path or a URL; raise `RepositoryRefused` with what to write.

    `region` is the cloud's name of a bucket's region, where the URL has none.
    """
    if "\n" in written:
        raise RepositoryRefused("a repository's place holds no line break")
    if written.startswith("/"):
        return Repository("posix", written)
    try:
        bucket = parse_bucket(written)
    except BucketRefused as refused:
        raise RepositoryRefused(str(refused)) from refused
    kind = _KINDS[bucket.kind]
    return Repository(kind, bucket.path, tuple(_options(kind, bucket, region)))


def options_of(repository: Repository, access: Access) -> dict[str, str]:
    """Every option of the repository but the cipher's, as they stand in a configuration file."""
    return {
        f"repo1-{name}": value
        for name, value in (
            ("type", repository.kind),
            ("path", repository.path),
            *repository.options,
            *_access(repository.kind, access),
        )
    }


def _options(kind: str, bucket: Bucket, region: str) -> Iterator[tuple[str, str]]:
    yield f"{kind}-{_CONTAINER[kind]}", bucket.name
    endpoint = bucket.asked.get("endpoint", "")
    if kind == "s3":
        region = bucket.asked.get("region", region)
        if not region:
            raise RepositoryRefused("s3:// needs the bucket's region: append ?region=…")
        yield "s3-region", region
        endpoint = endpoint or _of_amazon(region)
    if kind == "azure":
        yield "azure-account", bucket.asked["account"]
    if endpoint:
        host, _, port = endpoint.partition(":")
        yield f"{kind}-endpoint", host
        if port:
            yield "storage-port", port
    if style := bucket.asked.get("style"):
        yield f"{kind}-uri-style", style
    if ca := bucket.asked.get("ca"):
        yield "storage-ca-file", ca


def _of_amazon(region: str) -> str:
    return f"s3.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"


def _access(kind: str, access: Access) -> tuple[tuple[str, str], ...]:
    match kind:
        case "s3" if access.secret:
            return (
                ("s3-key-type", "shared"),
                ("s3-key", access.user),
                ("s3-key-secret", access.secret),
                *((("s3-token", access.token),) if access.token else ()),
            )
        case "s3":
            return (("s3-key-type", "auto"),)
        case "gcs" if access.secret:
            return (("gcs-key-type", "service"), ("gcs-key", access.secret))
        case "gcs":
            return (("gcs-key-type", "auto"),)
        case "azure":
            return (("azure-key-type", "shared"), ("azure-key", access.secret))
        case _:
            return ()
