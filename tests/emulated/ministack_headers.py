"""Policies of ministack's CloudFront for the headers of responses.

Of headers that a policy neither adds nor removes, AWS says nothing; ministack says that there are
none, which a client takes for something that was said.
"""

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from ministack.services import cloudfront

_written = cloudfront._build_rhp_config_xml


def mend() -> None:
    """Leave out what a policy does not have."""
    cloudfront._build_rhp_config_xml = _text
    cloudfront._RHP_SPEC["build_config"] = _text


def _text(parent: Element, config: Mapping[str, Any]) -> None:
    _written(parent, config)
    for name in ("CustomHeadersConfig", "RemoveHeadersConfig"):
        headers = parent.find(name)
        if headers is not None and headers.findtext("Quantity") == "0":
            parent.remove(headers)
