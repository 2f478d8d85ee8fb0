"""Where a repository lies: a folder, or a bucket by URL; as pgBackRest's options. Pure.

/backups/us
s3://bucket/path?region=eu-central-1&endpoint=s3.eu-central-1.amazonaws.com&style=path&ca=FILE
gcs://bucket/path?endpoint=storage.googleapis.com
azure://container/path?account=NAME
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

_NEEDED = {"s3": {"region", "endpoint"}, "gcs": set[str](), "azure": {"account"}}
_ALLOWED = {
    "s3": {"region", "endpoint", "style", "ca"},
    "gcs": {"endpoint", "ca"},
    "azure": {"account", "endpoint", "style", "ca"},
}
_CONTAINER = {"s3": "bucket", "gcs": "bucket", "azure": "container"}


class RepositoryRefused(ValueError):  # noqa: N818 - names what was done
    """A repository was written in a way that pgBackRest has no options for; says what to write."""


@dataclass(frozen=True, slots=True)
class Access:
    """The right to open a bucket.

    S3: `user` and `secret` are an access key; without any, the machine's own role is used.
    GCS: `secret` is the path of a service account's key file; without it, the machine's own
    account. Azure: `secret` is the account's key, and there is no other way.
    """

    user: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Repository:
    """`kind` is posix, s3, gcs or azure; `options` are pgBackRest's, without `repo1-`."""

    kind: str
    path: str
    options: tuple[tuple[str, str], ...] = ()


def repository_of(written: str) -> Repository:
    """Read a folder's absolute path or a URL; raise `RepositoryRefused` with what to write."""
    if "\n" in written:
        raise RepositoryRefused("a repository's place holds no line break")
    if written.startswith("/"):
        return Repository("posix", written)
    parts = urlsplit(written)
    if parts.scheme not in _ALLOWED or not parts.netloc:
        raise RepositoryRefused(
            f"{written!r} is no repository; write an absolute folder, s3://, gcs:// or azure://"
        )
    asked = dict(parse_qsl(parts.query))
    _check(parts.scheme, asked)
    container = (f"{parts.scheme}-{_CONTAINER[parts.scheme]}", parts.netloc)
    options = (container, *_options(parts.scheme, asked))
    return Repository(parts.scheme, parts.path or "/", options)


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


def _check(kind: str, asked: Mapping[str, str]) -> None:
    if unknown := set(asked) - _ALLOWED[kind]:
        allowed = ", ".join(sorted(_ALLOWED[kind]))
        raise RepositoryRefused(f"{kind}:// has no {min(unknown)!r}; it has {allowed}")
    if missing := _NEEDED[kind] - set(asked):
        name = min(missing)
        raise RepositoryRefused(f"{kind}:// needs {name}: append ?{name}=…")


def _options(kind: str, asked: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    found = {f"{kind}-{name}": asked[name] for name in ("region", "account") if name in asked}
    if "endpoint" in asked:
        host, _, port = asked["endpoint"].partition(":")
        found |= {f"{kind}-endpoint": host} | ({"storage-port": port} if port else {})
    if "style" in asked:
        found[f"{kind}-uri-style"] = asked["style"]
    if "ca" in asked:
        found["storage-ca-file"] = asked["ca"]
    return tuple(found.items())


def _access(kind: str, access: Access) -> tuple[tuple[str, str], ...]:
    match kind:
        case "s3" if access.secret:
            return (
                ("s3-key-type", "shared"),
                ("s3-key", access.user),
                ("s3-key-secret", access.secret),
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
