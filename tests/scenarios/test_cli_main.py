"""What holds for every command: help, exit codes, errors in sentences, a quick start."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from cli_support import HOLDS, WORKSPACE, caisson, shop

from caisson.cli import main as cli
from caisson.cli.main import COMMANDS, OPERATING_ERRORS, main
from caisson.state.errors import StateLocked, StateUnavailable

NAMES = [verb.name for _, verbs in COMMANDS for verb in verbs]


def stand_in(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let the command `check` raise."""

    @click.command()
    def check() -> None:
        raise error

    monkeypatch.setattr(cli.Verbs, "get_command", lambda *_: check)


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help(name: str) -> None:
    ended = caisson(name, "--help")
    assert ended.code == 0
    assert ended.out.startswith(f"Usage: main {name}")


def test_help_lists_every_command_and_the_exit_codes() -> None:
    out = caisson("--help").out
    assert [line.split()[0] for line in out.splitlines() if line[2:].startswith(tuple(NAMES))] == (
        NAMES
    )
    assert "  3  nothing is broken, but something cannot be told (only with --strict)" in out


def test_an_unknown_command_is_wrong_input() -> None:
    ended = caisson("chek")
    assert ended.code == 2
    assert "No such command" in ended.err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (StateLocked("state.sqlite", "process 7"), 2, "held by process 7: stop that one first"),
        (StateUnavailable("state.sqlite: disk full"), 1, "state.sqlite: disk full"),
        (PermissionError(13, "Permission denied", "/estate"), 1, "/estate: Permission denied"),
    ],
)
def test_operating_errors_end_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, said: str
) -> None:
    stand_in(monkeypatch, error)
    ended = caisson("check")
    assert ended.code == code
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_an_error_of_the_program_itself_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, KeyError("a mistake of ours"))
    with pytest.raises(KeyError):
        caisson("check")


def test_ctrl_c_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, KeyboardInterrupt())
    ended = caisson("check")
    assert (ended.code, ended.out, ended.err) == (130, "", "")


@pytest.mark.parametrize(("module", "name"), [entry[:2] for entry in OPERATING_ERRORS])
def test_every_error_that_is_caught_by_name_exists(module: str, name: str) -> None:
    found = getattr(__import__(module, fromlist=[name]), name)
    assert issubclass(found, Exception)


def test_check_imports_nothing_that_only_running_needs() -> None:
    program = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from caisson.cli.main import main\n"
        f"assert CliRunner().invoke(main, ['check', {str(WORKSPACE)!r}]).exit_code == 0\n"
        "print(*sys.modules)\n"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "caisson.prove.check" in loaded
    assert not {"aiohttp", "redis", "psycopg", "sqlite3", "asyncio"} & set(loaded)


def test_marks_survive_a_terminal_that_cannot_show_them(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "caisson.cli.main", "check", str(shop(tmp_path, HOLDS))],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        check=False,
    )
    assert ended.returncode == 0
    assert b"? holds        stays" in ended.stdout


def test_the_group_is_what_the_entry_point_calls() -> None:
    assert isinstance(main, click.Group)
    assert main.list_commands(click.Context(main)) == NAMES
