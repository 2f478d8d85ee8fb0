"""The tags that a provider gives to all it makes, as tags of the things themselves.

A plan has both as `tags_all`, unless one of them is known only after apply; a configuration has
not. What a resource says itself goes before what its provider says.
"""

from collections.abc import Mapping

from caisson.terraform.model import UNKNOWN, Mode
from caisson.terraform.taggable import takes_tags

_ALL = "tags_all"


def add_default_tags(
    values: dict[str, object], mode: Mode, type_: str, defaults: Mapping[str, object]
) -> None:
    """Put `tags_all` into the values of an instance, where they do not tell it themselves."""
    if not defaults or mode is not Mode.MANAGED or not takes_tags(type_):
        return
    if values.get(_ALL, UNKNOWN) is not UNKNOWN:
        return
    own = values.get("tags") or {}
    values[_ALL] = {**defaults, **own} if isinstance(own, Mapping) else UNKNOWN
