"""Postgres: its files, its commands, its write lease, and what is observed of it."""
