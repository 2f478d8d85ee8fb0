"""What is known of a configuration of which no plan was made: nothing but its text and inputs."""

from collections.abc import Callable, Mapping

from caisson.terraform.hcl.addresses import InstanceKey
from caisson.terraform.hcl.configuration import ModulePath, ResourceKey
from caisson.terraform.hcl.scope import NOT_GIVEN
from caisson.terraform.hcl.values import Bag, Reference, Tied, Undefined, Value, is_plain


class Unplanned:
    """The text is all that there is, so it is believed."""

    in_order = True

    def __init__(self, inputs: Mapping[str, Value]) -> None:
        self._inputs = inputs

    def keys(self, module: str, resource: ResourceKey) -> None:
        """Leave it to the text."""
        del module, resource

    def called(self, module: str, name: str) -> frozenset[InstanceKey]:
        del module, name
        return frozenset()

    def attribute(self, reference: Reference, written: Callable[[], Value]) -> Value:
        """Return what was written; what nobody wrote, the provider chooses."""
        try:
            value = written()
        except Undefined:
            return reference
        match value:
            case None:
                return reference
            case str():
                return Tied(value, reference)
            case list() if len(value) > 1 and not is_plain(value):
                return Bag(tuple(value), counted=False)  # it may be a set
            case _:
                return value

    def input(self, name: str) -> Value:
        return self._inputs.get(name, NOT_GIVEN)

    def trusted_call(self, path: ModulePath, name: str) -> bool:
        del path, name
        return True

    def trusted_output(self, path: ModulePath, name: str) -> bool:
        del path, name
        return True

    def trusted_resource(self, address: str) -> bool:
        del address
        return True
