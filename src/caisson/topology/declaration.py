"""What the passes are given: the declared estate, where it was written, and a free block."""

from dataclasses import dataclass

from caisson.estate.model import Estate, Store
from caisson.estate.sources import Source, Sources

# Systems of which a standby follows a primary; the others keep one independent copy per site.
REPLICATED = frozenset({"postgres", "redis", "opensearch", "files"})


@dataclass(frozen=True, slots=True)
class Placement:
    """Where one environment keeps one jurisdiction; `standby` is None when there is no second."""

    environment: str
    jurisdiction: str
    home: str
    standby: str | None

    @property
    def regions(self) -> tuple[str, ...]:
        return (self.home,) if self.standby is None else (self.home, self.standby)


@dataclass(frozen=True, slots=True)
class Declaration:
    """The input of every pass. `block` is the second octet of the first local addresses."""

    estate: Estate
    sources: Sources
    block: int

    def placements(self) -> tuple[Placement, ...]:
        """Every environment crossed with its jurisdictions, in the order they are declared."""
        return tuple(
            Placement(
                environment, name, each.home, each.standby if each.standby != each.home else None
            )
            for environment, declared in self.estate.environments.items()
            for name, each in self.estate.jurisdictions.items()
            if declared.jurisdictions is None or name in declared.jurisdictions
        )

    def replicated_stores(self) -> tuple[tuple[str, Store], ...]:
        stores = self.estate.stores.items()
        return tuple((name, store) for name, store in stores if store.system in REPLICATED)

    def public_service(self) -> str | None:
        """Return the first service that users may reach, which is why there are proxies at all."""
        services = self.estate.services.items()
        return next((name for name, service in services if service.public), None)

    def public_source(self) -> Source:
        """Return where it is declared that anything is public."""
        return self.sources.at("services", self.public_service() or "", "public")
