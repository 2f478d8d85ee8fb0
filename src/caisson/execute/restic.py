"""restic on this machine: a repository for each replica set of Redis, and what is asked of it.

Each has a repository of its own, with the key of its jurisdiction: restic locks a whole repository
while it lets go of something, and what is damaged in one is whole in the others.
"""

from dataclasses import dataclass
from pathlib import Path

from caisson.execute.errors import StepError
from caisson.execute.repositories import Repositories
from caisson.systems.restic.answers import Snapshot, read_snapshots
from caisson.systems.restic.commands import Commands
from caisson.systems.restic.problems import Problem, Trouble, explain
from caisson.targets.local.layout import write_private

PROGRAM = "restic"
QUERY_S = 60.0
COPY_S = 86_400.0
# A tool's output is kept in part only, and a list of backups grows: it goes to a file.
_TO_FILE = ("/bin/sh", "-c", 'exec "$@" >"$CAISSON_ANSWER"', "sh")


class ResticError(StepError):
    """restic has failed; `problem` says how."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Restic:
    """One replica set's repository."""

    repositories: Repositories
    replica_set: str

    @property
    def region(self) -> str:
        return self.repositories.region_of(self.replica_set)

    @property
    def folder(self) -> Path:
        """What restic's processes on this machine need meanwhile; private."""
        folder = self.repositories.world.layout.run / PROGRAM / self.replica_set
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    @property
    def commands(self) -> Commands:
        """Write the key's file; return what can be typed."""
        repositories, key_file = self.repositories, self.folder / "key"
        write_private(key_file, repositories.key_of(self.replica_set))
        store = repositories.world.replica_set(self.replica_set).store
        place = repositories.folder_of(self.replica_set) / PROGRAM / store
        return Commands(repositories.world.program(PROGRAM), str(place), str(key_file))

    def prepare(self) -> None:
        """Make the repository, unless there is one, and take away the locks of what is gone."""
        commands = self.commands
        try:
            self.run(commands.config())
        except ResticError as error:
            if error.problem.trouble is not Trouble.NONE:
                raise
            self.repositories.make(self.replica_set)
            self.run(commands.init())
        self.run(commands.unlock())

    def snapshots(self) -> tuple[Snapshot, ...]:
        """Every backup of the replica set, oldest first; none where there is no repository.

        Raises ResticError and AnswerError.
        """
        answer = self.folder / "answer"
        argv = (*_TO_FILE, *self.commands.snapshots())
        try:
            self.run(argv, more={"CAISSON_ANSWER": str(answer)})
        except ResticError as error:
            if error.problem.trouble is Trouble.NONE:
                return ()
            raise
        return read_snapshots(answer.read_text("utf-8"), self.replica_set)

    def check(self) -> str:
        """Read every byte of the repository; raise ResticError where one is wrong or missing."""
        self.run(self.commands.check(), timeout_s=COPY_S)
        return "every byte was read"

    def run(
        self,
        argv: tuple[str, ...],
        *,
        more: dict[str, str] | None = None,
        cwd: Path | None = None,
        timeout_s: float = QUERY_S,
    ) -> str:
        """Run restic to its end in the repository's region; raise ResticError with its trouble."""
        world = self.repositories.world
        result = world.supervisor.run(
            self.region,
            argv,
            env={**world.environment(PROGRAM), **self.commands.environment(), **(more or {})},
            cwd=cwd or self.folder,
            timeout_s=timeout_s,
        )
        if result.timed_out:
            raise StepError(f"{PROGRAM} {self.replica_set}: not within {timeout_s:g} s")
        if result.exit_code != 0:
            raise ResticError(explain(result.exit_code, result.output))
        return result.output
