"""Settings in the parameter groups of databases and caches."""

from dataclasses import dataclass

from caisson.terraform.aws.typed import given
from caisson.terraform.reading import Block

YES = frozenset({"1", "on", "true", "enabled", "required", "yes"})
NO = frozenset({"0", "off", "false", "disabled", "no", "{0}", "{off}"})


@dataclass(frozen=True, slots=True)
class Setting:
    """A parameter's value, None when it is left at its default; not `told` when it may be any."""

    value: str | None = None
    told: bool = True

    def switched(self, *, default: bool | None) -> bool | None:
        """Return whether it is on; None when it cannot be told."""
        if not self.told:
            return None
        if self.value is None:
            return default
        value = self.value.lower()
        return True if value in YES else False if value in NO else None


UNTOLD = Setting(told=False)


def setting(block: Block, attribute: str, group_type: str, name: str) -> Setting:
    """Return parameter `name` of the group that `attribute` names; the default without a group."""
    groups = given(block, attribute, group_type)
    if not groups.every and groups.sure:
        return Setting()
    if groups.only is None:
        return UNTOLD
    if not groups.to:
        # Only AWS makes groups whose names begin so, and nobody can change them.
        return Setting() if groups.outside[0].startswith("default.") else UNTOLD
    return _of_group(block.reading.at(groups.to[0]), name)


def _of_group(group: Block, name: str) -> Setting:
    if not group.known("parameter"):
        return UNTOLD
    found = UNTOLD if _names_unknown(group) else Setting()
    for each in group.blocks("parameter"):
        if each.text("name") == name:
            value = each.text("value")
            found = Setting(value) if isinstance(value, str) else UNTOLD
    return found


def _names_unknown(group: Block) -> bool:
    return any(not isinstance(each.text("name"), str) for each in group.blocks("parameter"))


def family_version(block: Block, attribute: str, group_type: str) -> str | None:
    """Return the version in the group's family: `16` of `aurora-postgresql16`."""
    groups = given(block, attribute, group_type)
    if groups.only is None or not groups.to:
        return None
    family = block.reading.at(groups.to[0]).text("family")
    if not isinstance(family, str):
        return None
    return family[len(family.rstrip("0123456789.")) :] or None
