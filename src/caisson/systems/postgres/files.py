"""The text of Postgres's configuration files, and the commands that are run. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from caisson.topology.model import Address

OWNER = "caisson"  # the superuser that the controller uses
REPLICATION = "caisson_replication"
BACKUP = "caisson_backup"
SEGMENT_BYTES = 1 << 20  # of WAL, in the servers that are made here


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where a standby streams from; `password_file` is libpq's passfile."""

    address: Address
    password_file: str


def postgresql_conf(
    address: Address,
    *,
    application_name: str,
    upstream: Upstream | None,
    small: bool = False,
    socket_folder: str = "",
    archiving: Mapping[str, str] | None = None,
) -> str:
    """All settings of one server. `upstream` has an effect only while it is a standby.

    `socket_folder` is for the backup program, which speaks to nothing but a Unix socket;
    `archiving` are the settings by which its WAL is archived, without any it is not.
    """
    settings = {
        "listen_addresses": address.host,
        "port": str(address.port),
        "unix_socket_directories": _one_of_a_list(socket_folder),
        "unix_socket_permissions": "0700",
        "cluster_name": application_name,
        "max_connections": "60",
        "shared_buffers": "16MB" if small else "32MB",
        "max_prepared_transactions": "0",  # a prepared transaction would commit past the guard
        "password_encryption": "scram-sha-256",
        "wal_level": "replica",
        "wal_log_hints": "on",  # pg_rewind needs it
        "wal_keep_size": "256MB",  # likewise: the WAL back to where histories part
        "max_wal_senders": "10",
        "hot_standby": "on",
        "synchronous_commit": "on",
        "wal_receiver_timeout": "3s",
        "wal_sender_timeout": "3s",
        "wal_retrieve_retry_interval": "200ms",
        "wal_receiver_status_interval": "1s",
        "tcp_keepalives_idle": "5",
        "log_line_prefix": "%m [%p] %q%u@%d ",
        "log_checkpoints": "off",
        "jit": "off",
        **(archiving or {"archive_mode": "off"}),
    }
    if upstream is not None:
        settings["primary_conninfo"] = conninfo(
            upstream.address, application_name, upstream.password_file
        )
    return "".join(f"{name} = '{escape(value)}'\n" for name, value in settings.items())


def conninfo(address: Address, application_name: str, password_file: str) -> str:
    """How a standby, a base copy or a rewind connects to its upstream; without the password."""
    return (
        f"host={address.host} port={address.port} user={REPLICATION} dbname=postgres "
        f"application_name={application_name} passfile='{_escape_conninfo(password_file)}' "
        "connect_timeout=3"
    )


def pg_hba_conf(roles: Mapping[str, str], *, socket: bool = False) -> str:
    """Who may connect to what: `roles` maps each service's role to its one database.

    Through a `socket` comes the backup role alone.
    """
    rules = [
        ("all", OWNER),
        ("replication", REPLICATION),
        ("postgres", REPLICATION),  # pg_rewind reads the source through an ordinary session
        *((database, role) for role, database in sorted(roles.items())),
    ]
    local = f"local postgres {BACKUP} scram-sha-256\n" if socket else ""
    return local + "".join(
        f"host {database} {role} 127.0.0.0/8 scram-sha-256\n" for database, role in rules
    )


def password_file(password: str, role: str = REPLICATION) -> str:
    """A libpq passfile that holds for every server of the replica set."""
    escaped = password.replace("\\", "\\\\").replace(":", "\\:")
    return f"*:*:*:{role}:{escaped}\n"


def initdb(binary: str, data: str, password_path: str) -> tuple[str, ...]:
    return (
        *(binary, "-D", data, "-E", "UTF8", "--locale=C.UTF-8", "-U", OWNER),
        *("--auth=scram-sha-256", f"--pwfile={password_path}", "--data-checksums", "--no-sync"),
        # A promotion begins a new segment, and a rewind copies all that are kept: small ones.
        f"--wal-segsize={SEGMENT_BYTES >> 20}",
    )


def base_backup(binary: str, data: str, upstream: str) -> tuple[str, ...]:
    """`upstream` is a conninfo; `-c fast` because a spread checkpoint takes minutes."""
    return (binary, "-D", data, "-d", upstream, "-c", "fast", "-X", "stream", "--no-sync")


def rewind(binary: str, data: str, upstream: str) -> tuple[str, ...]:
    return (binary, "-D", data, "--source-server", upstream, "--no-sync")


def server(binary: str, data: str) -> tuple[str, ...]:
    return (binary, "-D", data)


def _one_of_a_list(folder: str) -> str:
    return f'"{folder}"' if folder else ""


def _escape_conninfo(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def escape(value: str) -> str:
    """A value between the single quotes of a file of settings."""
    return value.replace("\\", "\\\\").replace("'", "''")
