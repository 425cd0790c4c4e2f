"""Reads the pages of the documentation as people do: commands to type, and code to put into files."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(
    r"^```(?:\{code-block\} )?(?P<language>\w+)\n(?::caption: (?P<caption>[^\n]+)\n)?(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
WHOLE = ", the whole file"


@dataclass(frozen=True)
class Block:
    """A block between fences, with the caption above it."""

    language: str
    caption: str
    text: str


def read_blocks(page: Path) -> list[Block]:
    """Every block of a page, in order."""
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [Block(block["language"], block["caption"] or "", block["text"]) for block in found]


def write_block(block: Block, project: Path) -> None:
    """Put the code where the caption says.

    Of a file that is there already, the imports go to its imports and the rest to its end, unless the
    caption says ``the whole file``.
    """
    file = project / block.caption.removesuffix(WHOLE)
    text = block.text
    if file.exists() and not block.caption.endswith(WHOLE):
        imports, rest = split(file.read_text(encoding="utf-8"))
        new_imports, new_rest = split(text)
        text = f"{imports}{new_imports}{rest}\n\n{new_rest.lstrip()}"
    file.write_text(text, encoding="utf-8", newline="\n")


def split(module: str) -> tuple[str, str]:
    """A module up to the last of its first imports, and what follows."""
    last = 0
    for statement in ast.parse(module).body:
        is_docstring = isinstance(statement, ast.Expr) and last == 0
        if not (is_docstring or isinstance(statement, ast.Import | ast.ImportFrom)):
            break
        last = statement.end_lineno or 0
    lines = module.splitlines(keepends=True)
    return "".join(lines[:last]), "".join(lines[last:])
