"""What AWS cannot keep is refused before anything is written: why, where, and what to write."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from writing_support import ESTATE, rendered

from caisson.cli.main import main
from caisson.estate.mistakes import EstateErrors, Mistake
from caisson.estate.sources import Sources
from caisson.terraform.writing.limits import limits
from caisson.terraform.writing.model import Block, Rendering, Root, State

PROMISES = """
promises:
  - name: survives
    when: region lost
    rpo: 5s
    rto: 60s
  - name: stays
    tenants: us
    data stays in: us
"""
ORDERS = "orders:   {system: postgres}"
WEB = "uses: {orders: write"
DOMAIN = "  domain: shop.example\n"
US = "us: {home: us-west, standby: us-east}"

# What is written instead of what; then, of the one mistake, its line, its reason and its remedy.
Refused = tuple[str, str, str, str, str]
REFUSED: dict[str, Refused] = {
    "region without a name": (
        "us-east:    {jurisdiction: us, aws: us-east-2}",
        "us-east:    {jurisdiction: us}",
        "us-east:    {jurisdiction: us}",
        "us-east has no region of AWS",
        "aws: eu-central-1",
    ),
    "region that is none": (
        "aws: us-east-2",
        "aws: us-east-7",
        "us-east-7",
        "`us-east-7` is no region of AWS that is known here",
        "us-west-2",
    ),
    "another AWS": (
        "aws: us-east-2",
        "aws: us-gov-east-1",
        "us-gov-east-1",
        "us-gov-east-1 belongs to an AWS apart",
        "write a region such as",
    ),
    "one region twice": (
        "aws: us-east-2",
        "aws: us-west-2",
        "us-east: ",
        "us-east and us-west are the same region of AWS",
        "another region for one of them",
    ),
    "states where the data is": (
        DOMAIN,
        f"{DOMAIN}  states: {{us: us-east-2}}\n",
        "states:",
        "the states of us would lie in us-east, which they describe",
        "a region with no site of yours",
    ),
    "states in another country": (
        DOMAIN,
        f"{DOMAIN}  states: {{us: eu-west-1}}\n",
        "states:",
        "eu-west-1 is by law not where us is",
        "in `us`",
    ),
    "no account": (
        ', staging: "444444444444"',
        "",
        "accounts:",
        "there is no account for `staging`",
        "twelve digits",
    ),
    "a shared account": (
        "444444444444",
        "333333333333",
        "staging: ",
        "`production`, `staging` would share the account 333333333333",
        "an account of its own",
    ),
    "an account of nobody": (
        'staging: "444444444444"}',
        'staging: "444444444444", stagin: "555555555555"}',
        "stagin:",
        "there is no environment `stagin`",
        "did you mean `staging`?",
    ),
    "a network of somebody else": (
        DOMAIN,
        f"{DOMAIN}  network: 100.0.0.0/8\n",
        "network: 100",
        "100.0.0.0/8 is not private",
        "10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
    ),
    "no network": (
        DOMAIN,
        f"{DOMAIN}  network: 10.1.0.0/8\n",
        "network: 10.1",
        "10.1.0.0/8 is no network",
        "such as 10.0.0.0/8",
    ),
    "a network too small for one": (
        DOMAIN,
        f"{DOMAIN}  network: 10.0.0.0/20\n",
        "network: 10",
        "10.0.0.0/20 has no room for a VPC, which takes a /16",
        "a larger one",
    ),
    "a network too small for all": (
        DOMAIN,
        f"{DOMAIN}  network: 10.4.0.0/14\n",
        "network: 10",
        "10.4.0.0/14 has room for 4 of the 5 sites",
        "a larger one",
    ),
    "a network that is not a VPC's": (
        DOMAIN,
        f"{DOMAIN}  networks: {{production/us-west: 192.168.4.0/24}}\n",
        "networks:",
        "192.168.4.0/24 is not a /16",
        "write a /16",
    ),
    "networks that overlap": (
        DOMAIN,
        f"{DOMAIN}  networks:\n    staging/us-west: 10.1.0.0/16\n",
        "staging/us-west",
        "10.1.0.0/16 of staging/us-west overlaps 10.1.0.0/16 of production/us-east",
        "another /16 for staging/us-west",
    ),
    "a network of no site": (
        DOMAIN,
        f"{DOMAIN}  networks: {{production/us-wst: 192.168.0.0/16}}\n",
        "networks:",
        "there is no site `production/us-wst`",
        "did you mean `production/us-west`?",
    ),
    "a class that is not": (
        DOMAIN,
        f"{DOMAIN}  sizes:\n    normal:\n      postgres: db.r6g.huge\n",
        "db.r6g.huge",
        "there is no class db.r6g.huge for postgres",
        "db.r6g.large",
    ),
    "a class that cannot be followed": (
        DOMAIN,
        f"{DOMAIN}  sizes:\n    small:\n      redis: cache.t4g.small\n",
        "cache.t4g.small",
        "redis on cache.t4g.small cannot be followed by a standby in another region",
        "cache.r6g.large",
    ),
    "a size that is none": (
        DOMAIN,
        f"{DOMAIN}  sizes: {{smal: {{}}}}\n",
        "sizes:",
        "there is no size `smal`",
        "did you mean `small`?",
    ),
    "a standby elsewhere": (
        "us-east:    {jurisdiction: us, aws: us-east-2}",
        "us-east:    {jurisdiction: eu, aws: eu-west-1}",
        US,
        "us has its standby in eu",
        "a region with `jurisdiction: us`",
    ),
    "replication in step": (
        ORDERS,
        "orders:   {system: postgres, replication: sync}",
        "replication: sync",
        "orders: AWS acknowledges a write to postgres before another region has it",
        "replication: async",
    ),
    "a cache that is backed up": (
        "{system: memcached, rebuildable: true}",
        "{system: memcached, backup: {every: 1d, keep: 7d}}",
        "memcached, backup",
        "stores.cache.backup: memcached keeps nothing that could be backed up",
        "leave `backup` out",
    ),
    "a lock that AWS has not": (
        "sessions: {system: redis}",
        "sessions: {system: redis, backup: {every: 1d, keep: 7d, locked: 7d}}",
        "sessions: {",
        "sessions: nothing on AWS locks a snapshot of ElastiCache",
        "leave `locked` out",
    ),
    "no image": (
        "    image: shop/web:1.0.0\n",
        "",
        "web:",
        "web has no image, and nothing else runs on AWS",
        "shop/web:1.0.0",
    ),
    "a task too large": (
        WEB,
        f"task: {{cpu: 20000, memory: 1024}}\n    {WEB}",
        "task:",
        "web: no size of Fargate has 20000 thousandths of a processor and 1024 MiB",
        "run more copies",
    ),
    "fewer at most than at least": (
        WEB,
        f"scale: {{least: 3, most: 2}}\n    {WEB}",
        "scale:",
        "web runs 3 at least, and 2 at most",
        "no more as `least`",
    ),
    "a former name that is taken": (
        ORDERS,
        "orders:   {system: postgres, was: sessions}",
        "was: sessions",
        "orders cannot have been `sessions`",
        "leave `was` out",
    ),
    "two hyphens in a row": (
        "  sessions: {system: redis}",
        "  sessions: {system: redis, was: old--sessions}",
        "was: old--sessions",
        "`old--sessions` has two hyphens in a row",
        "write `old-sessions`",
    ),
    "a hyphen at the end": (
        "  mailer:",
        "  mailer-:",
        "mailer-:",
        "`mailer-` has a hyphen at its end",
        "write `mailer`",
    ),
    "an estate called like AWS's own": (
        "estate: shop",
        "estate: internal-shop",
        "estate: internal-shop",
        "names that begin with `internal-` are for AWS itself",
        "something else",
    ),
    "a database of a reserved word": (
        ORDERS,
        "orders:   {system: postgres, was: order}",
        "was: order",
        "`order` is a word of Postgres",
        "`order-data`",
    ),
    "an account's address that is too long": (
        "aws+{account}@shop.example",
        f"{'a' * 40}+{{account}}@shop.example",
        "email:",
        f"{'a' * 40}+shop-production@shop.example has 69 letters, and AWS takes 64",
        "a shorter address",
    ),
    "a domain that is too long": (
        DOMAIN,
        f"  domain: {'a' * 45}.shop.example\n",
        "domain:",
        f"origin-us.staging.{'a' * 45}.shop.example has 76 letters",
        "a shorter domain",
    ),
    "an environment of the organization": (
        "  staging: {jurisdictions: [us], sizes: small}",
        "  staging: {jurisdictions: [us], sizes: small}\n  security: {}",
        "security: {}",
        "`security` is the organization's own on AWS",
        "choose another name",
    ),
}


def refused(folder: Path, text: str) -> tuple[Mistake, ...]:
    with pytest.raises(EstateErrors) as found:
        rendered(folder, text)
    return found.value.mistakes


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_where_it_is_written(tmp_path: Path, case: str) -> None:
    old, new, line, what, remedy = REFUSED[case]
    assert old in ESTATE
    text = ESTATE.replace(old, new, 1)
    (mistake,) = refused(tmp_path, text)
    assert mistake.what.startswith(what)
    assert remedy in mistake.remedy
    assert line in text.splitlines()[mistake.source.line - 1]


def test_an_estate_that_says_nothing_of_aws(tmp_path: Path) -> None:
    (mistake,) = refused(tmp_path, ESTATE[: ESTATE.index("aws:\n")])
    assert mistake.what.startswith("there is no `aws:`")


def test_more_tenants_than_a_parameter_can_name(tmp_path: Path) -> None:
    few, many = (
        ESTATE + "tenants:\n" + "".join(f"  tenant-{n}: {{home: us}}\n" for n in range(number))
        for number in (200, 400)
    )
    rendered(tmp_path, few)
    found = refused(tmp_path, many)
    assert {each.what.partition(" would")[0] for each in found} == {
        "/caisson/shop/production/us-west/web",
        "/caisson/shop/staging/us-west/web",
    }
    assert {each.source.line for each in found} == {len(ESTATE.splitlines()) + 1}


def test_more_rights_than_a_role_can_hold(tmp_path: Path) -> None:
    def of(number: int) -> str:
        names = [f"bucket-{each}" for each in range(number)]
        stores = "".join(f"  {each}: {{system: files}}\n" for each in names)
        uses = "".join(f", {each}: write" for each in names)
        text = ESTATE.replace("services:\n", f"{stores}services:\n", 1)
        return text.replace("sessions: write", f"sessions: write{uses}")

    rendered(tmp_path, of(4))
    whats = [each.what for each in refused(tmp_path, of(20))]
    assert any("the rights of us_west_mailer_task would have" in each for each in whats)
    assert all("services: the rights of" in each for each in whats)


def test_more_rules_than_a_security_group_can_have() -> None:
    def of(number: int) -> Rendering:
        body = {"security_group_id": "${aws_security_group.one.id}"}
        kind = "aws_vpc_security_group_ingress_rule"
        parts = tuple(Block("rules", kind, f"rule_{each}", "us", body) for each in range(number))
        root = Root("production/us/network", "", (), parts, State("", "", ""))
        return Rendering("shop", (root,))

    assert list(limits(of(1000), Sources())) == []
    (mistake,) = limits(of(1001), Sources())
    assert "1001 rules in one direction" in mistake.what


def test_no_region_is_left_for_the_states(tmp_path: Path) -> None:
    """us-east-1 is the only large one left; a third region of the estate takes it."""
    text = ESTATE.replace(
        "  us-east: ", "  us-north:   {jurisdiction: us, aws: us-east-1}\n  us-east: "
    )
    (mistake,) = refused(tmp_path, text)
    assert "no region left that could keep its states" in mistake.what
    assert US in text.splitlines()[mistake.source.line - 1]
    rendered(tmp_path, text.replace(DOMAIN, f"{DOMAIN}  states: {{us: us-west-1}}\n"))


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        (US, "us: {home: us-west}", "when:", "us has no standby"),
        ("eu: {home: eu-central}", "eu: {home: eu-central}", "when:", "eu has no standby"),
        (", rebuildable: true", "", "when:", "cache has no standby: AWS copies no memcached"),
        ("rpo: 5s", "rpo: 0s", "rpo:", "on AWS a region's last writes to `orders`"),
        ("aws: us-east-2", "aws: eu-west-1", "data stays in", "us would also be in us-east"),
    ],
)
def test_promises_that_would_be_broken(
    tmp_path: Path, old: str, new: str, line: str, what: str
) -> None:
    text = (ESTATE + PROMISES).replace(old, new, 1)
    found = refused(tmp_path, text)
    (mistake,) = (each for each in found if what in each.what)
    assert line in text.splitlines()[mistake.source.line - 1]


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    wrong = ("a class that is not", "no image", "region that is none", "a shared account")
    text = ESTATE
    for case in wrong:
        text = text.replace(*REFUSED[case][:2], 1)
    said = " ".join(each.what for each in refused(tmp_path, text))
    assert all(REFUSED[case][3] in said for case in wrong)


def test_a_refused_estate_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "estate.yaml").write_text(ESTATE.replace("aws: us-east-2", "aws: us-east-7"))
    out = tmp_path / "terraform"
    order = ["render", str(tmp_path), "--target", "aws", "--out", str(out)]
    ended = CliRunner().invoke(main, order)
    assert ended.exit_code == 2
    assert "us-east-7" in ended.output
    assert f"{tmp_path / 'estate.yaml'}:" in ended.output.replace("\n", "")
    assert not out.exists()


def test_what_the_estate_promises_it_can_keep(tmp_path: Path) -> None:
    """The estate of these tests is not refused, nor are its promises once each has a standby."""
    rendered(tmp_path)
    whole = (ESTATE + PROMISES).replace(
        "eu: {home: eu-central}", "eu: {home: eu-central, standby: eu-west}"
    )
    whole = whole.replace(
        "stores:\n", "  eu-west:    {jurisdiction: eu, aws: eu-west-1}\nstores:\n", 1
    )
    rendered(tmp_path, whole)
