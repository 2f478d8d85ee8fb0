"""The requests of a declared probe, with their places filled in."""


def filled(template: str, tenant: str, page: str, **others: str) -> str:
    """The path of a request; `after` is left out where a listing begins."""
    values = {"tenant": tenant, "page": page, **others}
    for name, value in values.items():
        template = template.replace("{" + name + "}", value)
    return template.replace("after=&", "")
