"""What has to be true of the things that no emulator can make, once they are made with mocks.

Three things are asked of each: that it is planned and made as often as it is rendered, that what it
refers to has come to what that is, and that it names what a thing of its type has to name, in the
region where that has to be (`mocked_names`). What a reviewer asks of some types beyond that is in
`mocked_facts`.
"""

from collections.abc import Iterator

from mocked_facts import disputed
from mocked_names import misnamed
from mocked_owners import Owners, region_of
from mocked_run import Made
from mocked_values import at, leaves

from caisson.terraform.writing.model import Block, Form, Rendering, Root


def problems(root: Root, rendering: Rendering, made: Made, types: set[str]) -> list[str]:
    """Return what is wrong with the resources of some types, of those that a root has."""
    blocks = [each for each in root.blocks if each.form is Form.RESOURCE and each.type in types]
    owners = Owners(root, rendering, made)
    found = list(_times(root, blocks, made, types))
    for block in (each for each in blocks if each.address in made.values):
        region = region_of(root, block.provider)
        found.extend(_unresolved(block, made, owners))
        found.extend(misnamed(block, region, made, owners))
        found.extend(disputed(block, region, made, owners))
    return found


def _times(root: Root, blocks: list[Block], made: Made, types: set[str]) -> Iterator[str]:
    imported = {each.block.address for each in root.imports}
    rendered = {each.address for each in blocks}
    for address in rendered - imported:
        if made.actions.get(address) != ("create",):
            yield f"{address}: is not planned once"
    for address in rendered:
        if address not in made.values:
            yield f"{address}: is not made once"
    for address in {*made.actions, *made.values} - rendered:
        if address.partition(".")[0] in types:
            yield f"{address}: is not rendered"


def _unresolved(block: Block, made: Made, owners: Owners) -> Iterator[str]:
    """Yield the attributes that are one reference, and did not come to what that is."""
    for path, text in leaves(block.body):
        meant = owners.meant(text)
        found = list(at(made.values[block.address], path))
        if meant and (None in meant or not set(meant) <= set(found)):
            yield f"{block.address}: {path} is {found}, not {meant}"
