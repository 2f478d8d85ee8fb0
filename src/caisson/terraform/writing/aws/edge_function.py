"""The function at the edge that leads a request to the jurisdiction of its tenant.

It does what the edge does on one machine: `/t/TENANT/…` goes where the tenant is at home, and
there is nothing else.
"""

from collections.abc import Iterator

from caisson.terraform.writing.aws.aliases import GLOBAL
from caisson.terraform.writing.blueprint import Blueprint
from caisson.terraform.writing.model import Block, Value
from caisson.terraform.writing.names import physical
from caisson.terraform.writing.references import attribute

_FILE = "tenants"
_NAME = "tenants"
_CODE = """\
import cf from 'cloudfront';

const homes = cf.kvs();

async function handler(event) {
  const parts = event.request.uri.split('/');
  if (parts[1] !== 't' || !parts[2] || !(await homes.exists(parts[2]))) {
    return {
      statusCode: 404,
      statusDescription: 'Not Found',
      headers: {'content-type': {value: 'text/plain'}},
      body: 'no such tenant\\n',
    };
  }
  cf.selectRequestOriginById(await homes.get(parts[2]));
  return event.request;
}
"""


def homes(environment: str, plan: Blueprint) -> Iterator[Block]:
    """Yield the map from tenants to their jurisdictions, which is replaced as a whole."""
    store = _homes(environment, plan)
    yield store
    tenants = [each for each in plan.topology.tenants if each.environment == environment]
    pairs: list[Value] = [{"key": each.name, "value": each.jurisdiction} for each in tenants]
    body: dict[str, Value] = {
        "key_value_store_arn": attribute(store, "arn"),
        "resource_key_value_pair": pairs,
    }
    yield Block(_FILE, "aws_cloudfrontkeyvaluestore_keys_exclusive", _NAME, GLOBAL, body)


def function(environment: str, plan: Blueprint) -> Block:
    body: dict[str, Value] = {
        "name": physical(plan.estate.estate, environment, _NAME, limit=64),
        "runtime": "cloudfront-js-2.0",
        "comment": "Leads a request to the jurisdiction of its tenant.",
        "key_value_store_associations": [attribute(_homes(environment, plan), "arn")],
        "code": _CODE,
        "publish": True,
    }
    return Block(_FILE, "aws_cloudfront_function", _NAME, GLOBAL, body)


def _homes(environment: str, plan: Blueprint) -> Block:
    body: dict[str, Value] = {
        "name": physical(plan.estate.estate, environment, _NAME, limit=64),
        "comment": "The jurisdiction that each tenant is at home in.",
    }
    return Block(_FILE, "aws_cloudfront_key_value_store", _NAME, GLOBAL, body)
