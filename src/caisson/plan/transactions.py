"""A transaction that somebody names, to restore what was there just before it."""

from dataclasses import dataclass

from caisson.plan.repositories import RestorePoint


@dataclass(frozen=True, slots=True)
class Transaction:
    """`id` as `pg_current_xact_id()` prints it; `status` as the primary tells it.

    None is a transaction that the primary does not remember, or a primary that does not answer.
    """

    id: int
    status: str | None

    def is_after(self, point: RestorePoint) -> bool:
        """Whether it certainly ended after the backup did."""
        return point.before_transaction is not None and point.before_transaction <= self.id


def objections_to(transaction: Transaction) -> tuple[str, ...]:
    """Why there is no moment just before it."""
    number = transaction.id
    match transaction.status:
        case "to come":
            return (f"transaction {number} has not begun yet: write a smaller number",)
        case "in progress":
            return (f"transaction {number} has not ended yet: wait for it, or write `--to`",)
        case "aborted":
            return (
                f"transaction {number} was rolled back and has changed nothing: name the one"
                " that did, such as the `xmin` of a row that it wrote",
            )
        case _:
            return ()
