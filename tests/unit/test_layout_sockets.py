"""Where Unix sockets lie: short enough to be bound, and nobody else's."""

import socket
import stat
from pathlib import Path

import pytest

from caisson.targets.local.layout import Layout

COMPONENT = "production/us-west/blocks"


@pytest.mark.parametrize("root", ["estate", "an estate", "e" * 100])
def test_a_postgres_socket_can_be_bound_wherever_the_estate_lies(tmp_path: Path, root: str) -> None:
    layout = Layout(tmp_path / root)
    folder, other = layout.socket_folder(COMPONENT), layout.socket_folder("staging/us-west/blocks")
    assert folder == layout.socket_folder(COMPONENT) != other
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    path = folder / ".s.PGSQL.65535"
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
    finally:
        path.unlink()
        folder.rmdir()
        other.rmdir()


def test_it_lies_with_the_estate_where_the_path_is_short_and_plain() -> None:
    inside = Layout(Path("/estate"))
    assert inside.socket(COMPONENT).parent == inside.conf(COMPONENT)
