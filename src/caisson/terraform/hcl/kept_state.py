"""Where Terraform keeps its own state, as a configuration says it."""

from dataclasses import dataclass

from caisson.estate.sources import Source
from caisson.terraform.hcl.configuration import Project, literal
from caisson.topology.places import Places
from caisson.topology.resources import TOOL_STATE, Resource

ID = "terraform.backend"
# What each backend calls the thing that it keeps the state in.
_STORES = ("bucket", "storage_account_name", "path", "address", "hostname")


@dataclass(frozen=True, slots=True)
class KeptState:
    """`kind` is the backend's, `store` the bucket or path; `region` is None where it has none."""

    kind: str
    store: str
    region: str | None
    source: Source

    def resource(self, id_: str, places: Places) -> Resource:
        """Return it as a thing in its place. In whose account it is nobody says."""
        return Resource(
            id=id_,
            type=TOOL_STATE,
            name=f"{self.kind} {self.store}".strip(),
            account=None,
            region=self.region,
            source=self.source,
            jurisdiction=places.jurisdiction(self.region),
        )


def kept_state(project: Project) -> KeptState | None:
    """Return where the state is kept; None when the configuration does not say it.

    A backend takes no variables, and what is given on the command line is not seen.
    """
    module = project.module()
    backend = module.backend if module is not None else None
    if backend is None or not backend.labels:
        return None
    stores = (literal(backend.body, each) for each in _STORES)
    return KeptState(
        backend.labels[0],
        next((each for each in stores if each is not None), ""),
        literal(backend.body, "region"),
        backend.source,
    )
