"""What `caisson restore` is told of single tenants: who, or which operation of theirs."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from caisson.cli import output

_F = TypeVar("_F", bound=Callable[..., Any])
_MOST = 1000  # names in one order


def tenant_options(command: _F) -> _F:
    """Add the options to a command."""
    for option in reversed(
        (
            click.option(
                "--tenants",
                multiple=True,
                metavar="NAME,…",
                help="Only these, back into the store.",
            ),
            click.option(
                "--tenants-file",
                type=click.Path(path_type=Path, exists=True, dir_okay=False, readable=True),
                help="A file of their names, one a line.",
            ),
            click.option("--undo", metavar="OPERATION", help="Put back what that one replaced."),
            click.option("--forget", metavar="OPERATION", help="Let go of what that one replaced."),
        )
    ):
        command = option(command)
    return command


def of_tenants(
    tenants: Iterable[str],
    file: Path | None,
    undo: str | None,
    forget: str | None,
    *,
    moment: float | None,
    keep: bool,
) -> dict[str, Any]:
    """The arguments of an order; empty when it is about the whole store."""
    asked = tenants != () or file is not None
    if sum((asked, undo is not None, forget is not None)) > 1:
        raise click.UsageError("one of --tenants, --undo and --forget at a time")
    if undo is not None or forget is not None:
        if moment is not None or keep:
            raise click.UsageError("--undo and --forget make no copy: leave --to and --keep out")
        return {"undo": undo} if undo is not None else {"forget": forget}
    if not asked:
        return {}
    names = sorted({*_names(",".join(tenants)), *_names(_text(file))})
    if not names:
        raise click.UsageError("no tenant is named: write --tenants acme,globex")
    if len(names) > _MOST:
        raise click.UsageError(f"{len(names)} tenants are too many for one order: {_MOST} at most")
    if moment is None:
        raise click.UsageError("say the moment that the tenants are restored to: --to TIME")
    return {"tenants": names}


def tell_undo(replica_set: str, answer: dict[str, Any]) -> None:
    """After tenants were restored, the commands by which that is undone, or made final."""
    merged = any(step["name"].startswith("merge") for step in answer.get("steps", ()))
    if merged and answer["state"] == "done":
        for option, does in (("undo", "puts back"), ("forget", "lets go of")):
            output.notes().print(
                f"`caisson restore {replica_set} --{option} {answer['id']}` {does} what was"
                " replaced",
                soft_wrap=True,
            )


def _text(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file} cannot be read: {error}") from error


def _names(written: str) -> list[str]:
    """Names between commas, blanks and ends of lines."""
    return written.replace(",", " ").split()
