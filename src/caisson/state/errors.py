"""What can go wrong with the controller's own state.

StateError
├── StateLocked        another controller holds the state
├── StateMissing       read-only opening of a state that was never made
├── StateNewer         written by a newer version of this program
├── StateReadOnly      a write through a read-only opening
├── StateUnavailable   the database cannot be reached, is full or is damaged
├── JournalRefused     a record about an operation or step that is unknown or has ended
└── WritesDamaged      a file of the writes ledger that cannot be read
"""


class StateError(Exception):
    """Base of everything the state raises."""


class StateLocked(StateError):  # noqa: N818 - reads as a state, not as a mistake
    """Another controller holds the state; `holder` says which process, when known."""

    def __init__(self, where: str, holder: str | None) -> None:
        super().__init__(f"{where} is held by {holder or 'another process'}: stop that one first")
        self.holder = holder


class StateMissing(StateError):  # noqa: N818
    """There is no state here yet: nothing was ever started."""


class StateNewer(StateError):  # noqa: N818
    """The state was written by a newer version of this program."""

    def __init__(self, where: str, found: int, known: int) -> None:
        super().__init__(
            f"{where} was written by a newer version (schema {found}, this one knows {known}): "
            "use that version, or start with another folder"
        )


class StateReadOnly(StateError):  # noqa: N818
    """The state was opened for reading only."""


class StateUnavailable(StateError):  # noqa: N818
    """The database did not do what was asked; the message is the database's own."""


class JournalRefused(StateError):  # noqa: N818
    """The operation or step is unknown, or the operation has ended."""


class WritesDamaged(StateError):  # noqa: N818
    """A line of a writes ledger, and not its last, is none."""
