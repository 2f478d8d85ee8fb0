"""How text is written inside quotes and heredocs."""

import re

from caisson.terraform.hcl.syntax import Expression, Literal, Template

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)|(\$\$|%%)\{", re.DOTALL)
_MARK = re.compile(r"(\$\$|%%)\{")
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_LAST_CHARACTER = 0x10FFFF


def unescaped(text: str) -> str:
    """Return what stands between quotes, without backslashes and doubled marks."""
    return _ESCAPE.sub(_plain, text) if "\\" in text or "{" in text else text


def _plain(match: re.Match[str]) -> str:
    if match[2]:
        return match[2][0] + "{"
    code = match[1]
    if len(code) > 1:
        return chr(min(int(code[1:], 16), _LAST_CHARACTER))
    return _SIMPLE.get(code, code)


def unmarked(text: str) -> str:
    """Return text in which only `$${` and `%%{` stand for something else."""
    return _MARK.sub(lambda match: match[1][0] + "{", text) if "{" in text else text


def dedented(template: Expression) -> Expression:
    """Return the text of a `<<-` heredoc without the indentation that all its lines have."""
    parts = template.parts if isinstance(template, Template) else (template,)
    least = min(_indents(parts), default=0)
    if not least:
        return template
    cut = tuple(_cut(part, least, first=not at) for at, part in enumerate(parts))
    return Template(cut) if isinstance(template, Template) else cut[0]


def _indents(parts: tuple[Expression, ...]) -> list[int]:
    """A line begins at the start and after each newline; the empty rest after the last is none."""
    found: list[int] = []
    for at, part in enumerate(parts):
        if not isinstance(part, Literal):
            if at == 0:
                found.append(0)
            continue
        lines = str(part.value).split("\n")
        starts = lines if at == 0 else lines[1:]
        if starts and at == len(parts) - 1 and not starts[-1]:
            starts = starts[:-1]
        found.extend(len(line) - len(line.lstrip(" ")) for line in starts)
    return found


def _cut(part: Expression, width: int, *, first: bool) -> Expression:
    if not isinstance(part, Literal):
        return part
    head, *lines = str(part.value).split("\n")
    head = head[width:] if first else head
    return Literal("\n".join((head, *(line[width:] for line in lines))))
