"""Blocks that a plan does not show because of one unknown value in them, and the text tells."""

from terraform_support import Thing, reading, thing
from test_hcl_links import GROUPS, HERE, VPCS, beside

from caisson.terraform.hcl.unshown import shown
from caisson.terraform.model import UNKNOWN, Link

X = "aws_thing.x"
NESTED = """
resource "aws_thing" "x" {
  rule {
    name = "one"
    dynamic "target" {
      for_each = [aws_vpc.a.id]
      content {
        vpc  = target.value
        port = 80
      }
    }
  }
  rule {
    name = "two"
  }
}
"""


def told(text: str, planned: Thing, **variables: object) -> dict[str, object]:
    """The values of the thing as it is planned with this text beside it."""
    links = beside(VPCS + text, *HERE, planned, **variables)
    instance = reading(*HERE, planned).instances[X]
    found = shown([instance], links).get(X)
    return dict(found.values) if found else {}


def test_blocks_of_which_one_value_is_unknown() -> None:
    found = told(GROUPS, thing(X, rule=UNKNOWN, name="n"))
    assert found["name"] == "n"
    assert found["rule"] == [
        {"port": 1, "groups": [UNKNOWN], "open": None},
        {"port": 2, "groups": [UNKNOWN], "open": None},
        {"port": 3, "groups": None, "open": ["0.0.0.0/0"]},
        {"port": 3, "groups": [UNKNOWN], "open": None},
    ]


def test_what_they_name_is_told_like_that_of_others() -> None:
    whole = thing(X, **told(GROUPS, thing(X, rule=UNKNOWN)))
    links = beside(VPCS + GROUPS, *HERE, whole)
    types = ("aws_security_group",)
    assert links.link(X, ("rule", 0, "groups"), types) == Link(("aws_security_group.a",))
    assert links.link(X, ("rule", 2, "groups"), types) == Link()


def test_blocks_in_blocks() -> None:
    planned = thing(X, rule=[{"name": "two", "target": []}, {"name": "one", "target": UNKNOWN}])
    assert told(NESTED, planned)["rule"] == [
        {"name": "two", "target": []},
        {"name": "one", "target": [{"vpc": UNKNOWN, "port": 80}]},
    ]
    # Which of the two it is cannot be told, so that nothing is.
    assert told(NESTED, thing(X, rule=[{"name": UNKNOWN, "target": UNKNOWN}])) == {}


def test_what_nobody_wrote_and_what_cannot_be_counted_stays_unknown() -> None:
    assert told(GROUPS, thing(X, rule=[], other=UNKNOWN)) == {}
    counted = GROUPS.replace("for_each = [", "for_each = aws_vpc.a.owner_id != null ? [] : [")
    assert told(counted, thing(X, rule=UNKNOWN)) == {}


def test_text_that_disagrees_is_not_believed() -> None:
    text = GROUPS.replace("{\n  dynamic", '{\n  name = "mine"\n  dynamic')
    assert told(text, thing(X, rule=UNKNOWN, name="another")) == {}
    assert "rule" in told(text, thing(X, rule=UNKNOWN, name="mine"))


def test_secrets_stay_where_they_are() -> None:
    text = """
    variable "pin" { sensitive = true }
    resource "aws_thing" "x" {
      login {
        user     = "me"
        password = "hunter2"
        pin      = var.pin
        word     = sensitive("hunter2")
      }
    }
    """
    found = told(text, thing(X, login=UNKNOWN), pin="hunter2")
    login = {"user": "me", "password": UNKNOWN, "pin": UNKNOWN, "word": UNKNOWN}
    assert found == {"login": [login]}
