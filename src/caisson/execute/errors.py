"""What can go wrong while a plan is performed."""


class StepError(Exception):
    """An action did not succeed; the message says what was tried and what was found."""


class GivenUp(StepError):  # noqa: N818 - names what was done
    """It was waited for long enough, or fails for good: trying the same again only takes longer."""


class BinariesMissing(Exception):  # noqa: N818 - says what is so
    """Programs are not on this machine; each reason says what to type."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons
