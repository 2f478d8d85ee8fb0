"""What users send, checked: every function gives a good value or raises InvalidError."""

import json
import uuid as uuids

from aiohttp import web

MAX_TITLE = 200  # characters, as in schema.sql
MAX_TEXT_BYTES = 64 * 1024
MAX_LIMIT = 10_000
_MAX_USER = 200


class InvalidError(Exception):
    """The request cannot be carried out as it is; the message says what to send."""


def uuid(value: str, name: str) -> uuids.UUID:
    """A UUID in its usual form; the nil UUID is the start of every listing and no id."""
    try:
        parsed = uuids.UUID(value)
    except ValueError:
        parsed = uuids.UUID(int=0)
    if parsed.int == 0 or str(parsed) != value.lower():
        raise InvalidError(f"{name} must be a UUID such as 2f1c1a52-3a0e-4c8b-9c1e-0d7b6a5e4f3a")
    return parsed


async def json_object(request: web.Request) -> dict[str, object]:
    try:
        value = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise InvalidError("the body must be JSON") from None
    if not isinstance(value, dict):
        raise InvalidError("the body must be a JSON object")
    return value


def page_title(body: dict[str, object]) -> str:
    title = _string(body, "title")
    if not 1 <= len(title) <= MAX_TITLE:
        raise InvalidError(f"title must have 1 to {MAX_TITLE} characters")
    return title


def block_text(body: dict[str, object]) -> str:
    text = _string(body, "text")
    if len(text.encode()) > MAX_TEXT_BYTES:
        raise InvalidError(f"text must have at most {MAX_TEXT_BYTES} bytes")
    return text


def user_name(body: dict[str, object]) -> str:
    user = _string(body, "user")
    if not 1 <= len(user) <= _MAX_USER:
        raise InvalidError(f"user must have 1 to {_MAX_USER} characters")
    return user


def limit(value: str | None) -> int:
    if value is None:
        return MAX_LIMIT
    if not value.isascii() or not value.isdigit() or not 1 <= int(value[:6]) <= MAX_LIMIT:
        raise InvalidError(f"limit must be a number from 1 to {MAX_LIMIT}")
    return int(value)


def _string(body: dict[str, object], name: str) -> str:
    """Text that Postgres can hold: no NUL, no half of a surrogate pair."""
    value = body.get(name)
    if not isinstance(value, str):
        raise InvalidError(f"{name} must be a string")
    if "\0" in value or not _is_encodable(value):
        raise InvalidError(f"{name} holds characters that cannot be kept")
    return value


def _is_encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
