"""Native syntax: the bytes of a `.tf` file become a body."""

from collections.abc import Callable, Iterator
from functools import partial

import tree_sitter
import tree_sitter_hcl
from tree_sitter import Node

from caisson.estate.sources import Source
from caisson.terraform.hcl import syntax
from caisson.terraform.hcl.syntax import Attribute, Block, Body, Expression, Mistake
from caisson.terraform.hcl.text import dedented, unescaped, unmarked

_LANGUAGE = tree_sitter.Language(tree_sitter_hcl.language())


def parse(file: str, content: bytes) -> Body | Mistake:
    """Return the file's body, or where it cannot be read."""
    root = tree_sitter.Parser(_LANGUAGE).parse(content).root_node
    if root.has_error:
        return Mistake(Source(file, _first_error(root)), "the text is not valid here")
    inner = _child(root, "body")
    return Body({}) if inner is None else _body(file, inner)


def parse_expression(text: str) -> Expression:
    """Return the expression; `Opaque` when it is none."""
    root = tree_sitter.Parser(_LANGUAGE).parse(b"x = (\n" + text.encode() + b"\n)").root_node
    inner = _child(root, "body")
    if root.has_error or inner is None:
        return syntax.Opaque()
    return _of_attribute(inner.children[0])


def _first_error(node: Node) -> int:
    """Return the line of the first part that is wrong; not by recursion, for depth has no end."""
    while True:
        if node.is_error or node.is_missing:
            return node.start_point.row + 1
        worse = next((child for child in node.children if child.has_error), None)
        if worse is None:
            return node.start_point.row + 1
        node = worse


def _body(file: str, node: Node) -> Body:
    attributes: dict[str, Attribute] = {}
    blocks: list[Block] = []
    for child in node.children:
        if child.type == "attribute":
            name = _text(child.children[0])
            attributes[name] = Attribute(name, _source(file, child), partial(_of_attribute, child))
        elif child.type == "block":
            blocks.append(_block(file, child))
    return Body(attributes, tuple(blocks))


def _block(file: str, node: Node) -> Block:
    kind, *labels = (child for child in node.children if child.type in ("identifier", "string_lit"))
    return Block(
        _text(kind),
        tuple(_label(label) for label in labels),
        _source(file, node),
        partial(_body_of, file, node),
    )


def _body_of(file: str, block: Node) -> Body:
    inner = _child(block, "body")
    return Body({}) if inner is None else _body(file, inner)


def _label(node: Node) -> str:
    return _text(node) if node.type == "identifier" else unescaped(_text(node)[1:-1])


def _of_attribute(node: Node) -> Expression:
    value = _child(node, "expression")
    return syntax.Opaque() if value is None else _expression(value)


def _expression(node: Node) -> Expression:
    return _term(_meaningful(node))


def _term(nodes: list[Node]) -> Expression:
    """Read something with the accesses that follow it: `(` e `)` `.a` `[0]`."""
    if nodes[0].type == "(":
        return _accessed(_expression(nodes[1]), _accesses(nodes[3:]))
    return _accessed(_primary(nodes[0]), _accesses(nodes[1:]))


def _primary(node: Node) -> Expression:
    while node.type in ("collection_value", "template_expr", "for_expr", "operation"):
        node = _meaningful(node)[0]
    reader = _READERS.get(node.type)
    return syntax.Opaque() if reader is None else reader(node)


def _literal(node: Node) -> Expression:
    node = node.children[0]
    match node.type:
        case "string_lit":
            return syntax.Literal(unescaped(_text(node)[1:-1]))
        case "numeric_lit":
            return syntax.Literal(number(_text(node)))
        case "bool_lit":
            return syntax.Literal(_text(node) == "true")
        case _:
            return syntax.Literal(None)


def number(text: str) -> int | float:
    if text.isdigit():
        return int(text) if len(text) <= _LONGEST_NUMBER else float(text[:_LONGEST_NUMBER])
    value = float(text)
    return int(value) if value.is_integer() else value


# Python refuses to read longer ones; Terraform's own have 512 bits.
_LONGEST_NUMBER = 300


def _variable(node: Node) -> Expression:
    return syntax.Name(_text(node))


def _tuple(node: Node) -> Expression:
    return syntax.Tuple(tuple(map(_expression, _children(node, "expression"))))


def _object(node: Node) -> Expression:
    items = [_children(element, "expression") for element in _children(node, "object_elem")]
    return syntax.Object(tuple((_key(key), _expression(value)) for key, value in items))


def _key(node: Node) -> Expression:
    """A bare word is a key by itself; in parentheses it is an expression."""
    inner = _meaningful(node)
    if len(inner) == 1 and inner[0].type == "variable_expr":
        return syntax.Literal(_text(inner[0]))
    return _term(inner)


def _call(node: Node) -> Expression:
    arguments = _child(node, "function_arguments")
    listed = _children(arguments, "expression") if arguments is not None else []
    expand = arguments is not None and _child(arguments, "ellipsis") is not None
    return syntax.Call(_text(node.children[0]), tuple(map(_expression, listed)), expand)


def _conditional(node: Node) -> Expression:
    """`a ? b : c ? d : e` ends with a condition of its own, whatever the parser groups first."""
    *rest, last = map(_expression, _alternatives(node))
    while rest:
        *rest, condition, yes = rest
        last = syntax.Conditional(condition, yes, last)
    return last


def _alternatives(node: Node) -> list[Node]:
    condition, yes, no = _children(node, "expression")
    inner = _meaningful(condition)
    first = _alternatives(inner[0]) if inner[0].type == "conditional" else [condition]
    return [*first, yes, no]


def _binary(node: Node) -> Expression:
    children = _meaningful(node)
    at = next(index for index, child in enumerate(children) if child.type in _OPERATORS)
    return syntax.Binary(children[at].type, _term(children[:at]), _term(children[at + 1 :]))


_OPERATORS = frozenset(("==", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "&&", "||"))


def _unary(node: Node) -> Expression:
    operator, *rest = _meaningful(node)
    return syntax.Unary(operator.type, _term(rest))


def _for_tuple(node: Node) -> Expression:
    key, value, of = _intro(node)
    return syntax.ForTuple(
        key, value, of, _expression(_children(node, "expression")[0]), _condition(node)
    )


def _for_object(node: Node) -> Expression:
    key_name, value_name, of = _intro(node)
    key, value = map(_expression, _children(node, "expression"))
    group = _child(node, "ellipsis") is not None
    return syntax.ForObject(key_name, value_name, of, key, value, group, _condition(node))


def _intro(node: Node) -> tuple[str | None, str, Expression]:
    intro = _children(node, "for_intro")[0]
    names = [_text(name) for name in _children(intro, "identifier")]
    of = _expression(_children(intro, "expression")[0])
    return (names[0] if len(names) > 1 else None), names[-1], of


def _condition(node: Node) -> Expression | None:
    found = _child(node, "for_cond")
    return None if found is None else _expression(_children(found, "expression")[0])


def _quoted(node: Node) -> Expression:
    return _template(node, node.start_byte + 1, node.end_byte - 1, unescaped)


def _heredoc(node: Node) -> Expression:
    opening, closing = _children(node, "heredoc_identifier")
    whole = node.text or b""
    begin = whole.find(b"\n", opening.end_byte - node.start_byte) + 1 + node.start_byte
    end = whole.rfind(b"\n", 0, closing.start_byte - node.start_byte) + 1 + node.start_byte
    template = _template(node, begin, max(begin, end), unmarked)
    indented = (node.children[0].text or b"").startswith(b"<<-")
    return dedented(template) if indented else template


def _template(node: Node, begin: int, end: int, plain: Callable[[str], str]) -> Expression:
    """Read the text between two bytes of the file.

    The parser trims what lies between the interpolations: it is cut out by their places.
    """
    whole, offset = node.text or b"", node.start_byte
    parts: list[Expression] = []
    for child in _inserted(node):
        parts.append(
            syntax.Literal(plain(whole[begin - offset : child.start_byte - offset].decode()))
        )
        parts.append(_interpolation(child))
        begin = child.end_byte
    parts.append(syntax.Literal(plain(whole[begin - offset : end - offset].decode())))
    kept = tuple(part for part in parts if part != syntax.Literal(""))
    if len(kept) == 1:
        return kept[0]
    return syntax.Template(kept) if kept else syntax.Literal("")


def _inserted(node: Node) -> Iterator[Node]:
    for child in node.children:
        if child.type in ("template_interpolation", "template_directive"):
            yield child


def _interpolation(node: Node) -> Expression:
    if node.type == "template_interpolation" and (inner := _child(node, "expression")) is not None:
        return _expression(inner)
    return syntax.Opaque(tuple(map(_expression, _expressions_within(node))))


def _expressions_within(node: Node) -> Iterator[Node]:
    for child in node.children:
        if child.type == "expression":
            yield child
        else:
            yield from _expressions_within(child)


_READERS: dict[str, Callable[[Node], Expression]] = {
    "literal_value": _literal,
    "variable_expr": _variable,
    "tuple": _tuple,
    "object": _object,
    "function_call": _call,
    "conditional": _conditional,
    "binary_operation": _binary,
    "unary_operation": _unary,
    "for_tuple_expr": _for_tuple,
    "for_object_expr": _for_object,
    "quoted_template": _quoted,
    "heredoc_template": _heredoc,
}

_Access = tuple[str, object]  # attribute: name; index: expression; full or attr: a splat's kind


def _accesses(nodes: list[Node]) -> list[_Access]:
    found: list[_Access] = []
    for node in nodes:
        match node.type:
            case "get_attr":
                found.append(("attribute", _text(node.children[-1])))
            case "index":
                found.append(("index", _index(node.children[0])))
            case "splat":
                inner = node.children[0]
                found.append((inner.type, None))
                found.extend(_accesses(_meaningful(inner)[1:]))
            case _:
                pass
    return found


def _index(node: Node) -> Expression:
    if node.type == "legacy_index":
        return syntax.Literal(int(_text(node)[1:]))
    return _expression(_children(node, "expression")[0])


def _accessed(base: Expression, accesses: list[_Access]) -> Expression:
    """A full splat takes all that follows for each item, an attribute splat only attributes."""
    for at, (kind, detail) in enumerate(accesses):
        if kind == "full_splat":
            return syntax.Splat(base, _accessed(syntax.Name(syntax.ITEM), accesses[at + 1 :]))
        if kind == "attr_splat":
            rest = accesses[at + 1 :]
            cut = next((i for i, each in enumerate(rest) if each[0] != "attribute"), len(rest))
            body = _accessed(syntax.Name(syntax.ITEM), rest[:cut])
            return _accessed(syntax.Splat(base, body), rest[cut:])
        base = _one_access(base, kind, detail)
    return base


def _one_access(base: Expression, kind: str, detail: object) -> Expression:
    if kind == "attribute":
        return syntax.Get(base, str(detail))
    return syntax.Index(base, detail)  # type: ignore[arg-type]  # an index has an expression


def _meaningful(node: Node) -> list[Node]:
    return [child for child in node.children if child.type != "comment"]


def _children(node: Node, kind: str) -> list[Node]:
    return [child for child in node.children if child.type == kind]


def _child(node: Node, kind: str) -> Node | None:
    return next((child for child in node.children if child.type == kind), None)


def _text(node: Node) -> str:
    return (node.text or b"").decode(errors="replace")


def _source(file: str, node: Node) -> Source:
    return Source(file, node.start_point.row + 1, node.start_point.column + 1)
