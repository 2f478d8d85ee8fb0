"""The command line. Each verb is a file of its own; this is the list of them.

A verb's file is imported when the verb is used, so that `caisson check` does not wait for
what only `caisson up` needs.
"""

import importlib
import os
import sys
from dataclasses import dataclass
from typing import Any

import click

from caisson.cli import output
from caisson.estate.mistakes import EstateErrors


@dataclass(frozen=True, slots=True)
class Verb:
    """The click command `name` in `module`; `summary` is its line in `caisson --help`."""

    name: str
    module: str
    summary: str


COMMANDS: tuple[tuple[str, tuple[Verb, ...]], ...] = (
    (
        "Declare and prove",
        (
            Verb("check", "caisson.cli.check", "Prove promises, on an estate or on Terraform."),
            Verb("diff", "caisson.cli.diff", "In what two environments differ."),
            Verb("schema", "caisson.cli.schema", "Print the JSON schema of an estate."),
        ),
    ),
    (
        "Run on this machine",
        (
            Verb("up", "caisson.cli.up", "Bring the estate up with real servers."),
            Verb("status", "caisson.cli.down", "What runs where, in which role, how far behind."),
            Verb("down", "caisson.cli.down", "Stop every process; the data stays."),
            Verb("doctor", "caisson.cli.doctor", "Whether this machine can run it, what is left."),
        ),
    ),
    (
        "Make it real on AWS",
        (
            Verb("render", "caisson.cli.render", "Write the estate as plain Terraform."),
            Verb("plan", "caisson.cli.plan", "What an apply would touch, and do to the promises."),
            Verb("apply", "caisson.cli.apply", "Make it real with Terraform, root by root."),
            Verb("drift", "caisson.cli.drift", "What was changed in the cloud and not here."),
            Verb("destroy", "caisson.cli.destroy", "Take it away; data only by an explicit word."),
        ),
    ),
    (
        "Operate, and break it on purpose",
        (
            Verb("failover", "caisson.cli.failover", "Promote the standbys of a lost region."),
            Verb("failback", "caisson.cli.failover", "Go back to the home region, losing nothing."),
            Verb("backup", "caisson.cli.backup", "Back a store up now."),
            Verb(
                "backups", "caisson.cli.backup", "Each store's backups, and the last one checked."
            ),
            Verb("restore", "caisson.cli.backup", "Restore beside what runs, and check the copy."),
            Verb("verify", "caisson.cli.verify", "Read a repository whole, and name each fault."),
            Verb("adopt", "caisson.cli.adopt", "Switch to what was restored, or back."),
            Verb("key", "caisson.cli.key", "A copy of a repository's key, to keep elsewhere."),
            Verb("drill", "caisson.cli.drill", "Break something, measure, restore, record."),
            Verb("demo", "caisson.cli.demo", "Bring the estate up and lose a region, to watch."),
        ),
    ),
    (
        "See what was shown",
        (
            Verb("promises", "caisson.cli.promises", "Each promise, its verdict and evidence."),
            Verb("ledger", "caisson.cli.ledger", "What was recorded, and that nobody altered it."),
        ),
    ),
)

_VERBS = {verb.name: verb for _, verbs in COMMANDS for verb in verbs}

# What the parts raise when the world is not as it should be, and how a command then ends.
# Named by text: what was never imported was never raised. The first that fits counts.
OPERATING_ERRORS: tuple[tuple[str, str, int], ...] = (
    ("caisson.topology.errors", "AddressesExhaustedError", output.WRONG_INPUT),
    ("caisson.state.errors", "StateMissing", output.WRONG_INPUT),
    ("caisson.state.errors", "StateLocked", output.WRONG_INPUT),
    ("caisson.state.errors", "StateNewer", output.WRONG_INPUT),
    ("caisson.state.errors", "StateError", output.BROKEN),
    ("caisson.targets.local.addresses", "NoFreeBlock", output.WRONG_INPUT),
    ("caisson.targets.local.binaries", "BinaryError", output.WRONG_INPUT),
    ("caisson.targets.local.supervision", "SupervisorError", output.BROKEN),
    ("caisson.targets.aws.program", "ProgramError", output.WRONG_INPUT),
    ("caisson.targets.aws.applying", "RootFailedError", output.BROKEN),
    ("caisson.controller.controller", "CannotRun", output.WRONG_INPUT),
    ("caisson.controller.controller", "ProvisionFailed", output.BROKEN),
    ("caisson.cli.client", "ControllerGone", output.BROKEN),
    ("caisson.cli.client", "OrderRefused", output.BROKEN),
    ("builtins", "OSError", output.BROKEN),
)


class Verbs(click.Group):
    """A group that imports a command when it is called, and ends operating errors in words."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        verb = _VERBS.get(cmd_name)
        if verb is None:
            return None
        command = getattr(importlib.import_module(verb.module), verb.name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{verb.module}.{verb.name} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        widest = max(map(len, _VERBS))
        for title, verbs in COMMANDS:
            with formatter.section(title):
                formatter.write_dl([(verb.name.ljust(widest), verb.summary) for verb in verbs])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise SystemExit(output.INTERRUPTED) from None
        except EstateErrors as errors:
            output.fail_mistaken(errors.mistakes, as_json=output.wants_json(ctx))
        except _operating_errors() as error:
            output.fail(_exit_code(error), *_sentences(error), as_json=output.wants_json(ctx))


def _operating_errors() -> tuple[type[BaseException], ...]:
    return tuple(
        getattr(sys.modules[module], name)
        for module, name, _ in OPERATING_ERRORS
        if module in sys.modules
    )


def _exit_code(error: BaseException) -> int:
    names = {(kind.__module__, kind.__name__) for kind in type(error).__mro__}
    return next(code for module, name, code in OPERATING_ERRORS if (module, name) in names)


def _sentences(error: BaseException) -> tuple[str, ...]:
    """What an error has to say: all its reasons, or its message."""
    if reasons := getattr(error, "reasons", None):
        return tuple(map(str, reasons))
    if isinstance(error, OSError) and error.strerror:
        where = f"{os.fsdecode(error.filename)}: " if error.filename else ""
        return (f"{where}{error.strerror}",)
    return (str(error) or type(error).__name__,)


@click.group(
    cls=Verbs,
    epilog=output.EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="caisson")
def main() -> None:
    """Say what you promise. Caisson builds it, proves it, and breaks it on purpose."""
    output.tolerate_narrow_encodings()


if __name__ == "__main__":
    main()
