"""An estate written for AWS, in a test: its blueprint, its roots, and what is read back of them."""

from pathlib import Path

from caisson.estate.loading import load
from caisson.terraform.read import read_configuration
from caisson.terraform.writing.blueprint import Blueprint, blueprint
from caisson.terraform.writing.model import Rendering
from caisson.terraform.writing.render import render
from caisson.terraform.writing.text import files
from caisson.topology.model import Topology
from caisson.topology.resolve import resolve

# Everything that an estate can have, twice where that matters.
ESTATE = """
estate: shop
jurisdictions:
  us: {home: us-west, standby: us-east}
  eu: {home: eu-central}
regions:
  us-west:    {jurisdiction: us, aws: us-west-2}
  us-east:    {jurisdiction: us, aws: us-east-2}
  eu-central: {jurisdiction: eu, aws: eu-central-1}
stores:
  orders:   {system: postgres}
  sessions: {system: redis}
  cache:    {system: memcached, rebuildable: true}
  search:   {system: opensearch, rebuildable: {from: orders}}
  uploads:  {system: files, data: personal}
services:
  web:
    run: [web]
    image: shop/web:1.0.0
    public: https
    uses: {orders: write, cache: write, search: read, uploads: write}
  mailer:
    run: [mailer]
    image: shop/mailer:1.0.0
    port: 9000
    uses: {sessions: write}
environments:
  production: {}
  staging: {jurisdictions: [us], sizes: small}
aws:
  accounts: {management: "111111111111", security: "222222222222",
             production: "333333333333", staging: "444444444444"}
  owner: platform@shop.example
  email: aws+{account}@shop.example
  domain: shop.example
"""


def planned(folder: Path, text: str = ESTATE) -> Blueprint:
    """Return where the estate in `text` lies; it is written to a file of `folder`."""
    estate, sources, topology = _loaded(folder, text)
    assert estate.aws is not None
    return blueprint(estate, sources, topology, estate.aws)


def rendered(folder: Path, text: str = ESTATE) -> Rendering:
    return render(*_loaded(folder, text))


def of_root(rendering: Rendering, path: str) -> dict[str, bytes]:
    """Return the files of one root, by their names in its folder."""
    return {
        name.removeprefix(f"{path}/"): text.encode()
        for name, text in files(rendering).items()
        if name.startswith(f"{path}/")
    }


def read_back(rendering: Rendering, path: str, **more: bytes) -> Topology:
    """Return what is read of one root, with the files of `more` put beside its own."""
    beside = {f"{name}.tf.json": content for name, content in more.items()}
    return read_configuration(path, of_root(rendering, path) | beside)


def _loaded(folder: Path, text: str):  # noqa: ANN202
    file = folder / "estate.yaml"
    file.write_text(text, encoding="utf-8")
    loaded = load(file)
    return loaded.estate, loaded.sources, resolve(loaded.estate, loaded.sources)
