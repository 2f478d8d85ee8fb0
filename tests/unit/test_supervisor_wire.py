from pathlib import Path

import pytest

from caisson.targets.local import wire

SPEC = wire.ProcessSpec(
    id="production/us-west/blocks",
    site="production/us-west",
    argv=("postgres", "-D", "/data/ü ber\n"),
    env={"PATH": "/usr/bin", "EMPTY": ""},
    cwd=Path("/data"),
    log=Path("/logs/blocks.log"),
    stop_signal=2,
    restart=True,
)
REQUESTS = (
    wire.Start(SPEC),
    wire.Stop("a", 1.5),
    wire.Run("s", ("initdb", "x"), {"A": "b"}, Path("/"), 9.0, "secret\nwith lines"),
    wire.Run("s", ("initdb",), {}, Path("/"), 9.0),
    wire.Run("s", ("initdb",), {}, Path("/"), 9.0, into=Path("/out")),
    wire.Processes(),
    wire.Kill("a"),
    wire.LoseSite("s", 3.0),
    wire.FreezeSite("s", 3.0),
    wire.Renew("f", 3.0),
    wire.Undo("f"),
    wire.Shutdown(2.0),
)
ANSWERS = (
    wire.Reply(3, [{"id": "a"}]),
    wire.Reply(4, error="no process a has been started here"),
    wire.Hello(1, 65534, None),
    wire.Started("a", 12),
    wire.Exited("a", -9),
    wire.Restarted("a", 13, 1),
    wire.FaultUndone("lost-1-1", "production/us-west", "expired"),
)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda it: type(it).__name__)
def test_a_request_arrives_as_it_was_sent(request_: wire.Request) -> None:
    line = wire.encode_request(7, request_)
    assert line.index(b"\n") == len(line) - 1
    assert wire.decode_request(line) == (7, request_)


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda it: type(it).__name__)
def test_an_answer_arrives_as_it_was_sent(answer: wire.Reply | wire.Event) -> None:
    line = wire.encode_answer(answer)
    assert line.index(b"\n") == len(line) - 1
    assert wire.decode_answer(line) == answer


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[1]",
        b"\xff\xfe",
        b'{"number": 1, "do": "Explode", "with": {}}',
        b'{"do": "Processes", "with": {}}',
        b'{"number": 1, "do": "Stop", "with": {"id": "a"}}',
        b'{"number": 1, "do": "Stop", "with": {"id": "a", "grace_s": 1, "more": 2}}',
        b'{"number": 1, "do": "Stop", "with": null}',
        b'{"number": 1, "do": "Start", "with": {"spec": {"id": "a"}}}',
    ],
)
def test_what_is_no_request_is_refused(line: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.decode_request(line)


def test_an_answer_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(wire.WireError, match="neither a reply nor an event"):
        wire.decode_answer(b'{"kind": "Surprise", "with": {}}')


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_lines_are_whole_however_the_stream_is_cut(size: int) -> None:
    stream = b"one\ntwo\n\nthree\nunfinished"
    lines = wire.Lines()
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert [line for it in pieces for line in lines.feed(it)] == [b"one", b"two", b"", b"three"]
