"""What statements of SQL would do to a release that is still running, as far as their words tell."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from devtools.safe_migrations import findings
from devtools.safe_migrations.findings import Rule


class Change(NamedTuple):
    """What a statement does to a table, or to a column of it."""

    rule: Rule
    table: str
    column: str = ""


def words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


# Names may be quoted, and stand behind a schema's.
NAME = r'(?:["`]?\w+["`]?\.)?["`]?(\w+)["`]?'
IF_EXISTS = r"(?:IF\s+(?:NOT\s+)?EXISTS\s+)?(?:ONLY\s+)?"
# What is no word: comments, and values between quotes or dollars.
COMMENT = r"--[^\n]*|/\*.*?\*/"
SILENT = words(rf"({COMMENT})|'(?:[^']|'')*'|\$(\w*)\$.*?\$\2\$")

ALTER_TABLE = words(rf"ALTER\s+TABLE\s+{IF_EXISTS}{NAME}\s+(.*)")
RENAME_TABLE = words(rf"RENAME\s+TABLE\s+{IF_EXISTS}{NAME}")
DROP_TABLE = words(rf"DROP\s+TABLE\s+{IF_EXISTS}(.*)")
CREATE_INDEX = words(rf"CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY\b).*?\bON\s+(?:ONLY\s+)?{NAME}")
CHANGES_ROWS = words(r"(?:WITH\b.*?\b)?(?:INSERT|UPDATE|DELETE|REPLACE|MERGE)\b|DO\b")

# The parts of ALTER TABLE. What is no column begins with a word of its own.
NO_COLUMN = r"(?!(?:CONSTRAINT|PRIMARY|UNIQUE|FOREIGN|CHECK|EXCLUDE|INDEX|KEY|FULLTEXT|SPATIAL|PARTITION)\b)"
ADD = words(rf"ADD\s+(?:COLUMN\s+)?{IF_EXISTS}{NO_COLUMN}{NAME}\s+(.*)")
DROP = words(rf"DROP\s+(?:COLUMN\s+)?{IF_EXISTS}{NO_COLUMN}{NAME}")
RENAME = words(r"RENAME\s+(?!(?:CONSTRAINT|INDEX|KEY)\b)")
CHANGE = words(rf"CHANGE\s+(?:COLUMN\s+)?{IF_EXISTS}{NAME}\s+{NAME}\s+(.*)")
MODIFY = words(rf"MODIFY\s+(?:COLUMN\s+)?{IF_EXISTS}{NAME}\s.*\bNOT\s+NULL\b")
SET_NOT_NULL = words(rf"ALTER\s+(?:COLUMN\s+)?{NAME}\s+SET\s+NOT\s+NULL\b")
NOT_NULL = words(r"\bNOT\s+NULL\b")
FILLED = words(r"\b(?:DEFAULT|GENERATED|AUTO_INCREMENT|AS)\b")


def statements_of(sql: Any) -> list[str]:
    """The single statements of RunSQL, which takes one text, several, or several with parameters."""
    parts = [sql] if isinstance(sql, str) else sql
    texts = [part if isinstance(part, str) else part[0] for part in parts]
    return [statement for text in texts for statement in split(text, ";")]


def split(text: str, mark: str) -> list[str]:
    """The parts of a text between marks that are neither in a value nor between brackets."""
    text = SILENT.sub(lambda found: " " if found[1] else found[0], text)
    bare = SILENT.sub(lambda found: "_" * len(found[0]), text)
    parts, begin, depth = [], 0, 0
    for place, letter in enumerate(bare):
        depth += (letter == "(") - (letter == ")")
        if letter == mark and depth == 0:
            parts.append(text[begin:place])
            begin = place + 1
    return [" ".join(part.split()) for part in (*parts, text[begin:]) if part.strip()]


def changes_rows(statement: str) -> bool:
    return CHANGES_ROWS.match(statement) is not None


def tables_altered_by(statement: str) -> set[str]:
    """The tables that get another form, or go."""
    if found := DROP_TABLE.match(statement):
        return set(names_in(found[1]))
    found = ALTER_TABLE.match(statement) or RENAME_TABLE.match(statement)
    return {found[1].lower()} if found else set()


def names_in(text: str) -> list[str]:
    """The tables of a list of them."""
    return [name.lower() for part in split(text, ",") for name in re.findall(f"^{NAME}", part)]


def changes_in(statement: str) -> Iterator[Change]:
    """What a single statement does."""
    if found := ALTER_TABLE.match(statement):
        for part in split(found[2], ","):
            yield from changes_of_table(found[1].lower(), part)
    elif found := DROP_TABLE.match(statement):
        yield from (Change(findings.DROPPED, name) for name in names_in(found[1]))
    elif found := RENAME_TABLE.match(statement):
        yield Change(findings.RENAMED, found[1].lower())
    elif found := CREATE_INDEX.match(statement):
        yield Change(findings.LOCKING_INDEX, found[1].lower())


def changes_of_table(table: str, part: str) -> Iterator[Change]:
    """What one part of ALTER TABLE does; other columns may stand beside."""
    bare = SILENT.sub("''", part)
    if (found := ADD.match(bare)) and NOT_NULL.search(found[2]) and not FILLED.search(found[2]):
        yield Change(findings.NON_NULL_COLUMN, table)
    elif found := DROP.match(bare):
        yield Change(findings.DROPPED, table, found[1].lower())
    elif RENAME.match(bare):
        yield Change(findings.RENAMED, table)
    elif found := CHANGE.match(bare):
        if found[1].lower() != found[2].lower():
            yield Change(findings.RENAMED, table, found[1].lower())
        if NOT_NULL.search(found[3]):
            yield Change(findings.TIGHTENED, table, found[1].lower())
    elif found := MODIFY.match(bare) or SET_NOT_NULL.match(bare):
        yield Change(findings.TIGHTENED, table, found[1].lower())
