"""AWS types that matter to none of the questions, each with the reason."""

from collections.abc import Mapping

NEUTRAL: Mapping[str, str] = {}
