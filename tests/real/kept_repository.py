"""What lies in the repository of an estate's one store, asked past the controller."""

import os
import subprocess
from dataclasses import dataclass

from estate_support import EstateHere
from kept_estate import PRIMARY, owner

from caisson.systems.pgbackrest.answers import Stanza, read_info, read_listing
from caisson.systems.pgbackrest.files import Commands
from caisson.systems.pgbackrest.verification import Fault, read_verify, unseen
from caisson.systems.pgbackrest.waiting import QUEUE_SQL, read_queue
from caisson.targets.local.binaries import find

_STANZA = "blocks"


@dataclass(frozen=True)
class Found:
    """`faults`: all that `verify` says, and what it does not look for."""

    stanza: Stanza
    faults: tuple[Fault, ...]


def sound(estate: EstateHere) -> Stanza:
    """Assert that nothing is wrong with the repository; return what is in it."""
    found = look(estate)
    assert found.stanza.problem == ""
    assert found.faults == ()
    return found.stanza


def look(estate: EstateHere) -> Found:
    binary = find("pgbackrest")
    conf = estate.layout.conf(PRIMARY) / "pgbackrest.conf"
    commands = Commands(str(binary.path), str(conf), _STANZA)

    def say(argv: tuple[str, ...]) -> str:
        environ = {**os.environ, **dict(binary.environment)}
        done = subprocess.run(
            (*estate.prefix, *argv), env=environ, capture_output=True, check=True, timeout=120
        )
        return (done.stdout + done.stderr).decode(errors="replace")

    with owner(estate) as session:
        queue = read_queue([str(each) for each in session.execute(QUEUE_SQL).fetchone() or ()])
    stanza = read_info(say(commands.info()), _STANZA)
    verified = read_verify(say(commands.verify()))
    assert verified.complete
    archives = read_listing(say(commands.listing()))
    more = unseen(verified, stanza, archives, queue.segment_bytes, queue.archived)
    return Found(stanza, (*verified.faults, *more))
