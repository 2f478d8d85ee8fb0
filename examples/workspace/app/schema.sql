-- Applied once per logical shard, with search_path set to the shard's schema.
-- Every key begins with the tenant: many tenants share a shard and none can name another's row.

CREATE TABLE IF NOT EXISTS pages (
    tenant     text        NOT NULL,
    id         uuid        NOT NULL,
    title      text        NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    -- Grows with every write of the page or of one of its blocks, in the same transaction.
    version    bigint      NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, id)
);

CREATE TABLE IF NOT EXISTS blocks (
    tenant     text        NOT NULL,
    id         uuid        NOT NULL,
    page       uuid        NOT NULL,
    text       text        NOT NULL,
    version    bigint      NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, page) REFERENCES pages (tenant, id)
);

-- A page shows its blocks in the order in which they were written.
CREATE INDEX IF NOT EXISTS blocks_of_page ON blocks (tenant, page, created_at, id);
