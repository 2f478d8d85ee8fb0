"""What can go wrong while a plan is performed."""


class StepError(Exception):
    """An action did not succeed; the message says what was tried and what was found."""
