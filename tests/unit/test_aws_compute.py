"""Machines: where they are, who can send to them, what they need and where their data rests."""

import pytest
from terraform_support import Thing, among, outside, reading, ref, refs, thing, unknown

from caisson.terraform.aws import autoscaling, compute, disks
from caisson.terraform.fragment import Fragment
from caisson.terraform.model import UNKNOWN
from caisson.topology.network import Interface, Membership
from caisson.topology.resources import Gap, Holding, Question, Rest, Use, Way

VPC = thing("aws_vpc.main", cidr_block="10.0.0.0/16")
OPEN_SUBNET = thing("aws_subnet.open", vpc_id=ref("aws_vpc.main"), map_public_ip_on_launch=True)
CLOSED_SUBNET = thing(
    "aws_subnet.closed", vpc_id=ref("aws_vpc.main"), map_public_ip_on_launch=False
)
WEB = thing("aws_security_group.web", vpc_id=ref("aws_vpc.main"))
PLACE = (VPC, OPEN_SUBNET, CLOSED_SUBNET, WEB)


def read(*things: Thing) -> Fragment:
    return compute.read(reading(*PLACE, *things))


def machine(**attributes: object) -> Thing:
    given: dict[str, object] = {
        "subnet_id": ref("aws_subnet.closed"),
        "vpc_security_group_ids": [ref("aws_security_group.web")],
        "associate_public_ip_address": UNKNOWN,
    }
    return thing("aws_instance.web", **(given | attributes))


def seat(fragment: Fragment) -> Interface:
    (only,) = fragment.network.interfaces
    return only


def used(fragment: Fragment, why: str) -> list[Use]:
    return [each for each in fragment.uses if each.why == why]


def holding(fragment: Fragment, name: str) -> Holding:
    return next(each for each in fragment.holdings if each.id == name)


def confined(fragment: Fragment, question: Question) -> list[Gap]:
    return [each for each in fragment.gaps if question in each.questions]


def test_a_machine_is_in_its_subnet_and_its_groups() -> None:
    found = seat(read(machine(private_ip="10.0.1.7")))
    assert found.owner == "aws_instance.web"
    assert found.subnets == ("aws_subnet.closed",)
    assert found.groups == (Membership("aws_security_group.web"),)
    assert (found.groups_known, found.sure, found.all_subnets) == (True, True, True)
    assert found.addresses == ("10.0.1.7",)


def test_without_groups_it_is_in_the_default_group_of_its_vpc() -> None:
    found = seat(read(machine(vpc_security_group_ids=UNKNOWN)))
    assert found.groups == (Membership("aws_vpc.main/default-group"),)
    assert found.groups_known


def test_groups_that_may_be_others_are_not_all_known() -> None:
    found = seat(read(machine(vpc_security_group_ids=unknown("aws_security_group.web"))))
    assert found.groups == (Membership("aws_security_group.web", sure=False),)
    assert not found.groups_known


@pytest.mark.parametrize(
    ("subnet", "flag", "public"),
    [
        ("aws_subnet.open", UNKNOWN, True),
        ("aws_subnet.closed", UNKNOWN, False),
        ("aws_subnet.closed", True, True),
        ("aws_subnet.open", False, False),
        ("aws_subnet.closed", unknown(), None),
    ],
)
def test_whether_it_is_public_is_its_own_choice_else_its_subnets(
    subnet: str, flag: object, public: bool | None
) -> None:
    found = seat(read(machine(subnet_id=ref(subnet), associate_public_ip_address=flag)))
    assert found.public is public


@pytest.mark.parametrize(("kind", "public"), [("aws_subnet", False), ("aws_default_subnet", True)])
def test_a_default_subnet_gives_public_addresses_when_nobody_says_it(
    kind: str, public: bool
) -> None:
    quiet = thing(f"{kind}.quiet", vpc_id=ref("aws_vpc.main"), map_public_ip_on_launch=UNKNOWN)
    assert seat(read(quiet, machine(subnet_id=ref(f"{kind}.quiet")))).public is public


def test_a_machine_in_the_default_vpc_has_a_public_address_when_nobody_says_otherwise() -> None:
    assert seat(read(machine(subnet_id=UNKNOWN))).public is True
    assert seat(read(machine(subnet_id=UNKNOWN, associate_public_ip_address=False))).public is False


def test_a_subnet_that_was_not_read_may_give_public_addresses() -> None:
    assert seat(read(machine(subnet_id=outside("subnet-1")))).public is None


@pytest.mark.parametrize(
    ("tied", "public"),
    [
        (thing("aws_eip.a", instance=ref("aws_instance.web")), True),
        (thing("aws_eip_association.a", instance_id=ref("aws_instance.web")), True),
        (thing("aws_eip_association.a", instance_id=among("aws_instance.web")), None),
        (thing("aws_eip_association.a", instance_id=unknown()), None),
        (thing("aws_eip.a", domain="vpc"), False),
    ],
)
def test_an_elastic_address_makes_it_public(tied: Thing, public: bool | None) -> None:
    assert seat(read(machine(), tied)).public is public


def test_an_ipv6_address_may_be_sent_to_from_the_internet() -> None:
    assert seat(read(machine(ipv6_address_count=1))).public is None
    assert seat(read(machine(ipv6_address_count=0))).public is False


def test_one_of_two_subnets_is_not_sure() -> None:
    found = seat(read(machine(subnet_id=among("aws_subnet.open", "aws_subnet.closed"))))
    assert found.subnets == ("aws_subnet.open", "aws_subnet.closed")
    assert (found.sure, found.all_subnets, found.public) == (False, False, None)


def test_unknown_subnets_are_all_subnets_and_a_gap() -> None:
    fragment = read(machine(subnet_id=unknown()))
    assert set(seat(fragment).subnets) == {"aws_subnet.open", "aws_subnet.closed"}
    assert not seat(fragment).sure
    (gap,) = confined(fragment, Question.REACHABILITY)
    assert gap.about == ("aws_instance.web",)


def test_a_network_interface_of_its_own_says_where_it_is() -> None:
    fragment = read(
        thing(
            "aws_network_interface.card",
            subnet_id=ref("aws_subnet.open"),
            security_groups=[ref("aws_security_group.web")],
        ),
        thing("aws_eip.a", network_interface=ref("aws_network_interface.card")),
        thing(
            "aws_instance.web",
            network_interface=[{"network_interface_id": ref("aws_network_interface.card")}],
        ),
    )
    found = seat(fragment)
    assert (found.owner, found.subnets) == ("aws_instance.web", ("aws_subnet.open",))
    assert found.groups == (Membership("aws_security_group.web"),)
    assert found.public is True


def test_a_network_interface_that_was_not_read_is_a_gap() -> None:
    fragment = read(
        thing("aws_instance.web", network_interface=[{"network_interface_id": outside("eni-1")}])
    )
    (gap,) = confined(fragment, Question.REACHABILITY)
    assert gap.about == ("aws_instance.web",)


def test_a_group_attached_by_a_resource_of_its_own_counts() -> None:
    fragment = read(
        machine(vpc_security_group_ids=UNKNOWN),
        thing(
            "aws_network_interface_sg_attachment.a",
            network_interface_id=ref("aws_instance.web"),
            security_group_id=ref("aws_security_group.web"),
        ),
    )
    assert Membership("aws_security_group.web") in seat(fragment).groups


def test_it_needs_its_image_role_and_key_pair() -> None:
    fragment = read(
        thing("aws_ami.base"),
        thing("aws_iam_instance_profile.web"),
        machine(ami=ref("aws_ami.base"), iam_instance_profile=ref("aws_iam_instance_profile.web")),
    )
    assert [each.used for each in used(fragment, "image")] == ["aws_ami.base"]
    assert [each.used for each in used(fragment, "role")] == ["aws_iam_instance_profile.web"]
    assert not used(fragment, "key pair")


def test_what_is_not_said_comes_from_its_template() -> None:
    fragment = read(
        thing(
            "aws_launch_template.web",
            image_id="ami-1",
            vpc_security_group_ids=[ref("aws_security_group.web")],
        ),
        thing(
            "aws_instance.web",
            subnet_id=ref("aws_subnet.open"),
            vpc_security_group_ids=UNKNOWN,
            launch_template=[{"id": ref("aws_launch_template.web")}],
        ),
    )
    assert seat(fragment).groups == (Membership("aws_security_group.web"),)
    assert [each.used for each in used(fragment, "image")] == ["ami-1"]


def test_disks_say_whether_they_are_encrypted_and_by_which_key() -> None:
    fragment = read(
        thing("aws_kms_key.disks"),
        machine(
            root_block_device=[{"encrypted": False}],
            ebs_block_device=[
                {
                    "device_name": "/dev/sdf",
                    "encrypted": True,
                    "kms_key_id": ref("aws_kms_key.disks"),
                }
            ],
        ),
    )
    root = holding(fragment, "aws_instance.web/root")
    data = holding(fragment, "aws_instance.web/sdf")
    assert (root.rest, root.encrypted, root.keys) == (Rest.DISK, False, ())
    assert (data.encrypted, data.keys) == (True, ("aws_kms_key.disks",))
    assert root.multi_zone is False


def test_a_root_disk_of_which_nothing_is_said_follows_its_accounts_default() -> None:
    quiet = machine(root_block_device=UNKNOWN)
    default = thing("aws_ebs_encryption_by_default.on", enabled=True)
    elsewhere = thing("aws_ebs_encryption_by_default.on", enabled=True, in_region="us-east-1")
    assert holding(read(quiet), "aws_instance.web/root").encrypted is None
    assert holding(read(quiet, default), "aws_instance.web/root").encrypted is True
    assert holding(read(quiet, elsewhere), "aws_instance.web/root").encrypted is None


def test_what_would_tell_whether_a_disk_is_encrypted_is_said_where_nobody_wrote_it() -> None:
    volumes = (thing("aws_ebs_volume.a", encrypted=True), thing("aws_ebs_volume.b"))
    alone = disks.read(reading(*volumes)).gaps
    (root,) = confined(read(machine()), Question.ENCRYPTION)
    assert [each.about for each in alone] == [("aws_ebs_volume.b",)]
    assert root.about == ("aws_instance.web/root",)
    assert all("aws_ebs_encryption_by_default" in each.what for each in (*alone, root))


def test_a_group_of_machines_is_in_each_of_its_subnets() -> None:
    fragment = autoscaling.read(
        reading(
            *PLACE,
            thing(
                "aws_launch_template.web",
                image_id="ami-1",
                network_interfaces=[
                    {
                        "associate_public_ip_address": "true",
                        "security_groups": [ref("aws_security_group.web")],
                    }
                ],
            ),
            thing(
                "aws_autoscaling_group.web",
                vpc_zone_identifier=refs("aws_subnet.open", "aws_subnet.closed"),
                launch_template=[{"id": ref("aws_launch_template.web")}],
            ),
        )
    )
    found = seat(fragment)
    assert found.subnets == ("aws_subnet.open", "aws_subnet.closed")
    assert found.groups == (Membership("aws_security_group.web"),)
    assert (found.public, found.sure) == (True, True)
    assert [each.used for each in used(fragment, "image")] == ["ami-1"]
    assert holding(fragment, "aws_autoscaling_group.web/root").rebuildable


def test_a_group_whose_template_is_not_known_may_be_in_any_group() -> None:
    fragment = autoscaling.read(
        reading(
            *PLACE,
            thing(
                "aws_autoscaling_group.web",
                vpc_zone_identifier=ref("aws_subnet.closed"),
                launch_template=[{"id": unknown()}],
            ),
        )
    )
    assert not seat(fragment).groups_known
    assert ("aws_autoscaling_group.web",) in [each.about for each in fragment.gaps]


def test_a_group_with_one_of_two_templates_may_be_public() -> None:
    card = {"associate_public_ip_address": "true"}
    fragment = autoscaling.read(
        reading(
            *PLACE,
            thing("aws_launch_template.open", network_interfaces=[card]),
            thing("aws_launch_template.closed"),
            thing(
                "aws_autoscaling_group.web",
                vpc_zone_identifier=ref("aws_subnet.closed"),
                launch_template=[
                    {"id": among("aws_launch_template.open", "aws_launch_template.closed")}
                ],
            ),
        )
    )
    assert seat(fragment).public is None


def test_snapshots_are_backups_of_their_volume_and_encrypted_as_it_is() -> None:
    fragment = disks.read(
        reading(
            thing("aws_ebs_volume.data", encrypted=True, kms_key_id=UNKNOWN),
            thing("aws_ebs_snapshot.daily", volume_id=ref("aws_ebs_volume.data")),
            thing(
                "aws_ebs_snapshot_copy.far",
                source_snapshot_id=ref("aws_ebs_snapshot.daily"),
                encrypted=False,
                in_region="us-east-1",
            ),
        )
    )
    assert holding(fragment, "aws_ebs_snapshot.daily").encrypted is True
    assert holding(fragment, "aws_ebs_snapshot_copy.far").region == "us-east-1"
    assert holding(fragment, "aws_ebs_snapshot_copy.far").encrypted is False
    assert [(each.way, each.source, each.target) for each in fragment.movements] == [
        (Way.BACKUP, "aws_ebs_volume.data", "aws_ebs_snapshot.daily"),
        (Way.COPY, "aws_ebs_snapshot.daily", "aws_ebs_snapshot_copy.far"),
    ]


def test_an_image_that_everybody_may_start_is_public() -> None:
    image = thing("aws_ami.base", ebs_block_device=[{"device_name": "/dev/sda1"}])
    shared = thing("aws_ami_launch_permission.all", image_id=ref("aws_ami.base"), group="all")
    assert holding(disks.read(reading(image)), "aws_ami.base").public is False
    assert holding(disks.read(reading(image, shared)), "aws_ami.base").public is True
