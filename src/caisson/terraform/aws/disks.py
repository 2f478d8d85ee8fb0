"""Disks: of instances, of templates, and on their own; and what is copied from them."""

from collections.abc import Iterator
from dataclasses import replace

from caisson.terraform.aws.holdings import holding
from caisson.terraform.aws.keys import NO_KEYS, KeysNamed, keys_named
from caisson.terraform.aws.moving import moving
from caisson.terraform.aws.presence import chosen, gap, given, unset
from caisson.terraform.fragment import Fragment, joined
from caisson.terraform.model import Certainty, Link
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Gap, Holding, Question, Rest, Way
from caisson.topology.truth import any_of

DISKS = ("aws_ebs_volume", "aws_ebs_snapshot", "aws_ebs_snapshot_copy", "aws_ebs_snapshot_import")
IMAGES = ("aws_ami", "aws_ami_copy", "aws_ami_from_instance")
SNAPSHOTS = ("aws_ebs_snapshot", "aws_ebs_snapshot_import")
ROOT = "root"
# What Amazon's and other images call their root disk.
ROOT_DEVICES = ("xvda", "sda1")
SHARED = ("aws_ami_launch_permission", "aws_snapshot_create_volume_permission")


# The settings of an account are read with the disks.
TYPES = frozenset(
    {*DISKS, *IMAGES, *SHARED, "aws_ebs_encryption_by_default", "aws_ebs_default_kms_key"}
)


def encrypted(block: Block) -> bool | None:
    """Return whether a disk is encrypted, by its own words or by its account's default.

    Said of neither it cannot be told: the default may have been set elsewhere.
    """
    own = None if unset(block, "encrypted") else block.flag("encrypted", default=None)
    if own is True or not unset(block, "kms_key_id"):
        return True if own is not False else None
    if _by_default(block):
        return True
    return own


def _by_default(block: Block) -> bool:
    return any(
        each.flag("enabled", default=True) is True
        and block.instance.region is not None
        and each.instance.region == block.instance.region
        and each.instance.account == block.instance.account
        for each in block.reading.of("aws_ebs_encryption_by_default")
    )


def disk_keys(block: Block) -> KeysNamed:
    """Return the keys of a disk: its own, else its account's default key in the region."""
    if not unset(block, "kms_key_id"):
        return keys_named(block, "kms_key_id")
    found = [
        keys_named(each, "key_arn")
        for each in block.reading.of("aws_ebs_default_kms_key")
        if each.instance.region == block.instance.region
        and each.instance.account == block.instance.account
    ]
    return found[0] if found else NO_KEYS


def disks_of(machine: Block, *, template: Block | None = None, lasting: bool = True) -> Fragment:
    """Return the disks that a machine starts with; `template` says what the machine does not.

    Those that do not last are made again from the image whenever a machine is.
    """
    named = [*_own_disks(machine), *_template_disks(template)]
    # A machine always has a root disk; its image's own settings are not written anywhere.
    if not any(part == ROOT for part, _ in named):
        named.insert(0, (ROOT, None))
    return joined(_disk(machine, part, each, lasting) for part, each in dict(named).items())


def _own_disks(machine: Block) -> list[tuple[str, Block | None]]:
    roots: list[tuple[str, Block | None]] = [
        (ROOT, each) for each in machine.blocks("root_block_device")
    ]
    return roots + [
        (_device(each, index), each)
        for index, each in enumerate(machine.blocks("ebs_block_device"))
    ]


def _template_disks(template: Block | None) -> list[tuple[str, Block | None]]:
    """Return the mapped disks; the first of the usual root devices is the root disk."""
    mapped = template.blocks("block_device_mappings") if template else ()
    devices = [(_device(each, index), each.block("ebs")) for index, each in enumerate(mapped)]
    return [(ROOT if name in ROOT_DEVICES else name, ebs) for name, ebs in devices if ebs]


def _device(block: Block, index: int) -> str:
    name = block.text("device_name")
    return name.removeprefix("/dev/") if isinstance(name, str) else f"disk-{index}"


def _disk(machine: Block, part: str, disk: Block | None, lasting: bool) -> Fragment:
    keys = disk_keys(disk) if disk else NO_KEYS
    is_encrypted = encrypted(disk) if disk else True if _by_default(machine) else None
    found = replace(
        holding(machine, Rest.DISK, "ebs", part=part),
        encrypted=is_encrypted,
        keys=keys.ids if is_encrypted is not False else (),
        public=False,
        multi_zone=False,
        deletion_protected=chosen(machine, "disable_api_termination", default=False),
        rebuildable=not lasting,
        durable=lasting,
    )
    untold = _untold(machine, found, written=disk is not None and not unset(disk, "encrypted"))
    return Fragment(holdings=(found,), gaps=(*keys.gaps(machine), *untold))


def _untold(block: Block, disk: Holding, *, written: bool) -> Iterator[Gap]:
    """Yield what would settle whether a disk is encrypted about which nobody wrote anything."""
    if disk.encrypted is None and not written:
        what = (
            f"nobody wrote whether {disk.id} is encrypted: it is where its account encrypts every "
            "new disk, which an aws_ebs_encryption_by_default would tell"
        )
        yield gap(block, what, frozenset({Question.ENCRYPTION}), disk.id)


def read(reading: Reading) -> Fragment:
    return joined(
        (
            *(_volume(each) for each in reading.of("aws_ebs_volume")),
            *(_snapshot(each) for each in reading.of(*SNAPSHOTS)),
            *(_copy(each) for each in reading.of("aws_ebs_snapshot_copy")),
            *(_image(each) for each in reading.of(*IMAGES)),
            *(_shared(each) for each in reading.of(*SHARED)),
        )
    )


def _volume(block: Block) -> Fragment:
    disk = _rests(block, Rest.DISK, encrypted(block))
    untold = _untold(block, disk.holdings[0], written=not unset(block, "encrypted"))
    return joined(
        (disk, Fragment(gaps=tuple(untold)), _copied(block, "snapshot_id", Way.COPY, "snapshot"))
    )


def _snapshot(block: Block) -> Fragment:
    imported = block.instance.type == "aws_ebs_snapshot_import"
    is_encrypted = encrypted(block) if imported else _as_volume(block)
    copied = _copied(block, "volume_id", Way.BACKUP, "snapshot")
    return joined((_rests(block, Rest.BACKUP, is_encrypted), copied))


def _as_volume(block: Block) -> bool | None:
    """Return whether a snapshot is encrypted, which it is when its volume is."""
    volume = block.link("volume_id", "aws_ebs_volume").only
    if volume is None or volume not in block.reading.instances:
        return None
    return encrypted(block.reading.at(volume))


def _copy(block: Block) -> Fragment:
    copied = _copied(block, "source_snapshot_id", Way.COPY, "snapshot copy")
    return joined((_rests(block, Rest.BACKUP, encrypted(block)), copied))


def _image(block: Block) -> Fragment:
    parts = block.blocks("ebs_block_device")
    states = {encrypted(each) for each in parts}
    told = states.pop() if len(states) == 1 else None
    copied = [
        _copied(block, name, Way.COPY, "machine image")
        for name in ("source_ami_id", "source_instance_id")
    ]
    own = encrypted(block) if block.instance.type == "aws_ami_copy" else told
    return joined((_rests(block, Rest.IMAGE, own), *copied))


def _rests(block: Block, rest: Rest, is_encrypted: bool | None) -> Fragment:
    keys = disk_keys(block)
    found = replace(
        holding(block, rest, "ebs"),
        encrypted=is_encrypted,
        keys=keys.ids if is_encrypted is not False else (),
        public=_made_public(block),
        # Volumes are in one zone; snapshots and images are kept in several.
        multi_zone=rest is not Rest.DISK,
        deletion_protected=False,
    )
    return Fragment(holdings=(found,), gaps=keys.gaps(block))


def _made_public(block: Block) -> bool | None:
    """Return whether everybody may start the image; what is unknown of its sharing is None."""
    answers: set[bool | None] = {False}
    for each in block.reading.of("aws_ami_launch_permission"):
        link = each.link("image_id", *IMAGES)
        if block.address in link.to or link.certainty is Certainty.OPEN:
            everybody = each.text("group")
            answers.add(everybody == "all" if isinstance(everybody, str | None) else None)
    return any_of(answers)


def _shared(block: Block) -> Fragment:
    what = f"{block.address} gives a disk's content to another account"
    questions = frozenset({Question.ISOLATION, Question.RESIDENCY, Question.ACCESS})
    name = "image_id" if block.instance.type == "aws_ami_launch_permission" else "snapshot_id"
    link = block.link(name, *DISKS, *IMAGES)
    about = link.every if link.certainty is not Certainty.OPEN else ()
    return Fragment(gaps=(gap(block, what, questions, *about),))


def _copied(block: Block, name: str, way: Way, via: str) -> Fragment:
    """Return that data comes from what `name` names; by hand, so that nothing bounds its age."""
    link = given(block, name, *DISKS, *IMAGES, "aws_instance")
    disk = {each: _disk_of(block, each) for each in link.every}
    origins = Link(
        tuple(disk[each] for each in link.to),
        link.outside,
        link.certainty,
        tuple(disk[each] for each in link.surely),
    )
    return moving(block, origins, Link((block.address,)), way, via=f"{via} {block.address}")


def _disk_of(block: Block, address: str) -> str:
    """Return the root disk of a machine; any other thing as it is."""
    instance = block.reading.instances.get(address)
    return f"{address}/{ROOT}" if instance and instance.type == "aws_instance" else address
