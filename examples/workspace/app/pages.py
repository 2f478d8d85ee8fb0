"""Pages and their blocks: every statement that the application sends to Postgres."""

import json
from typing import LiteralString
from uuid import UUID

from app.cache import Cache
from app.postgres import Shard

# A page is read whole; what lies beyond is listed by `list_blocks`.
MAX_BLOCKS_OF_PAGE = 500

_PUT_PAGE: LiteralString = """
    INSERT INTO {shard}.pages (tenant, id, title) VALUES (%s, %s, %s)
    ON CONFLICT (tenant, id) DO UPDATE
    SET title = excluded.title, version = pages.version + 1, updated_at = now()
    RETURNING version"""

_TOUCH_PAGE: LiteralString = """
    UPDATE {shard}.pages SET version = version + 1, updated_at = now()
    WHERE tenant = %s AND id = %s RETURNING version"""

# Writes even when the text is the same. The attempt before may have been committed on this
# machine only; a transaction that changes nothing would not wait for the standby, nor be
# refused by the fence, and would so acknowledge what nobody promised to keep.
_PUT_BLOCK: LiteralString = """
    INSERT INTO {shard}.blocks AS mine (tenant, id, page, text) VALUES (%s, %s, %s, %s)
    ON CONFLICT (tenant, id) DO UPDATE
    SET text = excluded.text, version = mine.version + 1
    WHERE mine.page = excluded.page
    RETURNING version"""

_VERSION: LiteralString = "SELECT version FROM {shard}.pages WHERE tenant = %s AND id = %s"

_PAGE: LiteralString = """
    SELECT p.title, p.version, b.id::text, b.text, b.version
    FROM {shard}.pages p
    LEFT JOIN LATERAL (
        SELECT id, text, version, created_at FROM {shard}.blocks
        WHERE tenant = p.tenant AND page = p.id ORDER BY created_at, id LIMIT %s
    ) b ON true
    WHERE p.tenant = %s AND p.id = %s
    ORDER BY b.created_at, b.id"""

_RECENT_PAGES: LiteralString = """
    SELECT id::text, title, version FROM {shard}.pages
    WHERE tenant = %s ORDER BY updated_at DESC LIMIT %s"""

_BLOCKS: LiteralString = """
    SELECT id::text FROM {shard}.blocks
    WHERE tenant = %s AND id > %s ORDER BY id LIMIT %s"""

_BLOCKS_OF_PAGE: LiteralString = """
    SELECT id::text FROM {shard}.blocks
    WHERE tenant = %s AND id > %s AND page = %s ORDER BY id LIMIT %s"""


class NoSuchPageError(Exception):
    """The tenant has no page of this id."""


class BlockElsewhereError(Exception):
    """The block of this id belongs to another page of the tenant."""


async def put_page(shard: Shard, tenant: str, page: UUID, title: str) -> int:
    """Create or rename a page; its new version."""
    async with shard.write() as write:
        ((version,),) = await write.execute(_PUT_PAGE, (tenant, page, title))
    return int(version)


async def put_block(shard: Shard, tenant: str, page: UUID, block: UUID, text: str) -> int:
    """Create or overwrite a block; its new version. NoSuchPageError, BlockElsewhereError."""
    async with shard.write() as write:
        # The page first: its row puts the writers of one page in line, in one order of locks.
        if not await write.execute(_TOUCH_PAGE, (tenant, page)):
            raise NoSuchPageError
        written = await write.execute(_PUT_BLOCK, (tenant, block, page, text))
        if not written:
            raise BlockElsewhereError
    return int(written[0][0])


async def read_page(shard: Shard, cache: Cache, environment: str, tenant: str, page: UUID) -> bytes:
    """The page with its blocks, as JSON; NoSuchPageError."""

    def key(version: int) -> str:
        return f"{environment}:{tenant}:{page}:{shard.generation}:{version}"

    found = await shard.read(_VERSION, (tenant, page))
    if not found:
        raise NoSuchPageError
    if body := await cache.get(key(found[0][0])):
        return body
    version, body = await _load_page(shard, tenant, page)
    await cache.put(key(version), body)
    return body


async def _load_page(shard: Shard, tenant: str, page: UUID) -> tuple[int, bytes]:
    rows = await shard.read(_PAGE, (MAX_BLOCKS_OF_PAGE, tenant, page))
    if not rows:
        raise NoSuchPageError
    title, version = rows[0][:2]
    blocks = [{"id": id_, "text": text, "version": v} for _, _, id_, text, v in rows if id_]
    document = {"id": str(page), "title": title, "version": version, "blocks": blocks}
    return version, json.dumps(document).encode()


async def list_pages(shard: Shard, tenant: str, limit: int) -> list[tuple[str, str, int]]:
    """Id, title and version of the pages that were written last."""
    return [(id_, title, v) for id_, title, v in await shard.read(_RECENT_PAGES, (tenant, limit))]


async def list_blocks(
    shard: Shard, tenant: str, page: UUID | None, after: UUID, limit: int
) -> list[str]:
    """Ids above `after`, in order: of one page, or of the whole tenant."""
    if page is None:
        rows = await shard.read(_BLOCKS, (tenant, after, limit))
    else:
        rows = await shard.read(_BLOCKS_OF_PAGE, (tenant, after, page, limit))
    return [id_ for (id_,) in rows]
