"""A small workspace product: tenants own pages, pages are made of blocks.

`config` is what Caisson tells us, `stores` follows it, `retry` outlives a failover; on these
stand `pages`, `sessions` and `cache`, and `web` serves them.
"""
