"""Whoever alters any field of any entry is found at that entry, whatever the entries hold."""

from hypothesis import given, settings
from hypothesis import strategies as st

from caisson.ledger.chain import (
    Altered,
    Entry,
    Head,
    Intact,
    Kind,
    StoredRow,
    check,
    make_entry,
    read_entry,
)
from caisson.state.json_text import to_text

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
bodies = st.dictionaries(st.text(), json_values, max_size=4)
times = st.floats(0, 1e11)
SEQ, AT, KIND, BODY, PREVIOUS, HASH = range(6)


def stored(entry: Entry) -> StoredRow:
    return (
        entry.seq,
        entry.at,
        entry.kind.value,
        to_text(entry.body),
        entry.previous_hash,
        entry.hash,
    )


def head_of(row: StoredRow) -> Head:
    return Head(row[SEQ], row[HASH])


@st.composite
def chains(draw: st.DrawFn, shortest: int = 1) -> list[StoredRow]:
    rows: list[StoredRow] = []
    for _ in range(draw(st.integers(shortest, 6))):
        last = head_of(rows[-1]) if rows else None
        kind, body, at = draw(st.sampled_from(Kind)), draw(bodies), draw(times)
        rows.append(stored(make_entry(last, kind, body, at)))
    return rows


def altered_at(rows: list[StoredRow], head: Head | None) -> int | None:
    found = check(rows, head)
    return found.seq if isinstance(found, Altered) else None


@given(chains(shortest=0))
def test_an_untouched_chain_is_intact_and_reads_back(rows: list[StoredRow]) -> None:
    head = head_of(rows[-1]) if rows else None
    found = check(rows, head)
    assert isinstance(found, Intact)
    assert (found.count, found.remembered) == (len(rows), head.seq if head else None)
    assert [stored(read_entry(row)) for row in rows] == rows


@settings(max_examples=300)
@given(chains(), st.data())
def test_a_byte_altered_in_any_text_is_named(rows: list[StoredRow], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(rows) - 1), "entry")
    field = data.draw(st.sampled_from((KIND, BODY, PREVIOUS, HASH)), "field")
    old = rows[index][field].encode()
    place = data.draw(st.integers(0, len(old) - 1), "place")
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != old[place]), "byte")
    new = old[:place] + bytes([byte]) + old[place + 1 :]
    row = list(rows[index])
    row[field] = new.decode("utf-8", "surrogateescape")
    rows[index] = tuple(row)
    assert altered_at(rows, None) == index + 1


@settings(max_examples=200)
@given(chains(), st.data())
def test_a_field_set_to_anything_else_is_named(rows: list[StoredRow], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(rows) - 1), "entry")
    field = data.draw(st.sampled_from((AT, KIND, BODY, PREVIOUS, HASH)), "field")
    anything = st.none() | st.integers() | st.floats() | st.text() | st.binary()
    old = rows[index][field]
    row = list(rows[index])
    # 0.0 and -0.0 are equal and yet two texts; everything else that is equal is the same.
    row[field] = data.draw(anything.filter(lambda new: repr(new) != repr(old)), "value")
    rows[index] = tuple(row)
    assert altered_at(rows, None) == index + 1


@given(chains(shortest=2), st.data())
def test_a_missing_entry_is_named(rows: list[StoredRow], data: st.DataObject) -> None:
    head = head_of(rows[-1])
    index = data.draw(st.integers(0, len(rows) - 1), "entry")
    del rows[index]
    assert altered_at(rows, head) == index + 1


@given(chains(shortest=2), st.data())
def test_two_exchanged_entries_are_named_at_the_first(
    rows: list[StoredRow], data: st.DataObject
) -> None:
    first, second = sorted(
        data.draw(
            st.lists(st.integers(0, len(rows) - 1), min_size=2, max_size=2, unique=True), "pair"
        )
    )
    one, other = rows[first], rows[second]
    rows[first], rows[second] = (one[SEQ], *other[1:]), (other[SEQ], *one[1:])
    assert altered_at(rows, None) == first + 1


@given(chains(), st.data())
def test_an_entry_forged_together_with_its_hash_is_named(
    rows: list[StoredRow], data: st.DataObject
) -> None:
    head = head_of(rows[-1])
    index = data.draw(st.integers(0, len(rows) - 1), "entry")
    old = read_entry(rows[index])
    last = head_of(rows[index - 1]) if index else None
    rows[index] = stored(make_entry(last, old.kind, old.body, old.at + 1))
    assert altered_at(rows, head) == index + 1


@given(chains(shortest=2), st.data())
def test_a_chain_rewritten_from_some_entry_on_contradicts_the_remembered_head(
    rows: list[StoredRow], data: st.DataObject
) -> None:
    head = head_of(rows[-1])
    start = data.draw(st.integers(0, len(rows) - 1), "start")
    for index in range(start, len(rows)):
        old = read_entry(rows[index])
        last = head_of(rows[index - 1]) if index else None
        rows[index] = stored(make_entry(last, old.kind, old.body, old.at + 1))
    assert isinstance(check(rows, None), Intact)
    assert altered_at(rows, head) == len(rows)


@settings(max_examples=300)
@given(chains(), st.sampled_from(("newest", "one before", "none")), st.data())
def test_an_entry_forged_to_follow_another_one_is_named(
    rows: list[StoredRow], remembered: str, data: st.DataObject
) -> None:
    """The forged entry is sound in itself; the others and the remembered head tell on it."""
    index = data.draw(st.integers(0, len(rows) - 1), "entry")
    heads = {"newest": rows[-1], "one before": rows[-2] if len(rows) > 1 else None, "none": None}
    row = heads[remembered]
    head = head_of(row) if row else None
    old = read_entry(rows[index])
    rows[index] = stored(make_entry(Head(index, "f" * 64), old.kind, old.body, old.at))
    nobody_tells = head is None and 0 < index == len(rows) - 1
    assert altered_at(rows, head) == (index if nobody_tells else index + 1)
