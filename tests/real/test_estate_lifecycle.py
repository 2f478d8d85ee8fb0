"""Coming up and going down, in every way that it can end, with small estates."""

import json
import os
import pty
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from estate_support import CAISSON, EstateHere, cleared, http, nothing_left, until

# The smallest estate with data, and the quickest one without.
NOTES = """\
estate: notes
jurisdictions: {us: {home: west, standby: east}}
regions: {west: {jurisdiction: us}, east: {jurisdiction: us}}
stores:
  notes: {system: postgres, shards: 2, schema: schema.sql}
  sessions: {system: redis}
  cache: {system: memcached, rebuildable: true}
environments: {production: {}}
tenants: {acme: {home: us}}
"""
SCHEMA = "CREATE TABLE IF NOT EXISTS notes (id int PRIMARY KEY);\n"
QUICK = """\
estate: quick
jurisdictions: {us: {home: west}, eu: {home: north}}
regions: {west: {jurisdiction: us}, north: {jurisdiction: eu}}
stores: {cache: {system: memcached, rebuildable: true}}
environments: {production: {}}
tenants: {acme: {home: us}, muster: {home: eu}}
"""
SERVICE = """
services:
  web: {{run: [{run}], public: http, uses: {{cache: write}}}}
"""
SERVER = "[python, -m, http.server]"


def write(folder: Path, text: str, schema: str = SCHEMA) -> EstateHere:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "estate.yaml").write_text(text, encoding="utf-8")
    (folder / "schema.sql").write_text(schema, encoding="utf-8")
    return EstateHere(folder)


@pytest.fixture
def notes(tmp_path: Path) -> Iterator[EstateHere]:
    with cleared(write(tmp_path / "notes", NOTES)) as here:
        yield here


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[EstateHere]:
    with cleared(write(tmp_path / "quick", QUICK)) as here:
        yield here


def come_up(estate: EstateHere, *arguments: str) -> "subprocess.Popen[str]":
    """`caisson up` in the foreground, until it says that it is up."""
    process = estate.begin("up", *arguments)

    def is_up() -> bool:
        assert process.poll() is None, estate.said()
        return "Ctrl-C stops everything" in estate.said()

    until("the estate is up", is_up)
    return process


def owner(estate: EstateHere) -> "psycopg.Connection[tuple[object, ...]]":
    """A superuser's session with the primary of `notes`."""
    host, port = estate.components()["production/west/notes"]["address"].split(":")
    return psycopg.connect(
        host=host,
        port=int(port),
        user="caisson",
        password=estate.secrets()["production/us/notes/owner"],
        dbname="notes",
        autocommit=True,
    )


# -- the end, asked for or not ----------------------------------------------------------------


def test_a_signal_stops_everything(quick: EstateHere) -> None:
    process = come_up(quick)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0, quick.said()
    nothing_left(quick, 0.5)
    assert "stopped by a signal" in quick.said()
    assert quick.state() == "down"


@pytest.mark.parametrize("ending", ["ctrl-c", "closed"])
def test_the_terminal_stops_everything(quick: EstateHere, ending: str) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(quick.folder)
        os.execv(CAISSON[0], [*CAISSON, "up"])  # noqa: S606
    shown = b""
    while b"Ctrl-C stops everything" not in shown:
        shown += os.read(terminal, 4096)
    if ending == "ctrl-c":
        os.write(terminal, b"\x03")
        until("it says so", lambda: b"stopped by a signal" in os.read(terminal, 4096), 10)
    else:
        os.close(terminal)
    nothing_left(quick, 10)
    _, status = os.waitpid(pid, 0)
    if ending == "ctrl-c":
        os.close(terminal)
        assert status == 0


def test_a_signal_stops_what_is_still_coming_up(notes: EstateHere) -> None:
    for arguments in (("up",), ("up", "--detach")):
        process = notes.begin(*arguments)
        until("the first tool runs", lambda: any("initdb" in c for c in notes.processes().values()))
        process.send_signal(signal.SIGINT)
        process.wait(10)
        nothing_left(notes, 0.5)
    again = notes.caisson("up", "--detach")
    assert again.code == 0, again.said


def test_data_outlives_a_killed_controller_and_a_killed_supervisor(notes: EstateHere) -> None:
    process = come_up(notes)
    with owner(notes) as connection:
        connection.execute("INSERT INTO shard_1.notes VALUES (1)")
    process.kill()
    process.wait()
    nothing_left(notes, 5)
    assert notes.state() == "down"

    process = come_up(notes)
    with owner(notes) as connection:
        connection.execute("INSERT INTO shard_1.notes VALUES (2)")
    (supervisor,) = (p for p, c in notes.processes().items() if "targets.local.supervisor" in c)
    os.kill(supervisor, signal.SIGKILL)
    assert process.wait(10) == 1
    assert "supervisor has ended" in notes.said()
    nothing_left(notes, 5)

    assert notes.caisson("up", "--detach").code == 0
    with owner(notes) as connection:
        assert connection.execute("SELECT id FROM shard_1.notes ORDER BY id").fetchall() == [
            (1,),
            (2,),
        ]


def test_up_right_after_the_controller_was_killed(quick: EstateHere) -> None:
    come_up(quick).kill()
    up = quick.caisson("up", "--detach")
    assert up.code == 0, up.said
    assert len([c for c in quick.processes().values() if "memcached" in c]) == 2


def test_down_stops_the_servers_of_a_controller_that_hangs(quick: EstateHere) -> None:
    process = come_up(quick)
    process.send_signal(signal.SIGSTOP)
    down = quick.caisson("down")
    assert down.code == 1
    assert f"kill -9 {process.pid}" in down.err
    assert list(quick.processes()) == [process.pid]
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert quick.caisson("down").code == 0


def test_down_twice_and_status_when_down(quick: EstateHere) -> None:
    assert quick.caisson("status", "--json").json == {"state": "down", "sites": [], "console": None}
    assert quick.caisson("down").code == 0
    assert quick.caisson("up", "--detach").code == 0
    down = quick.caisson("down", "--json")
    assert (down.code, down.json["state"]) == (0, "down")
    nothing_left(quick, 0.5)
    assert quick.caisson("down").code == 0
    status = quick.caisson("status")
    assert status.code == 0
    assert "caisson up" in status.out


def test_down_ends_though_nobody_asks_how_the_controller_ended(quick: EstateHere) -> None:
    """In many containers nothing reaps orphans: the controller stays as a zombie."""
    process = come_up(quick)
    down = quick.caisson("down", within_s=15)
    assert down.code == 0, down.said
    assert process.wait(1) == 0


# -- starts that fail -------------------------------------------------------------------------


def failed(estate: EstateHere, code: int, *said: str, **env: str) -> None:
    """`up` fails with these words and leaves nothing."""
    up = estate.caisson("up", "--json", within_s=60, **env)
    assert up.code == code, up.said
    reasons = "\n".join(json.loads(up.out)["errors"])
    for words in said:
        assert words in reasons
    assert "Traceback" not in up.err
    nothing_left(estate, 0.5)


def test_a_service_that_ends_at_once(tmp_path: Path) -> None:
    text = QUICK + SERVICE.format(run="python, -c, 'raise SystemExit(\"no config\")'")
    with cleared(write(tmp_path / "ends", text)) as estate:
        log = estate.layout.log("production/west/web")
        failed(estate, 1, "production/", "/web", "ends again and again", ".caisson/logs/production")
        assert "no config" in log.read_text()
        detached = estate.caisson("up", "--detach")
        assert detached.code == 1
        assert "ends again and again" in detached.err
        nothing_left(estate, 0.5)
        assert estate.state() == "down"


def test_a_service_whose_program_is_not_there(tmp_path: Path) -> None:
    with cleared(write(tmp_path / "absent", QUICK + SERVICE.format(run="nosuchprogram"))) as estate:
        failed(estate, 1, "nosuchprogram", "No such file")


def test_a_schema_with_a_mistake(tmp_path: Path) -> None:
    with cleared(write(tmp_path / "sql", NOTES, "CREATE TABEL notes (id int);\n")) as estate:
        up = estate.caisson("up", "--detach")
        assert up.code == 1
        assert 'syntax error at or near "TABEL"' in up.err
        assert "schema.sql" in up.err
        nothing_left(estate, 0.5)
        (estate.folder / "schema.sql").write_text(SCHEMA)
        assert estate.caisson("up", "--detach").code == 0


def test_a_program_that_is_not_on_this_machine(quick: EstateHere, tmp_path: Path) -> None:
    nowhere = {"CAISSON_BINARIES": "cache", "CAISSON_CACHE": str(tmp_path / "empty")}
    failed(quick, 2, "memcached is not on this machine; type: ", **nowhere)


def test_a_mistaken_estate_changes_nothing(tmp_path: Path) -> None:
    text = NOTES.replace("system: redis", "system: radis").replace("home: us}", "home: uk}")
    estate = write(tmp_path / "mistaken", text)
    up = estate.caisson("up")
    assert up.code == 2
    assert "estate.yaml:6:" in up.err
    assert "estate.yaml:9:" in up.err
    assert not estate.layout.home.exists()


def test_what_the_local_target_cannot_run(tmp_path: Path) -> None:
    text = NOTES.replace("system: redis", "system: opensearch")
    estate = write(tmp_path / "other", text)
    up = estate.caisson("up")
    assert up.code == 2
    assert "estate.yaml:6" in up.err
    assert "does not run opensearch" in up.err
    assert not estate.layout.home.exists()


def test_a_standby_in_another_jurisdiction_is_refused(tmp_path: Path) -> None:
    text = QUICK.replace("{home: west}", "{home: west, standby: north}")
    estate = write(tmp_path / "mixed", text)
    for arguments in (("up",), ("up", "--detach")):
        up = estate.caisson(*arguments)
        assert up.code == 2
        assert "estate.yaml:2" in up.err
        assert "north, which belongs to eu" in up.err
        assert not estate.processes()
    assert not (estate.layout.home / "state.sqlite").exists()


def test_a_tenant_whose_data_lies_elsewhere_is_refused(quick: EstateHere) -> None:
    assert quick.caisson("up", "--detach").code == 0
    assert quick.caisson("down").code == 0
    estate = quick.folder / "estate.yaml"
    estate.write_text(QUICK.replace("acme: {home: us}", "acme: {home: eu}, late: {home: us}"))
    failed(quick, 2, "estate.yaml:6", "the data of `acme` is in us", "the estate now says eu")
    # Nothing was recorded of the refused declaration: `late` has no home yet.
    estate.write_text(QUICK.replace("acme: {home: us}", "acme: {home: us}, late: {home: eu}"))
    assert quick.caisson("up", "--detach").code == 0


# -- several at once --------------------------------------------------------------------------


def test_two_estates_do_not_collide(quick: EstateHere, tmp_path: Path) -> None:
    with cleared(write(tmp_path / "another", QUICK)) as another:
        for estate in (quick, another):
            up = estate.caisson("up", "--detach")
            assert up.code == 0, up.said
        hosts = [{c["address"] for c in e.components().values()} for e in (quick, another)]
        assert not hosts[0] & hosts[1]
        assert quick.caisson("down").code == 0
        assert another.state() == "up"


def test_the_same_estate_twice_at_the_same_moment(notes: EstateHere) -> None:
    process = notes.begin("up")
    until("it has begun", lambda: notes.layout.run.joinpath("processes.json").exists())
    for arguments in (("up",), ("up", "--detach")):
        second = notes.caisson(*arguments)
        if second.code == 0:  # the first was up by then
            assert "already up" in second.out
        else:
            assert second.code == 2
            assert str(process.pid) in second.err
    until("the first is up", lambda: "Ctrl-C stops everything" in notes.said())
    assert notes.state() == "up"


# -- unusual places ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["jürgens 'große' \"東京\" $1, 100% \\n", "/".join(["a-long-way-down"] * 8)],
)
def test_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    text = NOTES + SERVICE.format(run="python, server.py").replace("cache: write", "notes: write")
    with cleared(write(tmp_path / name, text)) as estate:
        (estate.folder / "server.py").write_text(_SERVER)
        up = estate.caisson("up", "--detach")
        assert up.code == 0, up.said
        states = {c["state"] for c in estate.components().values()}
        assert states == {"running"}
        edge = estate.components()["production/edge/edge"]["address"]
        assert http("GET", f"http://{edge}/t/acme/").status == 200
        done = estate.client().order("failover", environment="production", region="west")
        assert done["state"] == "done", done


_SERVER = """\
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
host, port = os.environ["CAISSON_LISTEN"].split(":")
http.server.ThreadingHTTPServer((host, int(port)), Handler).serve_forever()
"""


def test_a_folder_that_cannot_be_written(quick: EstateHere) -> None:
    """A file in the way refuses root as well, whom permissions do not."""
    quick.layout.home.write_text("in the way")
    for arguments in (("up",), ("up", "--detach"), ("down",)):
        ended = quick.caisson(*arguments)
        assert ended.code == 1
        (line,) = ended.err.splitlines()
        assert line.startswith("error: ")
        assert ".caisson" in line
    assert quick.state() == "down"
    quick.layout.home.unlink()


# -- as an ordinary user ----------------------------------------------------------------------


def test_as_an_ordinary_user() -> None:
    """Root tries it as somebody else, who may read what root may but owns only this folder."""
    folder = Path(tempfile.mkdtemp(prefix="caisson-ordinary-"))
    try:
        with cleared(_ordinary(write(folder / "notes", NOTES))) as estate:
            (estate.folder / ".home").mkdir()
            if os.geteuid() == 0:
                refused = estate.caisson("up")
                assert refused.code == 1
                assert "Permission denied" in refused.err
                assert not estate.processes()
            for path in (folder, *folder.rglob("*")):
                os.chown(path, *_ORDINARY)
            up = estate.caisson("up", "--detach")
            assert up.code == 0, up.said
            owners = {Path(f"/proc/{pid}").stat().st_uid for pid in estate.processes()}
            assert owners == {_ORDINARY[0]}
            again = estate.caisson("up", "--detach")
            assert "already up" in again.out
    finally:
        shutil.rmtree(folder)


_ORDINARY = (65534, 65534) if os.geteuid() == 0 else (os.geteuid(), os.getegid())


def _ordinary(estate: EstateHere) -> EstateHere:
    if os.geteuid() != 0:
        return estate
    user = ("--reuid=65534", "--regid=65534", "--clear-groups")
    readers = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
    return EstateHere(
        estate.folder,
        {"HOME": str(estate.folder / ".home"), "CAISSON_CACHE": "/var/cache/caisson"},
        ("setpriv", *user, *readers, "--"),
    )
