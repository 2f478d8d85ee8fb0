"""Policies of ministack's backup vaults, which it knows only as not there."""

import json
from typing import Any

from ministack.services import backup

_Answer = tuple[int, dict[str, str], bytes]
_PARTS = 3  # of `backup-vaults/NAME/access-policy`
_handled = backup.handle_request
_deleted = backup._delete_vault
_policies: dict[tuple[str, str, str], str] = {}


def mend() -> None:
    """Keep a policy as long as its vault is there."""
    backup.handle_request = _handle
    backup._delete_vault = _delete


async def _handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> _Answer:
    parts = path.strip("/").split("/")
    if len(parts) == _PARTS and (parts[0], parts[2]) == ("backup-vaults", "access-policy"):
        found: _Answer = _policy(method, parts[1], body)
        return found
    answer: _Answer = await _handled(method, path, headers, body, query)
    return answer


def _policy(method: str, vault: str, body: bytes) -> _Answer:
    key = _key(vault)
    answer: _Answer
    if vault not in backup._vaults or (method == "GET" and key not in _policies):
        answer = backup._not_found(f"{vault} has no policy")
    elif method == "PUT":
        _policies[key] = json.loads(body)["Policy"]
        answer = backup._no_content()
    elif method == "DELETE":
        _policies.pop(key, None)
        answer = backup._no_content()
    else:
        answer = backup._ok({"BackupVaultName": vault, "Policy": _policies[key]})
    return answer


def _delete(vault: str) -> Any:
    _policies.pop(_key(vault), None)
    return _deleted(vault)


def _key(vault: str) -> tuple[str, str, str]:
    return backup.get_account_id(), backup.get_region(), vault
