"""The database engines of RDS and Aurora: what they speak, and whether in the clear."""

SYSTEMS = {
    "postgres": "postgres",
    "aurora-postgresql": "postgres",
    "mysql": "mysql",
    "aurora-mysql": "mysql",
    "aurora": "mysql",
    "mariadb": "mariadb",
    "oracle": "oracle",
    "custom-oracle": "oracle",
    "sqlserver": "sqlserver",
    "custom-sqlserver": "sqlserver",
    "db2": "db2",
}
# Defaults of CreateDBInstance and CreateDBCluster, by engine (Amazon RDS API reference, `Port`).
PORTS = {
    "postgres": 5432,
    "mysql": 3306,
    "mariadb": 3306,
    "oracle": 1521,
    "sqlserver": 1433,
    "db2": 50000,
}
TLS_PARAMETERS = {
    "postgres": "rds.force_ssl",
    "sqlserver": "rds.force_ssl",
    "mysql": "require_secure_transport",
    "mariadb": "require_secure_transport",
}
# Amazon RDS user guide, "Using SSL with a PostgreSQL DB instance": rds.force_ssl is 1 from
# version 15 on. Aurora user guide, "Security with Amazon Aurora PostgreSQL": 1 from 17 on.
FORCED_FROM = {"postgres": 15, "aurora-postgresql": 17}
# RDS for MySQL up to 8.0 and MariaDB up to 11.4 leave require_secure_transport off; what later
# ones do is not taken for granted.
LEFT_OFF_UP_TO = {"mysql": (8, 0), "aurora-mysql": (8, 0), "aurora": (8, 0), "mariadb": (11, 4)}


def system(engine: str | None) -> str:
    """Return the word for an engine (`aurora-postgresql` → `postgres`); `rds` when not told."""
    if engine is None:
        return "rds"
    found = [word for start, word in SYSTEMS.items() if engine == start]
    longer = [word for start, word in SYSTEMS.items() if engine.startswith(f"{start}-")]
    return (found or longer or [engine])[0]


def forces_tls(engine: str | None, version: str | None) -> bool | None:
    """Return whether an engine with default parameters refuses clients that talk in the clear."""
    if engine is None:
        return None
    if system(engine) == "sqlserver":
        return False  # "Using SSL with a Microsoft SQL Server DB instance": off by default
    numbers = _numbers(version)
    if not numbers:
        return None
    if engine in FORCED_FROM:
        return numbers[0] >= FORCED_FROM[engine]
    if engine in LEFT_OFF_UP_TO and numbers[:2] <= LEFT_OFF_UP_TO[engine]:
        return False
    return None


def _numbers(version: str | None) -> tuple[int, ...]:
    """Return the leading numbers of a version: (8, 0) of `8.0.mysql_aurora.3.05.2`."""
    found: list[int] = []
    for part in (version or "").split("."):
        if not part.isdigit():
            break
        found.append(int(part))
    return tuple(found)
