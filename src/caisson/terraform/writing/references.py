"""How one block names another: the only place where `${…}` is written."""

from caisson.terraform.writing.model import Block


def attribute(block: Block, name: str) -> str:
    """Return a reference to an attribute of a block of the same root, such as `arn`."""
    return f"${{{block.address}.{name}}}"


def remote(root: str, output: str) -> str:
    """Return a reference to the output of another root, by the name it has in `needs`."""
    return f"${{data.terraform_remote_state.{root}.outputs.{output}}}"


def expression(text: str) -> str:
    return f"${{{text}}}"


def bare(reference: str) -> str:
    """Return a reference as it stands within an expression."""
    return reference.removeprefix("${").removesuffix("}")
