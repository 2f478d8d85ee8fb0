"""What a policy on a resource opens, wherever it is written: in the resource or beside it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from caisson.terraform.aws.attached import Attached, attached
from caisson.terraform.aws.openness import public, refuses_plain_text
from caisson.terraform.aws.policies import Document, document_of, policy
from caisson.terraform.reading import Block, Reading
from caisson.topology.resources import Policy
from caisson.topology.truth import any_of


@dataclass(frozen=True, slots=True)
class Written:
    """A policy document in `attribute` of `block`; not `sure` when it is perhaps another's."""

    block: Block
    attribute: str
    sure: bool

    @property
    def document(self) -> Document:
        return document_of(self.block, self.attribute)


@dataclass(frozen=True, slots=True)
class OnResources:
    """The policies of resources of some types."""

    own: str
    beside: str
    others: Attached

    def of(self, resource: Block) -> Iterator[Written]:
        # What stands beside replaces what is in it, which nobody may have written after all.
        replaced = self.others.to(resource.address) and not resource.known(self.own)
        if resource.written(self.own) and not replaced:
            yield Written(resource, self.own, sure=True)
        for block, sure in self.others.all_to(resource.address):
            yield Written(block, self.beside, sure)

    def public(self, resource: Block) -> bool | None:
        """Return whether one of them lets in somebody whom nobody named."""
        return any_of(_if_sure(public(each.document), each.sure) for each in self.of(resource))

    def only_encrypted(self, resource: Block, *, contents: bool = False) -> bool | None:
        """Return whether one of them refuses requests without TLS; see `refuses_plain_text`."""
        return any_of(
            _if_sure(refuses_plain_text(each.document, contents=contents), each.sure)
            for each in self.of(resource)
        )

    def policies(self, resources: Iterable[Block]) -> Iterator[Policy]:
        for resource in resources:
            for each in self.of(resource):
                yield policy(each.block, each.attribute, resource.address, "resource")


def on_resources(
    reading: Reading,
    kind: str,
    by: str,
    *types: str,
    own: str = "policy",
    beside: str = "policy",
) -> OnResources:
    """Return the policies of resources of `types`, written there or by resources of `kind`.

    `by` is the attribute with which the latter name the former.
    """
    return OnResources(own, beside, attached(reading.of(kind), by, *types))


def _if_sure(value: bool | None, sure: bool) -> bool | None:
    return value if sure or value is False else None
