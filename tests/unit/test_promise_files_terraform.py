"""A file of promises beside somebody's Terraform: every mistake at once, with its place."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from caisson.estate.mistakes import EstateErrors
from caisson.estate.promise_files import Promised, read
from caisson.estate.promises import (
    Encrypted,
    Isolation,
    Lose,
    OpenToInternet,
    Public,
    Reach,
    Residency,
    Same,
)
from caisson.estate.schema import promises_json_schema
from caisson.ledger.wording import sentence

TEN_LINES = """\
jurisdictions: {eu: eu-*, uk: [eu-west-2]}
environments:
  production: {tags: {Environment: [prod, production]}, accounts: "123456789012"}
  staging: {addresses: [module.staging.*]}
promises:
  - {name: eu-stays, tenants: eu, data stays in: eu, stores: aws_dynamodb_table}
  - {name: apart, isolate: [staging, production], except: account}
  - {name: lose-a-zone, lose: zone, rpo: 0s, of: [module.db]}
  - {name: web-only, open to internet: [443, 80, 8000-8100]}
  - {name: secret, encrypted: [at rest, in transit]}
  - {name: closed, public: []}
  - {name: alike, same: [staging, production], except: [aws_nat_gateway, multi zone]}
  - {name: mine, reach: 'module.db.aws_db_instance.this[0]', from: [module.app.*], ports: [5432]}
"""

# Each line, and what is said of it.
MISTAKES = (
    ("jurisdictions: {eu: eu-*, uk: [eu-west-*]}", "the region eu-west-1 is in `eu`, `uk`"),
    ("environments:", None),
    ("  production: {tags: {Environment: [prod]}, accounts: 123456789012}", '["123456789012"]'),
    ("  staging: {tags: {Environment: prod}}", "`prod` tells `production`, `staging`"),
    ("  dev: {}", "nothing tells what belongs to it"),
    ("  test: {account: '1'}", "did you mean `accounts`?"),
    ("promises:", None),
    (
        "  - {name: a, tenants: uee, data stays in: eu}",
        "`uee` is no jurisdiction that has a region",
    ),
    ("  - {name: b, isolate: [staging, productoin]}", "did you mean `production`?"),
    ("  - {name: c, lose: zones, rpo: 0s}", "did you mean `zone`?"),
    ("  - {name: d, lose: zone, rpo: 5}", "write 5s"),
    ("  - {name: e, open to internet: [80-20]}", "must be a port or a range of ports"),
    ("  - {name: f, open to internet: [70000]}", "must be a port or a range of ports"),
    ("  - {name: g, encrypted: [in rest]}", "did you mean `at rest`?"),
    ("  - {name: h, encrypted: []}", "must not be empty"),
    ("  - {name: i, public: 5}", "must be a list"),
    ("  - {name: j, same: [staging]}", "must name two environments"),
    ("  - {name: k, same: [staging, staging]}", "is named twice"),
    ("  - {name: l, encrypted: [at rest], off: x}", "did you mean `of`?"),
    ("  - {name: m, public: [], encrypted: [at rest]}", "is several promises at once"),
    ("  - {name: n, open: [443]}", "does not say what is promised"),
    ("  - {name: a, public: []}", "two promises are named `a`"),
    ("stores: {}", "is not a key that means anything here"),
)


def file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "promises.yaml"
    path.write_text(text)
    return path


def promised(tmp_path: Path, text: str = TEN_LINES) -> Promised:
    return read(file(tmp_path, text))


def test_ten_lines_suffice(tmp_path: Path) -> None:
    found = promised(tmp_path)
    assert [type(each) for each in found.file.promises] == [
        Residency, Isolation, Lose, OpenToInternet, Encrypted, Public, Same, Reach,
    ]  # fmt: skip
    stays, apart, lose, web, *_, reach = found.file.promises
    assert isinstance(stays, Residency)
    assert stays.stores == ["aws_dynamodb_table"]
    assert isinstance(apart, Isolation)
    assert apart.except_ == ["account"]
    assert isinstance(lose, Lose)
    assert (lose.lose, lose.rpo, lose.of) == ("zone", 0.0, ["module.db"])
    assert isinstance(web, OpenToInternet)
    assert web.ports == [(443, 443), (80, 80), (8000, 8100)]
    assert isinstance(reach, Reach)
    assert reach.reach == "module.db.aws_db_instance.this[0]"
    assert found.sources.at("promises", 3).line == 9


def test_one_promise_is_a_file(tmp_path: Path) -> None:
    (promise,) = promised(
        tmp_path, "promises: [{name: secret, encrypted: [at rest]}]"
    ).file.promises
    assert isinstance(promise, Encrypted)
    assert promise.of == ["stores"]


def test_every_mistake_comes_at_once_with_its_line(tmp_path: Path) -> None:
    path = file(tmp_path, "\n".join(line for line, _ in MISTAKES))
    with pytest.raises(EstateErrors) as raised:
        read(path)
    said = {each.source.line: str(each) for each in raised.value.mistakes}
    expected = {line: text for line, (_, text) in enumerate(MISTAKES, start=1) if text}
    assert said.keys() == expected.keys()
    assert [line for line, text in expected.items() if text not in said[line]] == []
    assert len(raised.value.mistakes) == len(expected)


@pytest.mark.parametrize("text", ["", "promises: 5", "- a", "estate: shop", "promises: ["])
def test_a_file_without_promises_is_a_mistake(tmp_path: Path, text: str) -> None:
    with pytest.raises(EstateErrors):
        promised(tmp_path, text)


def test_without_environments_their_names_are_left_to_the_tags(tmp_path: Path) -> None:
    found = promised(tmp_path, "promises: [{name: a, isolate: [dev, prod]}]")
    assert len(found.file.promises) == 1


def test_accounts_may_be_isolated_by_number(tmp_path: Path) -> None:
    text = (
        "environments: {dev: {accounts: ['1']}}\n"
        "promises: [{name: a, isolate: ['111111111111', '222222222222']}]\n"
    )
    assert len(promised(tmp_path, text).file.promises) == 1


def test_a_region_written_out_goes_before_a_pattern(tmp_path: Path) -> None:
    text = "jurisdictions: {eu: ['eu-*'], uk: [eu-west-2]}\npromises: []\n"
    assert promised(tmp_path, text).file.jurisdictions["uk"] == ["eu-west-2"]


def test_the_schema_takes_what_the_reader_takes() -> None:
    schema = promises_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert list(validator.iter_errors(yaml.safe_load(TEN_LINES))) == []
    wrong: list[dict[str, Any]] = [
        {},
        {"promises": [], "stores": {}},
        {"promises": [{"name": "a", "lose": "planet", "rpo": "0s"}]},
        {"promises": [{"name": "a", "open to internet": ["x"]}]},
        {"promises": [{"name": "a", "encrypted": []}]},
        {"promises": [], "environments": {"dev": {"zones": []}}},
    ]
    assert [each for each in wrong if validator.is_valid(each)] == []


def test_every_promise_has_a_sentence(tmp_path: Path) -> None:
    sentences = [sentence(each) for each in promised(tmp_path).file.promises]
    assert sentences[2:] == [
        "after the loss of any one zone the data of module.db survives, and at most 0 s of it is "
        "lost",
        "nothing but ports 443 and 80 and 8000-8100 is open to the internet",
        "stores are encrypted at rest and in transit",
        "no store can be read by everybody",
        "staging and production are the same, but for aws_nat_gateway and multi zone",
        "only module.app.* can open module.db.aws_db_instance.this[0] on port 5432",
    ]
