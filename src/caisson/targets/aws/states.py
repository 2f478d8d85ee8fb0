"""What a state has, as Terraform shows it in JSON."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


def state_before(plan: bytes) -> bytes | None:
    """Return the state that a plan was made of; None when it looked after nothing.

    It is what Terraform has just read, where the state that it keeps is of its last apply.
    """
    state = json.loads(plan).get("prior_state", {})
    return json.dumps(state).encode() if any(_managed(_root(state))) else None


def addresses(state: bytes | None) -> frozenset[str]:
    """Return the addresses of what a state looks after, without the indices of instances."""
    managed = _managed(_root(json.loads(state))) if state is not None else ()
    return frozenset(each["address"].removesuffix(_index(each)) for each in managed)


def _index(resource: Mapping[str, Any]) -> str:
    return f"[{json.dumps(resource['index'])}]" if "index" in resource else ""


def _root(state: Mapping[str, Any]) -> Mapping[str, Any]:
    module: Mapping[str, Any] = state.get("values", {}).get("root_module", {})
    return module


def _managed(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what is looked after in a module, which what was only looked up is no part of."""
    yield from (each for each in module.get("resources", ()) if each["mode"] == "managed")
    for child in module.get("child_modules", ()):
        yield from _managed(child)
