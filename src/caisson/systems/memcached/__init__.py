"""Memcached: a cache in every site. It keeps nothing that cannot be made again."""
