"""Which program is taken when several places offer one, and what is said when none does."""

from dataclasses import replace
from pathlib import Path

import pytest

from caisson.targets.local import binaries, fetch
from caisson.targets.local.binaries import (
    BinaryMissingError,
    SourceError,
    UnknownProgramError,
    find,
    has,
    software_of,
)

POSTGRES = software_of("postgres").programs


def program(path: Path, version: str = "1.2.3", status: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {path.name} {version}\nexit {status}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with apt, an empty cache and nothing installed in the usual folders."""
    folder = tmp_path / "packages"
    bare = tuple(replace(software, folders=()) for software in binaries.SOFTWARE)
    monkeypatch.setattr(binaries, "SOFTWARE", bare)
    monkeypatch.setattr(binaries, "_COMMON_FOLDERS", ())
    monkeypatch.setattr(binaries, "package_folder", lambda: folder)
    monkeypatch.setenv("PATH", str(tmp_path / "a") + ":" + str(tmp_path / "b"))
    monkeypatch.delenv("CAISSON_BINARIES", raising=False)
    return folder


@pytest.mark.usefixtures("packages")
def test_the_first_on_the_path_is_taken_and_tells_its_version(tmp_path: Path) -> None:
    first = program(tmp_path / "a/patroni", "4.1.5")
    program(tmp_path / "b/patroni", "9.9")
    assert (find("patroni").path, find("patroni").version) == (first, "4.1.5")


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize(("version", "status"), [("1.2.3", 1), ("no version", 0)])
def test_a_program_that_cannot_run_is_passed_over(
    tmp_path: Path, version: str, status: int
) -> None:
    program(tmp_path / "a/patroni", version, status)
    working = program(tmp_path / "b/patroni")
    assert find("patroni").path == working


@pytest.mark.usefixtures("packages")
def test_programs_of_one_software_come_from_one_folder(tmp_path: Path) -> None:
    for name in POSTGRES[1:]:
        program(tmp_path / "a" / name, "16.1")  # such as a distribution's wrappers
    for name in POSTGRES:
        program(tmp_path / "b" / name, "15.2")
    assert {find(name).path.parent for name in POSTGRES} == {tmp_path / "b"}


@pytest.mark.usefixtures("packages")
def test_postgres_is_followed_to_its_own_folder_past_wrappers_beside_the_link(
    tmp_path: Path,
) -> None:
    for name in POSTGRES:
        program(tmp_path / "a" / name, "99.9")
        program(tmp_path / "versions/15/bin" / name, "15.2")
    (tmp_path / "a/postgres").unlink()
    (tmp_path / "a/postgres").symlink_to(tmp_path / "versions/15/bin/postgres")
    assert find("psql").path == tmp_path / "versions/15/bin/psql"


def test_redis_keeps_the_name_by_which_it_knows_what_it_is(packages: Path) -> None:
    folder = packages / "redis/usr/bin"
    program(folder / "redis-check-rdb")
    program(folder / "redis-cli")
    (folder / "redis-server").symlink_to("redis-check-rdb")
    assert find("redis-server").path == folder / "redis-server"


def test_the_highest_version_unpacked_is_taken_with_its_libraries(packages: Path) -> None:
    for version in ("9.6", "15", "16"):
        for name in POSTGRES:
            program(packages / f"postgres/usr/lib/postgresql/{version}/bin" / name, version + ".1")
    libraries = packages / "postgres/usr/lib/x86_64-linux-gnu"
    libraries.mkdir()
    found = find("initdb")
    assert found.version == "16.1"
    assert found.environment == (("LD_LIBRARY_PATH", str(libraries)),)


def test_one_source_can_be_forced(
    packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "a/etcd", "3.4.1")
    program(packages / "etcd/usr/bin/etcd", "3.4.2")
    taken = {}
    for source in ("", "system", "cache"):
        monkeypatch.setenv("CAISSON_BINARIES", source)
        taken[source] = find("etcd").version
    assert taken == {"": "3.4.1", "system": "3.4.1", "cache": "3.4.2"}
    monkeypatch.setenv("CAISSON_BINARIES", "elsewhere")
    with pytest.raises(SourceError, match="write system or cache"):
        find("etcd")


def test_what_is_missing_is_named_with_the_command_to_type(
    packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAISSON_BINARIES", "cache")
    with pytest.raises(BinaryMissingError) as missing:
        find("redis-cli")
    assert missing.value.command.endswith("-m caisson.targets.local.fetch redis-server")
    assert missing.value.command in str(missing.value)
    assert not has("redis-cli")
    assert not packages.exists()


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize(
    ("installer", "name", "command"),
    [
        ("brew", "psql", "brew install postgresql@17"),
        ("dnf", "memcached", "sudo dnf install memcached"),
        ("none", "haproxy", "install haproxy so that haproxy is on the PATH"),
    ],
)
def test_without_apt_the_platforms_own_installer_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installer: str, name: str, command: str
) -> None:
    monkeypatch.setattr(binaries, "package_folder", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path / "tools"))
    program(tmp_path / "tools" / installer)
    with pytest.raises(BinaryMissingError) as missing:
        find(name)
    assert missing.value.command == command


def test_a_program_that_caisson_does_not_run_is_refused() -> None:
    with pytest.raises(UnknownProgramError, match="mysqld"):
        find("mysqld")


@pytest.mark.parametrize(
    ("package", "library"),
    [
        ("libpq5", "libpq.so.5"),
        ("libevent-2.1-7", "libevent-2.1.so.7"),
        ("libevent-2.1-7t64", "libevent-2.1.so.7"),
        ("liblua5.3-0", "liblua5.3.so.0"),
        ("libgssapi-krb5-2", "libgssapi_krb5.so.2"),
        ("libx11-6", "libX11.so.6"),
        ("libicu72", "libicui18n.so.72"),
        ("libnss3", "libnss3.so"),
        ("libstdc++6", "libstdc++.so.6"),
    ],
)
def test_a_librarys_package_is_known_by_its_name(package: str, library: str) -> None:
    assert fetch._may_hold(package, [library])


@pytest.mark.parametrize(
    ("package", "library"),
    [("libicu72", "libicuuc.so.70"), ("libpq5", "libpq.so.6"), ("libssl3", "libpq.so.5")],
)
def test_another_librarys_package_is_not_taken_for_it(package: str, library: str) -> None:
    assert not fetch._may_hold(package, [library])


def test_the_cache_lies_where_servers_of_another_user_can_read_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CAISSON_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for user, folder in ((0, Path("/var/cache/caisson")), (1000, tmp_path / "caisson")):
        monkeypatch.setattr("os.geteuid", lambda user=user: user)
        assert binaries._cache() == folder
    monkeypatch.setenv("CAISSON_CACHE", str(tmp_path / "named"))
    assert binaries._cache() == tmp_path / "named"
