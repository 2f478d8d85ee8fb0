"""What an answer must be: `>= 1`, `= 0`, `= 't'`.

A relation compares an answer, as Postgres writes it in text, with a number or with a text in
quotes. Texts have no order here, for that of a database depends on its collation.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne

# As a pattern, so that an editor knows it too.
PATTERN = r"^(=|!=|<|<=|>|>=) ?(-?[0-9]{1,30}(\.[0-9]{1,30})?)$|^(=|!=) ?'[^'\r\n]*'$"
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]{1,4})?")
_COMPARED: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "=": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}


@dataclass(frozen=True, slots=True)
class Relation:
    """`operator` is one of = != < <= > >=; a text has = and != alone."""

    operator: str
    operand: Decimal | str

    def holds(self, answer: str | None) -> bool:
        """Return whether an answer is so; no answer (NULL) is nothing, whatever is asked."""
        if answer is None:
            return False
        if isinstance(self.operand, str):
            return (answer == self.operand) is (self.operator == "=")
        # What is no number at all, NaN included, stands in no relation to one.
        number = _NUMBER.fullmatch(answer.strip())
        return number is not None and _COMPARED[self.operator](Decimal(number[0]), self.operand)

    def __str__(self) -> str:
        if isinstance(self.operand, str):
            return f"{self.operator} '{self.operand}'"
        return f"{self.operator} {self.operand:f}"


def parse_relation(value: object) -> Relation:
    """Read `>= 1`, `= 't'`, ...; a bare value is refused, for it does not say how to compare."""
    if isinstance(value, Relation):
        return value
    if isinstance(value, str) and re.match(PATTERN, text := value.strip()):
        rest = text.lstrip("=!<>")
        operator, operand = text.removesuffix(rest), rest.strip()
        quoted = operand.startswith("'")
        return Relation(operator, operand[1:-1] if quoted else Decimal(operand))
    raise ValueError("write a relation such as >= 1, = 0 or = 't'")
