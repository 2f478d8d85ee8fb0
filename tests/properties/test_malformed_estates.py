"""Whatever is wrong with an estate's file ends in mistakes that name a line, and nothing else.

Each mutation takes the reference estate, which loads, and makes something of it that is
malformed by construction; the loader is not asked whether it is.
"""

import json
import random
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from caisson.estate.loading import load
from caisson.estate.mistakes import EstateErrors, Mistake

WORKSPACE = Path(__file__).parents[2] / "examples" / "workspace"
TEXT = (WORKSPACE / "estate.yaml").read_text()
EACH = 50  # files of each mutation: 20 mutations, 1,000 files

Mutation = Callable[[random.Random], bytes]
Keys = tuple[str | int, ...]


def estate() -> dict[str, Any]:
    plain: dict[str, Any] = yaml.safe_load(TEXT)
    return plain


def written(plain: object) -> bytes:
    return yaml.safe_dump(plain, sort_keys=False).encode()


def nodes(plain: Any, path: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    yield path, plain
    children = plain.items() if isinstance(plain, dict) else ()
    for key, value in enumerate(plain) if isinstance(plain, list) else children:
        yield from nodes(value, (*path, key))


def replaced(path: Keys, value: object) -> bytes:
    plain = estate()
    *inside, last = path
    at: Any = plain
    for key in inside:
        at = at[key]
    at[last] = value
    return written(plain)


def word(pick: random.Random, length: int = 8) -> str:
    return "zz" + "".join(pick.choices(string.ascii_lowercase, k=length))


def no_field_holds_this(pick: random.Random) -> bytes:
    """Lists of lists and mappings of mappings stand for nothing anywhere in an estate."""
    path, _ = pick.choice([found for found in nodes(estate()) if found[0]])
    return replaced(path, pick.choice([[[1]], [[]], {word(pick): {word(pick): 1}}]))


def number_for_text(pick: random.Random) -> bytes:
    leaves = [path for path, value in nodes(estate()) if isinstance(value, str)]
    leaves = [path for path in leaves if path[-1] != "wal"]  # which may be `true`
    return replaced(pick.choice(leaves), pick.choice([0, -1, 17, 2.5, True, False]))


def nothing_for_a_part(pick: random.Random) -> bytes:
    parts = [path for path, value in nodes(estate()) if path and isinstance(value, dict | list)]
    optional = [
        ("aws",),
        ("environments", "staging", "jurisdictions"),
        ("services", "web", "probe"),
        ("services", "web", "probe", "prepare"),
    ]
    return replaced(pick.choice([path for path in parts if path not in optional]), None)


def unknown_key(pick: random.Random) -> bytes:
    fixed = [
        path
        for path, value in nodes(estate())
        if isinstance(value, dict) and len(path) in (0, 2) and path[:1] != ("uses",)
    ]
    return replaced((*pick.choice(fixed), word(pick)), pick.choice(["x", 1, None, [], {}]))


def missing_key(pick: random.Random) -> bytes:
    plain = estate()
    required = [("estate",)]
    required += [("jurisdictions", name, "home") for name in plain["jurisdictions"]]
    required += [("regions", name, "jurisdiction") for name in plain["regions"]]
    required += [("stores", name, "system") for name in plain["stores"]]
    required += [("services", "web", "run")]
    required += [("tenants", name, "home") for name in plain["tenants"]]
    required += [("promises", n, key) for n, p in enumerate(plain["promises"]) for key in p]
    optional = [("promises", n, "rpo") for n, p in enumerate(plain["promises"]) if "restore" in p]
    required = [p for p in required if p[-1] != "verified every" and p not in optional]
    *inside, last = pick.choice(required)
    at: Any = plain
    for key in inside:
        at = at[key]
    del at[last]
    return written(plain)


def undeclared_name(pick: random.Random) -> bytes:
    names = [
        *(("jurisdictions", j, role) for j in ("us", "eu") for role in ("home", "standby")),
        *(("regions", name, "jurisdiction") for name in estate()["regions"]),
        *(("tenants", name, "home") for name in estate()["tenants"]),
        ("environments", "staging", "jurisdictions", 0),
        ("services", "web", "uses", word(pick)),
        ("promises", 1, "data stays in"),
        ("promises", 3, "isolate", 1),
        ("promises", 4, "reach"),
        ("promises", 4, "from", 0),
    ]
    path = pick.choice(names)
    return replaced(path, "write" if path[2] == "uses" else word(pick, pick.choice([8, 9_000])))


def declaration_removed(pick: random.Random) -> bytes:
    plain = estate()
    section, name = pick.choice(
        [(s, n) for s in ("jurisdictions", "regions", "services") for n in plain[s]]
        + [("stores", "blocks"), ("environments", "staging")]
    )
    del plain[section][name]
    return written(plain)


def bad_name(pick: random.Random) -> bytes:
    section = pick.choice(["jurisdictions", "regions", "stores", "services", "tenants"])
    name = pick.choice(
        ["Upper", "under_score", "1st", "-dash", "", "a b", "é", "a" * 41, "a" * 9_000, "x\ny"]
    )
    return replaced((section, name), estate()[section][next(iter(estate()[section]))])


def bad_duration(pick: random.Random) -> bytes:
    bad = [5, -5, "5", "5 s", "-5s", "5sec", "", "s", "1e3s", "9" * 10 + "s", "5s5s", None, True]
    return replaced(
        ("promises", 0, pick.choice(["rpo", "rto", "verified every"])), pick.choice(bad)
    )


def bad_shards(pick: random.Random) -> bytes:
    huge = 10 ** pick.randrange(4, 3000)
    shards = pick.choice(["four", "4", 0, -1, 1025, 4.0, 1e300, float("nan"), True, None, huge])
    return replaced(("stores", "blocks", "shards"), shards)


def circle(pick: random.Random) -> bytes:
    plain = estate()
    names = [word(pick) for _ in range(pick.randrange(1, 30))]
    for name, origin in zip(names, [*names[1:], names[0]], strict=True):
        plain["stores"][name] = {"system": "redis", "rebuildable": {"from": origin}}
    return written(plain)


def circular_alias(pick: random.Random) -> bytes:
    depth = pick.randrange(0, 30)
    return f"{TEXT}\nx: &x {'[' * depth}*x{']' * depth}\n".encode()


def key_twice(pick: random.Random) -> bytes:
    lines = TEXT.splitlines()
    keyed = [n for n, line in enumerate(lines) if line.startswith("  ") and ": {" in line]
    sections = [n for n in keyed if not lines[n].lstrip().startswith("-")]
    number = pick.choice(sections)
    return "\n".join([*lines[: number + 1], *lines[number:]]).encode()


def bad_utf8(pick: random.Random) -> bytes:
    at = pick.randrange(len(TEXT))
    junk = pick.choice([b"\xff", b"\xfe", b"\xc0\xaf", b"\x80", b"\xed\xa0\x80", b"\xf5"])
    return TEXT[:at].encode() + junk + TEXT[at:].encode()


def control_character(pick: random.Random) -> bytes:
    at = pick.randrange(len(TEXT))
    return (TEXT[:at] + chr(pick.choice([0, 1, 7, 8, 0x1B, 0x7F, 0xFFFE])) + TEXT[at:]).encode()


def alias_bomb(pick: random.Random) -> bytes:
    width = pick.randrange(3, 12)
    levels = "".join(
        f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * width)}]\n"
        for n in range(1, pick.randrange(12, 40))
    )
    return f"{TEXT}\nl0: &l0 [lol]\n{levels}".encode()


def deep_nesting(pick: random.Random) -> bytes:
    depth = pick.choice([51, 100, 1_000, 100_000])
    if pick.random() < 0.5:
        return f"{TEXT}\nx: {'[' * depth}".encode()
    lines = "".join(f"{' ' * n}k:\n" for n in range(min(depth, 500)))
    return f"estate: x\n{lines}".encode()


def cut_short(pick: random.Random) -> bytes:
    """Cut between brackets of one line: what was opened is never closed."""
    opened = [n for n, char in enumerate(TEXT) if char in "{["]
    start = pick.choice(opened) + 1
    end = min(TEXT.index(close, start) for close in "]}" if close in TEXT[start:])
    return TEXT[: pick.randrange(start, end + 1)].encode()


def tags_and_documents(pick: random.Random) -> bytes:
    line = pick.choice(
        [
            "x: !!python/object/apply:os.system ['true']",
            "x: !!python/name:os.system",
            "x: !unknown {}",
            "? {a: b}\n: c",
            "<<: {tenants: {}}",
            "---\nestate: second",
            "x: *nowhere",
            "%YAML 9.9",
            "x: @at",
            "x: 'open",
            "\tx: 1",
        ]
    )
    return f"{TEXT}\n{line}\n".encode()


def not_a_mapping(pick: random.Random) -> bytes:
    tops = ["", "~", "null", "[]", "- estate: x", "estate", "42", "'estate: x'", "# estate: x"]
    return (pick.choice(tops) + "\n" * pick.randrange(5)).encode()


MUTATIONS: tuple[Mutation, ...] = (
    no_field_holds_this,
    number_for_text,
    nothing_for_a_part,
    unknown_key,
    missing_key,
    undeclared_name,
    declaration_removed,
    bad_name,
    bad_duration,
    bad_shards,
    circle,
    circular_alias,
    key_twice,
    bad_utf8,
    control_character,
    alias_bomb,
    deep_nesting,
    cut_short,
    tags_and_documents,
    not_a_mapping,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the reference estate is whole, so that only mutations are wrong."""
    folder = tmp_path_factory.mktemp("estates")
    (folder / "app").mkdir()
    (folder / "app" / "schema.sql").touch()
    return folder


def mistakes_in(file: Path) -> tuple[Mistake, ...] | None:
    """None when the file loads."""
    try:
        load(file)
    except EstateErrors as errors:
        return errors.mistakes
    return None


def test_what_is_mutated_is_well_formed(folder: Path) -> None:
    for content in (TEXT.encode(), written(estate())):
        (folder / "whole.yaml").write_bytes(content)
        assert load(folder / "whole.yaml").estate.estate == "workspace"


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_a_malformed_estate_ends_in_mistakes_that_name_a_line(
    mutation: Mutation, folder: Path
) -> None:
    for seed in range(EACH):
        content = mutation(random.Random(seed))  # noqa: S311  chooses what to break, keeps no secret
        file = folder / f"{mutation.__name__}-{seed}.yaml"
        file.write_bytes(content)
        with pytest.raises(EstateErrors) as raised:
            load(file)
        lines = content.count(b"\n") + 1
        assert raised.value.mistakes, seed
        for mistake in raised.value.mistakes:
            assert mistake.source.file == str(file), seed
            assert 1 <= mistake.source.line <= lines, (seed, mistake)
            assert len(str(mistake)) < 1_000, (seed, mistake)
        file.unlink()


def test_there_are_a_thousand_of_them() -> None:
    assert len(MUTATIONS) * EACH >= 1_000


KEYS = [
    *("estate", "jurisdictions", "regions", "stores", "services", "environments", "tenants"),
    *("promises", "home", "standby", "jurisdiction", "system", "shards", "rebuildable", "from"),
    *("name", "when", "rpo", "tenants", "data stays in", "isolate", "reach", "restore", "within"),
    *("run", "uses", "schema", "backup", "us", "blocks", "web", "proxy", "edge"),
]
names = st.sampled_from([*KEYS, "postgres", "region lost", "5s", "read", "../x"]) | st.text(
    max_size=5
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | names,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
    ),
    max_leaves=40,
)
documents = st.dictionaries(st.sampled_from(KEYS), values, max_size=8).map(
    lambda plain: json.dumps({"estate": "shop", **plain}).encode()
)
yaml_like = st.text(alphabet="ab:- \n\t{}[],&*!|>'\"#%@`?~<01.\\", max_size=200)


@given(
    st.binary(max_size=200)
    | st.text(max_size=200).map(lambda text: text.encode(errors="surrogatepass"))
    | yaml_like.map(str.encode)
    | documents
)
def test_junk_loads_or_ends_in_mistakes(folder: Path, content: bytes) -> None:
    file = folder / "junk.yaml"
    file.write_bytes(content)
    mistakes = mistakes_in(file)
    assert mistakes is None or mistakes
    assert all(mistake.source.line >= 1 for mistake in mistakes or ())
