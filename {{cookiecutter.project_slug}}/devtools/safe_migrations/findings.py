"""What a migration is refused for, and how it is told."""

from dataclasses import dataclass
from textwrap import shorten
from typing import NamedTuple

from apps.core.lessons import lesson_url

# Statements of SQL can be long.
SUBJECT = 160


class Rule(NamedTuple):
    """What can be wrong with an operation."""

    name: str
    why: str
    mend: str
    lesson: str
    # Whether the migration may say that it is safe all the same, and why.
    can_be_accepted: bool = True


@dataclass(frozen=True)
class Finding:
    """One operation that breaks a rule; ``model`` and ``subject`` say of what."""

    file: str
    rule: Rule
    subject: str
    # As Django labels it, or nothing where an operation is not about one.
    model: str = ""


NON_NULL_COLUMN = Rule(
    "non-null-column",
    "The last release inserts rows without this column, and the database has nothing to put there.",
    "Give the field db_default=, or null=True until a later release has filled it.",
    lesson_url("migration-non-nullable"),
)
RENAMED = Rule(
    "renamed",
    "The last release asks for the old name until its last process has ended.",
    "Add the new one beside it, and write both; in the next release copy, in a migration of its own, "
    "and read the new one; then drop the old one like any other.",
    lesson_url("migration-non-nullable"),
)
DROPPED = Rule(
    "dropped",
    "The last release still reads and writes it.",
    "Release code without it first, with SeparateDatabaseAndState(state_operations=[…]); then drop it.",
    lesson_url("migration-non-nullable"),
)
TIGHTENED = Rule(
    "tightened",
    "Rows may hold NULL, and the last release may write more of them.",
    "Stop writing NULL in one release; in the next, fill the rows, then tighten, in two migrations.",
    lesson_url("migration-not-null-tightening"),
)
CONSTRAINED = Rule(
    "constrained",
    "Rows may be there that it refuses, and the last release may write more of them.",
    "Keep the rule in the code for one release; in the next, mend the rows, then add it, in two migrations.",
    lesson_url("migration-not-null-tightening"),
)
RESHAPED = Rule(
    "reshaped",
    "The table may be written anew while nobody can use it, and what the last release writes may not fit.",
    "Add a new column beside it, and write both; in the next release copy, in a migration of its own, "
    "and read the new one; then drop the old one like any other.",
    lesson_url("migration-non-nullable"),
)
LOCKING_INDEX = Rule(
    "locking-index",
    "Nobody can write to the table while the index is built.",
    "Use AddIndexConcurrently in a migration with atomic = False; for a foreign key, after db_index=False.",
    lesson_url("migration-locks-and-rollback"),
)
COPIED = Rule(
    "copied",
    "MySQL copies the table for it, and nobody can write to that meanwhile.",
    "Give a foreign key db_constraint=False, and a longer text a new column; where rows are few, a reason.",
    lesson_url("migration-locks-and-rollback"),
)
DATA_WITH_SCHEMA = Rule(
    "data-with-schema",
    "While rows are changed, the table stays locked; and in MySQL, half of it stays when it fails.",
    "Make two migrations of it.",
    lesson_url("migration-locks-and-rollback"),
)
IRREVERSIBLE = Rule(
    "irreversible",
    "When the release has to be taken back, this cannot.",
    "Say how: reverse_code=, or reverse_sql=; RunPython.noop or RunSQL.noop where nothing has to be done.",
    lesson_url("migration-locks-and-rollback"),
)
REWRITTEN = Rule(
    "rewritten",
    "Databases that have applied it will never see the difference: Django compares names.",
    "Bring it back as it was, and make a new migration: git checkout {release} -- {file}",
    lesson_url("migration-history-rewrite"),
)
GONE = REWRITTEN._replace(
    why="Databases that have applied it will go on naming it, and new ones will lack what it did.",
    mend="Bring it back: git checkout {release} -- {file}\n"
    "  If no database has applied it, keep the file, "
    'with operations = [] and accepted = {{"rewritten": "because …"}}',
    can_be_accepted=False,
)
# For the tests: rows are allowed to become fewer.
DELETES_ROWS = "deletes-rows"

ACCEPTABLE = {
    rule.name
    for rule in (
        NON_NULL_COLUMN, RENAMED, DROPPED, TIGHTENED, CONSTRAINED, RESHAPED, LOCKING_INDEX, COPIED,
        DATA_WITH_SCHEMA, IRREVERSIBLE, REWRITTEN,
    )
} | {DELETES_ROWS}  # fmt: skip


def explain(finding: Finding, *, release: str) -> str:
    rule = finding.rule
    lines = [
        f"{finding.file}: {rule.name}: {shorten(finding.subject, SUBJECT, placeholder=' …')}",
        f"  {rule.why} (Compared with {release}.)",
        f"  {rule.mend.format(release=release, file=finding.file)}",
    ]
    if rule.can_be_accepted:
        lines.append(f'  If it is safe here, say so in its class: accepted = {{"{rule.name}": "because …"}}')
    return "\n".join([*lines, f"  Why: {rule.lesson}"])
