"""What moto's security groups do otherwise than AWS's."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from moto.ec2.models.security_groups import SecurityGroupRule as Rule

_made = Rule.__init__


def mendings() -> Iterator[Any]:
    """Yield what mends moto, to be entered."""
    # It tells what rules are for only where they name addresses, not groups or lists.
    yield patch.object(Rule, "first_told", None, create=True)
    yield patch.object(Rule, "__init__", _make)
    yield patch.object(Rule, "description", property(_description))


def _make(self: Rule, *given: Any, **named: Any) -> None:
    _made(self, *given, **named)
    # The range of addresses, the group and the list of prefixes; a rule names one of them.
    _, source, prefixes = (*given[5:8], None, None, None)[:3]
    self.first_told = (source or prefixes or {}).get("Description")


def _description(self: Rule) -> str | None:
    told: str | None = self.ip_range.get("Description") or self.first_told
    return told
