"""The right to open a bucket, from the environment variables of the process that opens it.

They are the variables that the clouds' own tools read. What they hold is written into pgBackRest's
configuration (0600) and nowhere else.
"""

from collections.abc import Mapping

from caisson.systems.pgbackrest.repository import Access, Repository


class AccessMissing(Exception):  # noqa: N818 - says what is so
    """The variables do not give the right to open the bucket; says which to set."""


def access_of(repository: Repository, environ: Mapping[str, str]) -> Access:
    """Return what opens a repository, or raise AccessMissing; a folder needs nothing."""
    match repository.kind:
        case "s3":
            return _of_s3(environ)
        case "gcs":
            return _of_gcs(environ)
        case "azure":
            return _of_azure(environ)
        case _:
            return Access()


def _of_s3(environ: Mapping[str, str]) -> Access:
    """Without a key the machine's own role is used."""
    user = environ.get("AWS_ACCESS_KEY_ID", "")
    secret = environ.get("AWS_SECRET_ACCESS_KEY", "")
    if bool(user) != bool(secret):
        there, missing = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
        if not user:
            there, missing = missing, there
        raise AccessMissing(f"{there} is set and {missing} is not: set both, or neither")
    return Access(user, secret, environ.get("AWS_SESSION_TOKEN", "") if secret else "")


def _of_gcs(environ: Mapping[str, str]) -> Access:
    """Without a file the machine's own account is used."""
    file = environ.get("GOOGLE_APPLICATION_CREDENTIALS", "")
    if file and not file.startswith("/"):
        raise AccessMissing("GOOGLE_APPLICATION_CREDENTIALS must hold the file's whole path")
    return Access(secret=file)


def _of_azure(environ: Mapping[str, str]) -> Access:
    if not (key := environ.get("AZURE_STORAGE_KEY", "")):
        raise AccessMissing("AZURE_STORAGE_KEY is not set: it holds the storage account's key")
    return Access(secret=key)
