"""What keeps data is protected, until somebody says the word that it may go.

A provider refuses to destroy it while these attributes say so. They hang on one variable, so that
`caisson destroy` can take the protection off, first and visibly, by an apply of its own.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from caisson.terraform.writing.model import Block, Part, Value, Variable
from caisson.terraform.writing.references import expression

VARIABLE = "keep_data"
_KEPT, _LET_GO = f"${{var.{VARIABLE}}}", f"${{!var.{VARIABLE}}}"
_SETTINGS: dict[str, dict[str, Value]] = {
    "aws_backup_vault": {"force_destroy": _LET_GO},
    "aws_db_instance": {
        "deletion_protection": _KEPT,
        "skip_final_snapshot": _LET_GO,
        "delete_automated_backups": _LET_GO,
    },
    "aws_ecr_repository": {"force_delete": _LET_GO},
    # Former versions stay registered, so that a rollback finds them.
    "aws_ecs_task_definition": {"skip_destroy": _KEPT},
    "aws_lb": {"enable_deletion_protection": _KEPT},
    "aws_s3_bucket": {"force_destroy": _LET_GO},
    # For so many days a secret that was deleted by mistake can be had back; without, its name is
    # free again at once.
    "aws_secretsmanager_secret": {"recovery_window_in_days": f"${{var.{VARIABLE} ? 30 : 0}}"},
}
# What names the last copy that is made of a thing when it goes, where nothing keeps it from going.
_LAST_COPIES = {"aws_elasticache_replication_group": "final_snapshot_identifier"}


def protected(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield the parts of a root with their protection, and the variable that it hangs on."""
    found = False
    for part in parts:
        settings = _settings(part) if isinstance(part, Block) else None
        if isinstance(part, Block) and settings is not None:
            found = True
            yield replace(part, body={**part.body, **settings})
        else:
            yield part
    if found:
        about = "Whether what keeps data is protected from being destroyed."
        yield Variable(VARIABLE, "bool", about, default=True)


def _settings(block: Block) -> Mapping[str, Value] | None:
    name = _LAST_COPIES.get(block.type, "")
    if block.body.get(name) is not None:
        return {name: expression(f'var.{VARIABLE} ? "{block.body[name]}" : null')}
    return _SETTINGS.get(block.type)


def is_protected(block: Block) -> bool:
    """Return whether anything of a block hangs on the variable."""
    return any(f"var.{VARIABLE}" in str(value) for value in block.body.values())
