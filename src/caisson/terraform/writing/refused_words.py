"""Names that are well in an estate, and that AWS or a database of it does not take."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from caisson.estate.aws import Aws
from caisson.estate.mistakes import Mistake
from caisson.estate.model import Estate
from caisson.estate.sources import Source, Sources
from caisson.terraform.writing.aws import balancers, certificates, organization
from caisson.terraform.writing.blueprint import MANAGEMENT, SECURITY, domain_of

# "Naming rules" of load balancers and of S3: what names begin with that AWS keeps for itself.
_OF_AWS = ("internal", "sthree", "amzn-s3-demo")
# https://www.postgresql.org/docs/17/sql-keywords-appendix.html, those that are reserved, and what
# RDS keeps for itself beside them: it makes no database of such a name.
_OF_POSTGRES = """
all analyse analyze and any array as asc asymmetric authorization binary both case cast check
collate collation column concurrently constraint create cross default deferrable desc distinct
do else end except false fetch for foreign freeze from full grant group having ilike in
initially inner intersect into is isnull join lateral leading left like limit localtime
localtimestamp natural not notnull null offset on only or order outer overlaps placing primary
references returning right select similar some symmetric system table tablesample then to
trailing true union unique user using variadic verbose when where window with admin db
rdsadmin template0 template1
"""
# https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html
_MOST_LETTERS_OF_EMAIL = 64


def hyphens(estate: Estate, _: Aws, sources: Sources) -> Iterator[Mistake]:
    """Yield the names that RDS, ElastiCache or DNS refuse where they are a part of another."""
    for name, source in _names(estate, sources):
        if "--" in name or name.endswith("-"):
            where = "two hyphens in a row" if "--" in name else "a hyphen at its end"
            what = f"`{name}` has {where}, with which AWS names no database and no cache"
            yield Mistake(source, what, f"write `{'-'.join(filter(None, name.split('-')))}`")


def beginnings(estate: Estate, _: Aws, sources: Sources) -> Iterator[Mistake]:
    for word in _OF_AWS:
        if f"{estate.estate}-".startswith(f"{word}-"):
            what = f"names that begin with `{word}-` are for AWS itself, and all of these would"
            yield Mistake(sources.at("estate"), what, "call the estate something else")


def databases(estate: Estate, _: Aws, sources: Sources) -> Iterator[Mistake]:
    for name, store in estate.stores.items():
        called = store.was or name
        if store.system == "postgres" and called in _OF_POSTGRES.split():
            what = f"`{called}` is a word of Postgres, and RDS makes no database of that name"
            yield Mistake(sources.at("stores", name), what, f"write a longer one: `{called}-data`")


def lengths(estate: Estate, aws: Aws, sources: Sources) -> Iterator[Mistake]:
    """Yield the addresses that are too long once the estate's names are in them."""
    accounts = (*estate.environments, MANAGEMENT, SECURITY)
    names = (organization.account_name(estate.estate, each) for each in accounts)
    email = max((aws.email.format(account=each) for each in names), key=len)
    if len(email) > _MOST_LETTERS_OF_EMAIL:
        what = f"{email} has {len(email)} letters, and AWS takes {_MOST_LETTERS_OF_EMAIL}"
        yield Mistake(sources.at("aws", "email"), what, "write a shorter address")
    every = product(estate.jurisdictions, estate.environments)
    domains = (balancers.origin_of(one, domain_of(aws, other)) for one, other in every)
    domain, most = max(domains, key=len, default=""), certificates.MOST_LETTERS
    if len(domain) > most:
        what = f"{domain} has {len(domain)} letters, and a certificate {most} at most"
        yield Mistake(sources.at("aws", "domain"), what, "write a shorter domain")


def _names(estate: Estate, sources: Sources) -> Iterator[tuple[str, Source]]:
    """Yield the names that others are made of, each with its place."""
    yield estate.estate, sources.at("estate")
    sections: Mapping[str, Iterable[str]] = {
        "environments": estate.environments,
        "jurisdictions": estate.jurisdictions,
        "regions": estate.regions,
        "stores": estate.stores,
        "services": estate.services,
    }
    for section, names in sections.items():
        for name in names:
            yield name, sources.at(section, name)
    for section, parts in (("stores", estate.stores), ("services", estate.services)):
        for name, part in parts.items():
            if part.was is not None:
                yield part.was, sources.at(section, name, "was")
    for name, store in estate.stores.items():
        if "data" in store.model_fields_set:
            yield store.data, sources.at("stores", name, "data")
