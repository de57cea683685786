"""The modules of a source tree: the room of each, its lines of code, and what it imports."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NO_CODE: Final = (
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
)


@dataclass(frozen=True, slots=True)
class Module:
    """A file of Python.

    Attributes:
        name: Its full name; `__init__.py` has that of its package.
        room: The folder that it is in, from the root of the tree.
        lines: Its lines of code, see `code_lines`.
        imports: The modules of the tree that it imports, see `imports`. Never itself.
    """

    name: str
    room: str
    lines: int
    imports: frozenset[str]


def modules(root: Path, packages: Sequence[str]) -> list[Module]:
    """Find the modules of some packages, by name. Packages that the tree does not have are left out.

    Raises:
        SyntaxError: A file is not Python.
    """
    paths = {_name(path.relative_to(root)): path for package in packages for path in (root / package).rglob("*.py")}
    return [_module(root, name, paths[name], paths.keys()) for name in sorted(paths)]


def _name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _module(root: Path, name: str, path: Path, known: Collection[str]) -> Module:
    source = path.read_text(encoding="utf-8")
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    room = path.relative_to(root).parent.as_posix()
    return Module(name, room, code_lines(source), frozenset(imports(source, package, known)) - {name})


def code_lines(source: str) -> int:
    """Count the lines of code: without blank lines, comments, docstrings and other texts that stand alone.

    Example:
        >>> code_lines('"Of a module."\\n\\nx = [  # a list\\n    1,\\n]\\n"What x is."\\n')
        3
    """
    lines: set[int] = set()
    statement: list[tokenize.TokenInfo] = []
    printed = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _NO_CODE:
            statement.append(token)
        elif token.type == tokenize.NEWLINE:
            if any(part.type != tokenize.STRING for part in statement):
                lines.update(line for part in statement for line in range(part.start[0], part.end[0] + 1))
            statement = []
    return sum(1 for line in lines if printed[line - 1].strip())


def imports(source: str, package: str, known: Collection[str]) -> Iterator[str]:
    """Give the known modules that a source imports, also inside its functions; those for type checkers are left out.

    What Python imports beside that, the packages above a module, is left out too.

    Args:
        source: Of the module.
        package: What the module belongs to.
        known: Names of modules.

    Example:
        >>> source = "from a import b, number\\nimport a.c.thing, json\\nfrom . import d"
        >>> sorted(imports(source, "a", {"a", "a.b", "a.c", "a.d"}))
        ['a', 'a.b', 'a.c', 'a.d']
    """
    for node in _executed(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (module for name in names if (module := _longest(name, known)))


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """Give all nodes below one but those that only type checkers see."""
    children = ast.iter_child_nodes(node)
    if isinstance(node, ast.If) and _is_type_checking(node.test):
        children = iter(node.orelse)
    elif isinstance(node, ast.If) and isinstance(node.test, ast.UnaryOp) and _is_type_checking(node.test.operand):
        children = iter(node.body)
    for child in children:
        yield child
        yield from _executed(child)


def _is_type_checking(test: ast.expr) -> bool:
    return ast.unparse(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    above = package.split(".")
    base = above[: len(above) - node.level + 1]
    return ".".join([*base, node.module] if node.module else base)


def _longest(name: str, known: Collection[str]) -> str | None:
    """Return the known module that a dotted name begins with, the deepest one."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name or None
