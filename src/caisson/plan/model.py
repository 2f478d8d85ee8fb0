"""A plan: what a verb would do, as a frozen value that can be shown, journaled and performed.

A plan makes every choice; the executor makes none. Steps run one after the other; the
actions within a step touch different things and may run side by side. Each action is
idempotent: performing it twice equals performing it once.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Start:
    """Start a component's process and wait until it answers.

    `must_answer` is False for a member whose operation was interrupted: it is started as it
    lies on disk, and what that operation does next does not depend on every one of them.
    """

    component: str
    must_answer: bool = True


@dataclass(frozen=True, slots=True)
class Initialise:
    """Make an empty primary for a replica set, unless its data exists already."""

    replica_set: str
    member: str


@dataclass(frozen=True, slots=True)
class ApplySchema:
    """Roles, logical shards, tables and write guards on the primary."""

    replica_set: str
    member: str


@dataclass(frozen=True, slots=True)
class ClaimGeneration:
    """Record durably that `generation` belongs to `member`; older leases are no longer renewed."""

    replica_set: str
    member: str
    generation: int


@dataclass(frozen=True, slots=True)
class Fence:
    """Make `member` unable to write: seal it, or where it does not answer, outlast its lease."""

    replica_set: str
    member: str


@dataclass(frozen=True, slots=True)
class Quiesce:
    """Let running writes on a healthy primary end and refuse new ones, until the next grant."""

    replica_set: str
    member: str


@dataclass(frozen=True, slots=True)
class CatchUp:
    """Wait until `member` has replayed everything that `upstream` has written.

    With `within_bytes` above zero: until it is at most that far behind.
    """

    replica_set: str
    member: str
    upstream: str
    within_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Promote:
    """Make a standby accept writes (it still refuses them until it holds a lease)."""

    replica_set: str
    member: str


@dataclass(frozen=True, slots=True)
class Grant:
    """Give the lease of `generation` to `member`: from here on it may write."""

    replica_set: str
    member: str
    generation: int


@dataclass(frozen=True, slots=True)
class Publish:
    """Tell every service of the environment where the primary of the replica set is."""

    replica_set: str
    member: str


@dataclass(frozen=True, slots=True)
class Route:
    """Send a jurisdiction's requests to `region`, at the environment's edge."""

    environment: str
    jurisdiction: str
    region: str


@dataclass(frozen=True, slots=True)
class Rejoin:
    """Make `member` a standby of `upstream`, unless it follows already.

    An empty member is copied; a former primary is stopped, rewound to where the histories
    parted (or copied anew where that fails) and follows.
    """

    replica_set: str
    member: str
    upstream: str


@dataclass(frozen=True, slots=True)
class Attach:
    """Count `member` as a standby whose acknowledgement a synchronous commit awaits."""

    replica_set: str
    primary: str
    member: str


@dataclass(frozen=True, slots=True)
class Detach:
    """No longer wait for `member` on commit; it cannot be promoted until attached again."""

    replica_set: str
    primary: str
    member: str


@dataclass(frozen=True, slots=True)
class PrepareRepository:
    """Make a replica set's repository, unless there is one, and see that WAL arrives there."""

    replica_set: str
    member: str


@dataclass(frozen=True, slots=True)
class BackUp:
    """Copy `member` into its repository; `kind` is full, or incr for what changed since."""

    replica_set: str
    member: str
    kind: str


@dataclass(frozen=True, slots=True)
class RestoreBeside:
    """Restore a replica set as it was at `moment` into `place`, beside what runs.

    `backup` is the label of the one to begin with. `moment` is ISO 8601 with its offset; None is
    the newest that the repository has. `place` is the name of the copy: a folder, and a process
    of its own. `region` is where it lies and runs, None for the repository's. With `before`, the
    copy ends right before that transaction. `timeline` is the number of the one to follow, None
    for the newest.
    """

    replica_set: str
    place: str
    backup: str
    moment: str | None
    region: str | None = None
    before: str | None = None
    timeline: str | None = None


@dataclass(frozen=True, slots=True)
class StartBeside:
    """Start a restored copy, seen by no service, and wait until its recovery has ended."""

    replica_set: str
    place: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask a restored copy the store's questions; a wrong answer fails the step."""

    replica_set: str
    place: str


@dataclass(frozen=True, slots=True)
class Discard:
    """Stop a restored copy and take its folder away; nothing when there is none."""

    replica_set: str
    place: str


@dataclass(frozen=True, slots=True)
class MergeTenants:
    """Put the rows that a copy has of these tenants in place of those that a shard has of them.

    `tenants` are names between commas. What is replaced is kept under the name `kept`.
    """

    replica_set: str
    place: str
    shard: int
    tenants: str
    kept: str


@dataclass(frozen=True, slots=True)
class RevertTenants:
    """Put back what was kept under the name `undoes`; what makes way is kept as `kept`."""

    replica_set: str
    shard: int
    tenants: str
    undoes: str
    kept: str


@dataclass(frozen=True, slots=True)
class ForgetReplaced:
    """Take away what was kept under this name: it cannot be brought back from here on."""

    replica_set: str
    kept: str


@dataclass(frozen=True, slots=True)
class LayBeside:
    """Stop a restored copy and lay its data beside the member's own, under the copy's name."""

    replica_set: str
    member: str
    place: str


@dataclass(frozen=True, slots=True)
class Foresee:
    """See which timelines the archive has, so that data beside the member begins none of them."""

    replica_set: str
    member: str
    name: str


@dataclass(frozen=True, slots=True)
class SetAside:
    """Stop a member and set its data aside as `aside`; nothing is deleted."""

    replica_set: str
    member: str
    aside: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """Stop a member, set its data aside as `aside`, and put what lies beside in its place."""

    replica_set: str
    member: str
    incoming: str
    aside: str


@dataclass(frozen=True, slots=True)
class PutBack:
    """Bring a member's data back from `aside`, unless it was never set aside.

    What took its place meanwhile is laid beside as `incoming`; with None, nothing may have.
    """

    replica_set: str
    member: str
    aside: str
    incoming: str | None


@dataclass(frozen=True, slots=True)
class BeginTimeline:
    """Start a member on the data that was put in its place: a primary on a timeline of its own."""

    replica_set: str
    member: str


@dataclass(frozen=True, slots=True)
class RecordTurn:
    """Record that `incoming` took the place of what is now `aside`: restores have to know."""

    replica_set: str
    member: str
    incoming: str
    aside: str


@dataclass(frozen=True, slots=True)
class DropBeside:
    """Delete what lies beside a member under this name; the member itself is not touched."""

    replica_set: str
    member: str
    name: str


@dataclass(frozen=True, slots=True)
class CopyShard:
    """Copy a logical shard of a restored copy into the primary, as `schema`, and compare both."""

    replica_set: str
    member: str
    place: str
    shard: int
    schema: str


@dataclass(frozen=True, slots=True)
class SwapShard:
    """In one transaction the shard's schema becomes `aside`, and `incoming` the shard."""

    replica_set: str
    member: str
    shard: int
    incoming: str
    aside: str


@dataclass(frozen=True, slots=True)
class DropShard:
    """Drop a schema beside the shards; nothing when there is none."""

    replica_set: str
    member: str
    schema: str


Action = (
    Start
    | Initialise
    | ApplySchema
    | ClaimGeneration
    | Fence
    | Quiesce
    | CatchUp
    | Promote
    | Grant
    | Publish
    | Route
    | Rejoin
    | Attach
    | Detach
    | PrepareRepository
    | BackUp
    | RestoreBeside
    | StartBeside
    | Ask
    | Discard
    | MergeTenants
    | RevertTenants
    | ForgetReplaced
    | LayBeside
    | Foresee
    | SetAside
    | Exchange
    | PutBack
    | BeginTimeline
    | RecordTurn
    | DropBeside
    | CopyShard
    | SwapShard
    | DropShard
)


@dataclass(frozen=True, slots=True)
class Step:
    """`name` is what a person reads; `actions` run side by side."""

    name: str
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """`blast_radius` and `cannot_undo` are sentences for the person who decides.

    When a step fails before the one at `no_return`, the steps of `undo` are performed.
    """

    verb: str
    subject: str
    steps: tuple[Step, ...]
    blast_radius: tuple[str, ...] = ()
    cannot_undo: tuple[str, ...] = ()
    accepted_loss: str | None = None
    undo: tuple[Step, ...] = ()
    no_return: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """The verb cannot keep what was promised here: why, and what would help."""

    verb: str
    subject: str
    reasons: tuple[str, ...]
    remedy: str


# What a planner is told about the running world; times are ages in seconds.


@dataclass(frozen=True, slots=True)
class MemberState:
    """One member of a replica set as last observed.

    `lag_s` is the age of the newest write it lacks (0 when it lacks none, None when unknown).
    `attached`: its acknowledgement is awaited on commit (synchronous replication).
    """

    component: str
    answers: bool
    role: str  # primary | standby | superseded | unknown
    lag_bytes: int | None = None
    lag_s: float | None = None
    attached: bool = False


@dataclass(frozen=True, slots=True)
class ReplicaSetState:
    """A replica set as the directory and the observers know it.

    `holder` was given the newest generation; it differs from `primary`, where services are
    sent, while an operation moves the set, and after one that failed in between.
    """

    replica_set: str
    primary: str
    generation: int
    members: tuple[MemberState, ...]
    holder: str | None = None

    @property
    def split(self) -> bool:
        """Whether the newest generation was given to another than the primary."""
        return self.holder is not None and self.holder != self.primary

    def member(self, component: str) -> MemberState:
        """The state of one member; one that was never seen does not answer."""
        for state in self.members:
            if state.component == component:
                return state
        return MemberState(component, answers=False, role="unknown")
