"""In which account and region a provider configuration works."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from caisson.terraform.configuration import Configuration, Plain
from caisson.topology.arns import ACCOUNT, Arn

_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]{1,2}")
_VARIABLE = re.compile(r"var\.([A-Za-z_][\w-]*)")
_LOCAL = re.compile(r"local\.([A-Za-z_][\w-]*)")
# What makes two provider configurations those of different accounts, as far as can be told.
_IDENTITY = (
    "access_key",
    "assume_role",
    "assume_role_with_web_identity",
    "profile",
    "shared_config_files",
    "shared_credentials_file",
    "shared_credentials_files",
)


@dataclass(frozen=True, slots=True)
class Place:
    """An account number or a name for an account, and a region; None when it is not told.

    `tags` are the provider's own for all that it makes, UNKNOWN where the value is not told.
    """

    account: str | None = None
    region: str | None = None
    tags: Mapping[str, object] = field(default_factory=dict)


NOWHERE = Place()


def places(configuration: Configuration) -> dict[str, Place]:
    """Return the place of each provider configuration, by its key."""
    reader = _Reader(configuration)
    names: dict[tuple[object, ...], str] = {}
    found: dict[str, Place] = {}
    for key, each in configuration.providers.items():
        expressions = reader.expressions(key)
        if not str(each.get("full_name", "")).endswith("/aws"):
            continue
        path = _calls(each)
        told = reader.account(path, expressions)
        alike = (each.get("full_name"), *reader.identity(path, expressions))
        account = told or names.setdefault(alike, _name(key, alike))
        region, tags = reader.region(path, expressions), reader.tags(path, expressions)
        found[key] = Place(account, region, tags)
    return found


def with_locals(
    configuration: Configuration,
    places: Mapping[str, Place],
    local: Callable[[tuple[str, ...], str], object],
) -> dict[str, Place]:
    """Return the places with those regions that a plain local gives, where nothing else does."""
    return {
        key: place if place.region else replace(place, region=_local_region(each, local))
        for key, place in places.items()
        for each in (configuration.providers[key],)
    }


def _local_region(provider: Plain, local: Callable[[tuple[str, ...], str], object]) -> str | None:
    expressions = provider.get("expressions")
    region = expressions.get("region") if isinstance(expressions, Mapping) else None
    words = region.get("references") if isinstance(region, Mapping) else None
    match words:
        case [str(word)] if found := _LOCAL.fullmatch(word):
            value = local(_calls(provider), found[1])
            return value if isinstance(value, str) and _REGION.fullmatch(value) else None
        case _:
            return None


def key_of(places: Mapping[str, Place], key: str) -> str:
    """Return the key of the configuration that a resource's `provider_config_key` leads to.

    A module that configures nothing has its caller's: `module.a:aws` is then `aws`.
    """
    if key in places:
        return key
    module, colon, name = key.rpartition(":")
    while colon and module:
        module = module.rpartition(".module.")[0]
        tried = f"{module}:{name}" if module else name
        if tried in places:
            return tried
    return key


def _name(key: str, alike: tuple[object, ...]) -> str:
    profile = next((each for each in alike if str(each).startswith("profile ")), None)
    return str(profile) if profile else key


def _calls(provider: Plain) -> tuple[str, ...]:
    address = provider.get("module_address", "")
    return tuple(str(address).removeprefix("module.").split(".module.")) if address else ()


def _last_block(expressions: Plain, name: str) -> Plain | None:
    """Return the block of that name, of which there is at most one in recent versions."""
    blocks = expressions.get(name)
    last = blocks[-1] if isinstance(blocks, list) and blocks else None
    return last if isinstance(last, Mapping) else None


class _Reader:
    """Evaluates what provider configurations are made of: constants and variables."""

    def __init__(self, configuration: Configuration) -> None:
        self._of = configuration

    def expressions(self, key: str) -> Plain:
        found = self._of.providers[key].get("expressions")
        return found if isinstance(found, Mapping) else {}

    def region(self, path: tuple[str, ...], expressions: Plain) -> str | None:
        value = self.constant(path, expressions.get("region"))
        return value if isinstance(value, str) and _REGION.fullmatch(value) else None

    def account(self, path: tuple[str, ...], expressions: Plain) -> str | None:
        """Return the account number that the configuration names, if it names just one."""
        allowed = self.constant(path, expressions.get("allowed_account_ids"))
        if isinstance(allowed, list) and len(allowed) == 1 and ACCOUNT.fullmatch(str(allowed[0])):
            return str(allowed[0])
        role = self.constant(path, self._role(expressions))
        arn = Arn.parse(role) if isinstance(role, str) else None
        if arn is None or arn.service != "iam" or not arn.resource.startswith("role/"):
            return None
        return arn.place[1]

    def _role(self, expressions: Plain) -> object:
        for key in ("assume_role", "assume_role_with_web_identity"):
            if (last := _last_block(expressions, key)) is not None:
                return last.get("role_arn")
        return None

    def tags(self, path: tuple[str, ...], expressions: Plain) -> Plain:
        """Return the tags that the provider gives to all it makes, as far as they are told."""
        block = _last_block(expressions, "default_tags")
        value = None if block is None else self.constant(path, block.get("tags"))
        return value if isinstance(value, Mapping) else {}

    def identity(self, path: tuple[str, ...], expressions: Plain) -> tuple[object, ...]:
        """Return what tells this configuration's account from another's, without any secret."""
        found: list[object] = []
        for name in _IDENTITY:
            if name in expressions:
                value = self.constant(path, expressions[name])
                shown = name == "profile" and isinstance(value, str)
                found.append(f"profile {value}" if shown else repr(expressions[name]))
        return tuple(found)

    def constant(self, path: tuple[str, ...], expression: object) -> object:
        """Return the value of an expression that is a constant or a variable, else None."""
        if not isinstance(expression, Mapping):
            return None
        if "constant_value" in expression:
            return expression["constant_value"]
        references = expression.get("references")
        if not isinstance(references, list) or len(references) != 1:
            return None
        match = _VARIABLE.fullmatch(str(references[0]))
        return self._input(path, match[1]) if match else None

    def _input(self, path: tuple[str, ...], name: str) -> object:
        module, call = self._of.root, None
        for each in path:
            call = module.calls.get(each)
            if call is None:
                return None
            module = call.module
        declared = module.variables.get(name)
        if declared is None or declared.sensitive:
            return None
        if call is None:
            return self._of.inputs.get(name, declared.default)
        given = call.expressions.get(name)
        return declared.default if given is None else self.constant(path[:-1], given)
