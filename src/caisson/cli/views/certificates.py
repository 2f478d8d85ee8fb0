"""Certificates: a packet on one line, and all of it as plain JSON."""

from dataclasses import is_dataclass

from caisson.prove.certificate import INTERNET, Certificate, Packet, Passed

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]


def plain(certificate: Certificate | None) -> Plain:
    """Return a certificate as JSON; `kind` tells which one it is."""
    if certificate is None:
        return None
    return {"kind": type(certificate).__name__.lower(), **_content(certificate)}


def _content(value: object) -> dict[str, Plain]:
    return {each: _plain(getattr(value, each)) for each in getattr(value, "__match_args__", ())}


def _plain(value: object) -> Plain:
    if is_dataclass(value):
        return _content(value)
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)


def packets(certificate: Certificate | None) -> tuple[str, ...]:
    """Return each packet that passes: `203.0.113.7:49152 → aws_instance.web (10.0.1.4) tcp 22`."""
    return tuple(map(_line, certificate.packets)) if isinstance(certificate, Passed) else ()


def _line(packet: Packet) -> str:
    sender = f"{packet.source_address}:{packet.source_port}"
    if packet.source != INTERNET:
        sender = f"{packet.source} ({sender})"
    target = (
        f"{packet.target} ({packet.target_address})" if packet.target_address else packet.target
    )
    port = f" {packet.port}" if str(packet.protocol) in ("tcp", "udp") else ""
    return f"{sender} → {target} {packet.protocol}{port}"
