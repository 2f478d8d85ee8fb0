"""Rendered roots, read as Terraform would: their files, their blocks, and what refers to what."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from caisson.terraform.writing.model import Form, Rendering
from caisson.terraform.writing.text import files
from provider_schema import Schema

Json = Mapping[str, Any]
FORMS = ("resource", "data", "ephemeral")
# The provider of these types is not in the mirror of the tests.
OTHERS = ("datadog_",)
# Terraform's own.
_BUILT_IN = ("terraform_",)
_EXPRESSION = re.compile(r"\$\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")
_OUTPUT = re.compile(r"\bdata\.terraform_remote_state\.(\w+)\.outputs(?:\.(\w+)|\[\"([^\"]+)\"\])")
_VARIABLE = re.compile(r"\bvar\.(\w+)")
_BLOCK = re.compile(
    r"(?<![\w.])(?:(data|ephemeral)\.)?((?:aws|datadog)_\w+)\.(\w+)(?:\[[^\]]*\])?(?:\.(\w+))?"
)


@dataclass(frozen=True)
class Written:
    """A root, with all its files as one document."""

    path: str
    document: Json

    def blocks(self) -> Iterator[tuple[str, str, str, Json]]:
        """Yield the form, type, name and body of every block."""
        for form in FORMS:
            for kind, named in self.document.get(form, {}).items():
                for name, body in named.items():
                    yield form, kind, name, body

    def has(self, form: str, kind: str, name: str) -> bool:
        return name in self.document.get(form, {}).get(kind, {})

    def section(self, name: str) -> Json:
        found: Json = self.document.get(name, {})
        return found

    @property
    def aliases(self) -> set[str]:
        return {each["alias"] for each in self.document["provider"]["aws"]}


def written(rendering: Rendering) -> dict[str, Written]:
    """Return the roots as they stand in their files, by path."""
    found: dict[str, dict[str, Any]] = {root.path: {} for root in rendering.roots}
    for path, text in files(rendering).items():
        if path.endswith(".tf.json"):
            _merge(found[path.rpartition("/")[0]], json.loads(text))
    return {path: Written(path, document) for path, document in found.items()}


def _merge(into: dict[str, Any], more: Json) -> None:
    """Join two files of a folder; what stands in both is joined further down."""
    for name, value in more.items():
        if isinstance(value, Mapping) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        elif isinstance(value, list) and name in into:
            into[name] = [*into[name], *value]
        else:
            into[name] = value


def wrong_blocks(root: Written, schema: Schema) -> Iterator[str]:
    """Yield what is wrong with the blocks of a root by the provider's schema."""
    for form, kind, name, body in root.blocks():
        if kind.startswith((*OTHERS, *_BUILT_IN)):
            continue
        where = f"{root.path}: {kind}.{name}"
        for problem in schema.problems(form, kind, body):
            yield f"{where}: {problem}"
        alias = body.get("provider", "").removeprefix("aws.")
        if alias not in root.aliases:
            yield f"{where}: there is no provider `{alias}`"


def wrong_references(root: Written, roots: Mapping[str, Written], schema: Schema) -> Iterator[str]:
    """Yield what expressions of a root name and what is not there."""
    owners = _owners(root, roots)
    for where, expression in _expressions(root.document, root.path):
        for name in _VARIABLE.findall(expression):
            if name not in root.section("variable"):
                yield f"{where}: there is no variable `{name}`"
        for name, plain, quoted in _OUTPUT.findall(expression):
            output = plain or quoted
            if name not in owners or output not in owners[name].section("output"):
                yield f"{where}: `{name}` tells no `{output}`"
        for form, kind, name, attribute in _BLOCK.findall(expression):
            if not root.has(form or "resource", kind, name):
                yield f"{where}: there is no {kind}.{name}"
            elif not _has(schema, form or "resource", kind, attribute):
                yield f"{where}: {kind} has no `{attribute}`"


def _owners(root: Written, roots: Mapping[str, Written]) -> dict[str, Written]:
    """Return the roots whose states are read, by the names they are called."""
    by_state = {_place(each.section("terraform")["backend"]["s3"]): each for each in roots.values()}
    states = root.section("data").get("terraform_remote_state", {})
    return {name: by_state[_place(state["config"])] for name, state in states.items()}


def _place(state: Json) -> tuple[str, str, str]:
    return state["bucket"], state["key"], state["region"]


def _has(schema: Schema, form: str, kind: str, attribute: str) -> bool:
    return not attribute or kind.startswith(OTHERS) or schema.has(form, kind, attribute)


def _expressions(value: Any, where: str) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            for found in _EXPRESSION.finditer(value):
                yield where, found[1]
        case Mapping():
            for name, each in value.items():
                yield from _expressions(name, where)
                yield from _expressions(each, f"{where}.{name}")
        case list():
            for each in value:
                yield from _expressions(each, where)
        case _:
            return


# Under what AWS keeps things of a type, of which there can be one: in an account and region, but
# for those that are one in an account or in the whole world.
_NAMED = {
    "aws_backup_plan": "name",
    "aws_backup_vault": "name",
    "aws_cloudwatch_log_group": "name",
    "aws_cloudwatch_metric_alarm": "alarm_name",
    "aws_db_instance": "identifier",
    "aws_db_parameter_group": "name",
    "aws_db_proxy": "name",
    "aws_db_subnet_group": "name",
    "aws_ecr_repository": "name",
    "aws_ecs_cluster": "name",
    "aws_elasticache_cluster": "cluster_id",
    "aws_elasticache_global_replication_group": "global_replication_group_id_suffix",
    "aws_elasticache_parameter_group": "name",
    "aws_elasticache_replication_group": "replication_group_id",
    "aws_elasticache_subnet_group": "name",
    "aws_elasticache_user": "user_id",
    "aws_elasticache_user_group": "user_group_id",
    "aws_kms_alias": "name",
    "aws_lb": "name",
    "aws_lb_target_group": "name",
    "aws_opensearch_domain": "domain_name",
    "aws_secretsmanager_secret": "name",
    "aws_sns_topic": "name",
    "aws_wafv2_web_acl": "name",
}
_NAMED_ONCE = {
    "aws_cloudfront_function": "name",
    "aws_cloudfront_origin_access_control": "name",
    "aws_iam_policy": "name",
    "aws_iam_role": "name",
    "aws_iam_user": "name",
}
_NAMED_IN_THE_WORLD = {"aws_s3_bucket": "bucket"}


def physical_names(rendering: Rendering) -> Iterator[tuple[str, ...]]:
    """Yield what things are called in the cloud, with where such a name is taken once."""
    for root in rendering.roots:
        providers = {each.alias: each for each in root.providers}
        for block in root.blocks:
            provider = providers.get(block.provider)
            if block.form is not Form.RESOURCE or provider is None:
                continue
            account, region = provider.account, provider.region
            if (name := _NAMED.get(block.type)) is not None:
                yield account, region, block.type, str(block.body[name])
            elif (name := _NAMED_ONCE.get(block.type)) is not None:
                yield account, block.type, str(block.body[name])
            elif (name := _NAMED_IN_THE_WORLD.get(block.type)) is not None:
                yield block.type, str(block.body[name])
