"""Where an image comes from: a repository of our own, another of ECR, or the internet."""

import re
from dataclasses import dataclass

# `111111111111.dkr.ecr.eu-west-1.amazonaws.com/workspace/web:1.4.2`
_ECR = re.compile(r"^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([a-z0-9._/-]+)")


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of ECR, which may be another account's."""

    account: str
    region: str
    name: str

    @property
    def arn(self) -> str:
        return f"arn:aws:ecr:{self.region}:{self.account}:repository/{self.name}"


def own_name(image: str) -> str | None:
    """Return an image's name without its version, and None when it says a registry.

    A registry has a dot or a port in it, or is this machine's.
    """
    first, rest, _ = image.partition("/")
    if rest and ("." in first or ":" in first or first == "localhost"):
        return None
    return re.split(r"[:@]", image, maxsplit=1)[0] or None


def another(image: str) -> Repository | None:
    """Return the repository of ECR that an image names, which is not one of our own."""
    found = _ECR.match(image)
    return Repository(*found.groups()) if found else None


def beyond(image: str, region: str) -> str | None:
    """Return the registry that is reached over the internet from a region, if there is one."""
    if own_name(image) is not None:
        return None
    repository = another(image)
    if repository is not None and repository.region == region:
        return None
    return image.partition("/")[0]
