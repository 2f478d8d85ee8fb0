"""A generated network as a plan, the way `terraform show -json` writes one.

Either nothing is there yet: then every id is unknown until apply, and who is tied to whom is told
by references alone. Or all is there and nothing changes, as in most plans of large estates: then
every id is known, and the state before stands in the plan too. All is written in the root module,
each resource by itself, as programs that generate Terraform do.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from caisson.topology.network import (
    Acl,
    AclEntry,
    Interface,
    Network,
    Peering,
    Protocol,
    Route,
    RouteTable,
    Rule,
    SecurityGroup,
    Subnet,
    Target,
    Vpc,
)
from support.network import WORKLOADS

_PROVIDER = "registry.terraform.io/hashicorp/aws"
_DATABASES = 2  # of each VPC, instead of its last machines
_ID_KINDS = {
    "aws_db_instance": "db",
    "aws_instance": "i",
    "aws_internet_gateway": "igw",
    "aws_network_acl": "acl",
    "aws_route_table": "rtb",
    "aws_security_group": "sg",
    "aws_vpc_peering_connection": "pcx",
    "aws_vpc_security_group_egress_rule": "sgr",
    "aws_vpc_security_group_ingress_rule": "sgr",
}
_SETS = ("subnet_ids", "vpc_security_group_ids")
_SIDES = ("production", "staging")


@dataclass(frozen=True)
class Resource:
    """`links` are the attributes that refer to others, by the addresses of these."""

    type: str
    name: str
    values: dict[str, object]
    links: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: tuple[str, ...] = ("arn", "id")

    @property
    def address(self) -> str:
        return f"{self.type}.{self.name}"

    def planned(self, ids: Mapping[str, str]) -> dict[str, object]:
        return {
            **self._head(),
            "schema_version": 1,
            "values": self._values(ids),
            "sensitive_values": self._marks(),
        }

    def change(self, ids: Mapping[str, str]) -> dict[str, object]:
        after = self._values(ids)
        unknown = {} if ids else dict.fromkeys((*self.unknown, *self.links), True)
        return {
            **self._head(),
            "change": {
                "actions": ["no-op"] if ids else ["create"],
                "before": after if ids else None,
                "after": after,
                "after_unknown": {**unknown, **self._tags()},
                "before_sensitive": self._marks() if ids else False,
                "after_sensitive": self._marks(),
            },
        }

    def written(self) -> dict[str, object]:
        constants = {
            name: {"constant_value": value}
            for name, value in self.values.items()
            if value is not None and name != "tags_all"
        }
        references = {
            name: {"references": [text for to in links for text in (f"{to}.id", to)]}
            for name, links in self.links.items()
        }
        return {
            "address": self.address,
            "mode": "managed",
            "type": self.type,
            "name": self.name,
            "provider_config_key": "aws",
            "expressions": {**constants, **references},
            "schema_version": 1,
        }

    def _head(self) -> dict[str, object]:
        return {
            "address": self.address,
            "mode": "managed",
            "type": self.type,
            "name": self.name,
            "provider_name": _PROVIDER,
        }

    def _values(self, ids: Mapping[str, str]) -> dict[str, object]:
        """Return what is known: all of it, when there are `ids`."""
        if not ids:
            return self.values
        links = {
            name: [ids[each] for each in some] if name in _SETS else ids[some[0]]
            for name, some in self.links.items()
        }
        id_ = ids[self.address]
        arn = f"arn:aws:ec2:eu-central-1:123456789012:{self.type}/{id_}"
        return {
            **self.values,
            **links,
            "id": id_,
            **({"arn": arn} if "arn" in self.unknown else {}),
        }

    def _marks(self) -> dict[str, object]:
        """Return what is sensitive, which is nothing; but sets and maps are there."""
        return {**self._tags(), **{name: [] for name in _SETS if name in self.links}}

    def _tags(self) -> dict[str, object]:
        return {name: {} for name in ("tags", "tags_all") if name in self.values}


def write(network: Network, file: Path, *, new: bool = False) -> int:
    """Write the plan, piece by piece; return how many resources there are in it."""
    resources = [*resources_of(network)]
    ids = {} if new else dict(_ids(resources))
    with file.open("w") as out:
        out.write('{"format_version":"1.2","terraform_version":"1.11.4","planned_values":')
        out.write('{"root_module":{"resources":')
        _list(out, (each.planned(ids) for each in resources))
        out.write('}},"resource_changes":')
        _list(out, (each.change(ids) for each in resources))
        if ids:
            out.write(',"prior_state":{"format_version":"1.0","terraform_version":"1.11.4",')
            out.write('"values":{"root_module":{"resources":')
            _list(out, (each.planned(ids) for each in resources))
            out.write("}}}")
        out.write(',"configuration":{"provider_config":{"aws":')
        json.dump(_PROVIDER_WRITTEN, out)
        out.write('},"root_module":{"resources":')
        _list(out, (each.written() for each in resources))
        out.write('}},"applyable":true,"complete":true,"errored":false}\n')
    return len(resources)


def _ids(resources: Iterable[Resource]) -> Iterator[tuple[str, str]]:
    for number, each in enumerate(resources):
        name = each.values.get("name")
        kind = _ID_KINDS.get(each.type, each.type.removeprefix("aws_").replace("_", "-"))
        id_ = str(name) if each.type == "aws_db_subnet_group" else f"{kind}-{number:017x}"
        yield each.address, id_


_PROVIDER_WRITTEN = {
    "name": "aws",
    "full_name": _PROVIDER,
    "expressions": {"region": {"constant_value": "eu-central-1"}},
}


def _list(out: TextIO, items: Iterable[object]) -> None:
    before = "["
    for each in items:
        out.write(before + json.dumps(each, separators=(",", ":")))
        before = ","
    out.write("]")


def resources_of(network: Network) -> Iterator[Resource]:
    subnets = {each.id: each for each in network.subnets}
    for vpc in network.vpcs:
        yield from _vpc(vpc)
    for peering in network.peerings:
        yield _peering(peering)
    for acl in network.acls:
        yield _acl(acl, [each for each in network.subnets if acl.id in each.acls])
    for subnet in network.subnets:
        yield from _subnet(subnet)
    for table in network.route_tables:
        yield from _table(table)
    for group in network.groups:
        yield from _group(group)
    for card in network.interfaces:
        yield _workload(card, subnets[card.subnets[0]])


def _name(identifier: str) -> str:
    """Return the name of a resource: `aws_vpc.v3/g7` is `v3_g7`."""
    return identifier.removeprefix("aws_vpc.").replace("/", "_").replace("-", "_")


def _side(vpc: str) -> str:
    return _SIDES[int(vpc.partition("/")[0].removeprefix("aws_vpc.v")) % len(_SIDES)]


def _tags(identifier: str) -> dict[str, object]:
    tags = {"Name": _name(identifier), "Environment": _side(identifier)}
    return {"tags": tags, "tags_all": tags}


def _vpc(vpc: Vpc) -> Iterator[Resource]:
    values: dict[str, object] = {
        "cidr_block": vpc.cidrs[0],
        "enable_dns_hostnames": True,
        "enable_dns_support": True,
        "instance_tenancy": "default",
        "ipv4_ipam_pool_id": None,
        "assign_generated_ipv6_cidr_block": None,
        **_tags(vpc.id),
    }
    unknown = ("default_network_acl_id", "default_route_table_id", "default_security_group_id")
    yield Resource("aws_vpc", _name(vpc.id), values, unknown=("arn", "id", *unknown))
    link = {"vpc_id": (vpc.id,)}
    yield Resource("aws_internet_gateway", f"{_name(vpc.id)}_igw", _tags(vpc.id), link)
    places = tuple(f"aws_subnet.{_name(vpc.id)}_s{each}" for each in (2, 3))
    yield Resource(
        "aws_db_subnet_group",
        f"{_name(vpc.id)}_db",
        {"name": f"{_name(vpc.id)}-db", **_tags(vpc.id)},
        {"subnet_ids": places},
    )


def _peering(peering: Peering) -> Resource:
    values: dict[str, object] = {"auto_accept": True, **_tags(peering.vpcs[0])}
    one, other = peering.vpcs
    links = {"vpc_id": (one,), "peer_vpc_id": (other,)}
    return Resource("aws_vpc_peering_connection", _peering_name(peering.id), values, links)


def _peering_name(identifier: str) -> str:
    return f"p{identifier.replace('-', '_')}"


def _acl(acl: Acl, subnets: list[Subnet]) -> Resource:
    values: dict[str, object] = {
        "ingress": [_entry(each) for each in acl.ingress],
        "egress": [_entry(each) for each in acl.egress],
        **_tags(acl.id),
    }
    links = {
        "vpc_id": (acl.vpc,),
        "subnet_ids": tuple(f"aws_subnet.{_name(each.id)}" for each in subnets),
    }
    return Resource("aws_network_acl", _name(acl.id), values, links)


def _entry(entry: AclEntry) -> dict[str, object]:
    everything = entry.protocol is Protocol.ANY
    return {
        "rule_no": entry.number,
        "action": "allow" if entry.allow else "deny",
        "protocol": "-1" if everything else entry.protocol.value,
        "from_port": 0 if everything else entry.ports.low,
        "to_port": 0 if everything else entry.ports.high,
        "cidr_block": entry.cidr,
        "ipv6_cidr_block": "",
        "icmp_code": None,
        "icmp_type": None,
    }


def _subnet(subnet: Subnet) -> Iterator[Resource]:
    values: dict[str, object] = {
        "cidr_block": subnet.cidrs[0],
        "availability_zone": f"eu-central-1{'abc'[int(subnet.id[-1]) % 3]}",
        "map_public_ip_on_launch": False,
        "assign_ipv6_address_on_creation": False,
        "ipv6_cidr_block": None,
        "ipv6_native": False,
        **_tags(subnet.id),
    }
    yield Resource("aws_subnet", _name(subnet.id), values, {"vpc_id": (subnet.vpc,)})
    links = {
        "subnet_id": (f"aws_subnet.{_name(subnet.id)}",),
        "route_table_id": (f"aws_route_table.{_name(subnet.route_tables[0])}",),
    }
    nothing: dict[str, object] = {"gateway_id": None, "timeouts": None}
    yield Resource("aws_route_table_association", _name(subnet.id), nothing, links, unknown=("id",))


def _table(table: RouteTable) -> Iterator[Resource]:
    name, link = _name(table.id), {"vpc_id": (table.vpc,)}
    yield Resource("aws_route_table", name, _tags(table.id), link, ("arn", "id", "route"))
    for number, route in enumerate(table.routes):
        yield _route(route, name, number)


_GATEWAYS = ("carrier_gateway_id", "core_network_arn", "destination_ipv6_cidr_block")
_MORE_GATEWAYS = ("egress_only_gateway_id", "local_gateway_id", "nat_gateway_id", "timeouts")
_NULLS = ("destination_prefix_list_id", "transit_gateway_id", "vpc_endpoint_id")


def _route(route: Route, table: str, number: int) -> Resource:
    values: dict[str, object] = {
        "destination_cidr_block": route.destination,
        **dict.fromkeys((*_GATEWAYS, *_MORE_GATEWAYS, *_NULLS)),
    }
    links = {"route_table_id": (f"aws_route_table.{table}",)}
    if route.target is Target.PEERING:
        way = f"aws_vpc_peering_connection.{_peering_name(route.via or '')}"
        links["vpc_peering_connection_id"] = (way,)
        values["gateway_id"] = None
    else:
        links["gateway_id"] = (f"aws_internet_gateway.{_name(route.via or '')}",)
        values["vpc_peering_connection_id"] = None
    unknown = ("id", "origin", "state", "instance_id", "network_interface_id")
    return Resource("aws_route", f"{table}_{number}", values, links, unknown)


def _group(group: SecurityGroup) -> Iterator[Resource]:
    name = _name(group.id)
    values: dict[str, object] = {
        "name": name,
        "description": "Managed by Terraform",
        "revoke_rules_on_delete": False,
        "timeouts": None,
        **_tags(group.id),
    }
    yield Resource(
        "aws_security_group",
        name,
        values,
        {"vpc_id": (group.vpc or "",)},
        ("arn", "egress", "id", "ingress", "name_prefix", "owner_id"),
    )
    for way, rules in (("ingress", group.ingress), ("egress", group.egress)):
        for number, rule in enumerate(rules):
            yield _rule(rule, way, name, number)


def _rule(rule: Rule, way: str, group: str, number: int) -> Resource:
    everything = rule.protocol is Protocol.ANY
    values: dict[str, object] = {
        "cidr_ipv4": rule.cidrs[0] if rule.cidrs else None,
        "cidr_ipv6": None,
        "description": None,
        "from_port": None if everything else rule.ports.low,
        "to_port": None if everything else rule.ports.high,
        "ip_protocol": "-1" if everything else rule.protocol.value,
        "prefix_list_id": None,
        "tags": None,
        "tags_all": {},
    }
    links = {"security_group_id": (f"aws_security_group.{group}",)}
    if rule.groups:
        links["referenced_security_group_id"] = (f"aws_security_group.{_name(rule.groups[0])}",)
    else:
        values["referenced_security_group_id"] = None
    unknown = ("arn", "id", "security_group_rule_id")
    type_ = f"aws_vpc_security_group_{way}_rule"
    return Resource(type_, f"{group}_{way}_{number}", values, links, unknown)


def _workload(card: Interface, subnet: Subnet) -> Resource:
    groups = tuple(f"aws_security_group.{_name(each.group)}" for each in card.groups)
    name, vpc = _name(card.owner), _name(subnet.vpc)
    # The last of each VPC.
    if int(name.rpartition("w")[2]) >= WORKLOADS - _DATABASES:
        return _database(name, vpc, groups, card.owner)
    values: dict[str, object] = {
        "ami": "ami-0123456789abcdef0",
        "associate_public_ip_address": bool(card.public),
        "credit_specification": [],
        "get_password_data": False,
        "hibernation": None,
        "iam_instance_profile": None,
        "instance_type": "m7i.large",
        "launch_template": [],
        "private_ip": card.addresses[0],
        "source_dest_check": True,
        "timeouts": None,
        "user_data_replace_on_change": False,
        "volume_tags": None,
        **_tags(card.owner),
    }
    links = {
        "subnet_id": (f"aws_subnet.{_name(subnet.id)}",),
        "vpc_security_group_ids": groups,
    }
    unknown = ("arn", "id", "availability_zone", "ebs_block_device", "root_block_device")
    more = ("network_interface", "primary_network_interface_id", "private_dns", "public_ip")
    return Resource("aws_instance", name, values, links, (*unknown, *more))


def _database(name: str, vpc: str, groups: tuple[str, ...], owner: str) -> Resource:
    values: dict[str, object] = {
        "allocated_storage": 100,
        "backup_retention_period": 7,
        "engine": "postgres",
        "engine_version": "16.4",
        "identifier": name.replace("_", "-"),
        "instance_class": "db.m7g.large",
        "multi_az": True,
        "port": 5432,
        "publicly_accessible": False,
        "replicate_source_db": None,
        "snapshot_identifier": None,
        "storage_encrypted": True,
        "timeouts": None,
        **_tags(owner),
    }
    links = {
        "db_subnet_group_name": (f"aws_db_subnet_group.{vpc}_db",),
        "vpc_security_group_ids": groups,
    }
    unknown = ("address", "arn", "endpoint", "id", "kms_key_id", "resource_id")
    return Resource("aws_db_instance", name, values, links, unknown)
