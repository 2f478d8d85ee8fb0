"""The drill `corrupt-backup`: copies of a repository are damaged, and each damage must be named."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from caisson.controller.operations import Refused
from caisson.drill.restoring import Found
from caisson.execute.backups import UNREADABLE
from caisson.execute.damaged import AsOf, CopyOfRepository, Damage, copy_tree, damages, wrong_key
from caisson.execute.performer import Performer
from caisson.execute.verification import Verifier
from caisson.execute.world import World
from caisson.systems.pgbackrest.answers import Backup
from caisson.systems.pgbackrest.waiting import Queue


class Corruption:
    def __init__(self, world: World, performer: Performer) -> None:
        self._world = world
        self._performer = performer

    def hold(self, replica_set: str) -> Iterator[Found]:
        """Verify a copy as it is, and then one for each damage. Raises Refused."""
        queue = self._performer.backups.queue(replica_set)  # before the copy: more comes later
        if queue is None:
            raise Refused(f"the primary of {replica_set} does not answer")
        place = self._performer.repositories.place(replica_set)
        if "://" in place:
            raise Refused(f"{place} is a bucket: copies of folders alone are damaged")
        repository = Path(place)
        with TemporaryDirectory(prefix="corrupt-", dir=self._world.layout.home) as folder:
            kept = Path(folder, "kept")
            copy_tree(repository, kept)
            whole = self._copy(kept, Path(folder, "whole"))
            newest = self._newest(replica_set, whole, queue)
            yield self._untouched(replica_set, whole, newest, queue)
            yield self._with_wrong_key(replica_set, whole, newest, queue)
            for number, (what, damage) in enumerate(damages()):
                copy = self._copy(kept, Path(folder, str(number)))
                yield self._damaged(replica_set, copy, newest, queue, what, damage)
                shutil.rmtree(copy.at)

    def _copy(self, kept: Path, at: Path) -> CopyOfRepository:
        at.mkdir(mode=0o700)
        copy = CopyOfRepository(self._world, at)
        copy_tree(kept, copy.folder)
        return copy

    def _newest(self, replica_set: str, copy: CopyOfRepository, queue: Queue) -> Backup:
        try:
            listed = AsOf(copy, self._performer.postgres, queue).info(replica_set).backups
        except UNREADABLE as error:
            raise Refused(f"{replica_set}: {error}") from error
        if not listed:
            raise Refused(f"{replica_set} has no backup yet")
        return max(listed, key=lambda each: each.stopped_at)

    def _untouched(
        self, replica_set: str, copy: CopyOfRepository, newest: Backup, queue: Queue
    ) -> Found:
        named = self._named(replica_set, copy, newest, queue)
        return Found("a copy as it is", named or "sound", well=named is None)

    def _with_wrong_key(
        self, replica_set: str, copy: CopyOfRepository, newest: Backup, queue: Queue
    ) -> Found:
        named = self._named(replica_set, wrong_key(copy), newest, queue)
        return Found("the key is another", named or "called sound", well=named is not None)

    def _damaged(
        self,
        replica_set: str,
        copy: CopyOfRepository,
        newest: Backup,
        queue: Queue,
        what: str,
        damage: Damage,
    ) -> Found:
        stanza = self._world.replica_set(replica_set).store
        # By chance, so that no drill is like the one before; what was hit is told.
        hit = damage(copy, stanza, newest, random.Random())  # noqa: S311
        named = self._named(replica_set, copy, newest, queue)
        said = f"{hit}: {named or 'called sound'}"
        return Found(what, said, well=named is not None)

    def _named(
        self, replica_set: str, copy: CopyOfRepository, newest: Backup, queue: Queue
    ) -> str | None:
        """What a verification says of a copy; None when it calls it sound."""
        verifier = Verifier(copy, AsOf(copy, self._performer.postgres, queue))
        try:
            faults = verifier.verify(replica_set, newest.label).faults
        except UNREADABLE as error:
            return str(error)
        hurt = [each for each in faults if not each.fault.spared]
        return f"{hurt[0].fault.what}, {hurt[0].means}" if hurt else None
