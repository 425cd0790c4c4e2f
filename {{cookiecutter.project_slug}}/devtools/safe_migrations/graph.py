"""The migrations of the project as Django has them, told apart by whether a release has them."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from devtools.safe_migrations.releases import Release

Node = tuple[str, str]


class History:
    """Every migration, read from the files; no database is asked."""

    def __init__(self, loader: MigrationLoader | None = None) -> None:
        self.loader = loader or MigrationLoader(None)
        self.own = {
            node: file_of(migration)
            for node, migration in self.loader.disk_migrations.items()
            if is_own(migration)
        }

    def released(self, release: Release) -> set[Node]:
        """What is applied where ``release`` runs; of other people's migrations, all."""
        return {node for node in self.loader.graph.nodes if self.is_released(node, release)}

    def is_released(self, node: Node, release: Release) -> bool:
        if node not in self.own or self.own[node] in release.files:
            return True
        # One that stands for others is applied where they are.
        replaced = self.files_replaced_by(node)
        return bool(replaced) and replaced <= release.files

    def new_since(self, release: Release) -> Iterator[tuple[str, Migration]]:
        """The file and the migration of each that ``release`` does not have, in their order."""
        released = self.released(release)
        new = sorted(node for node in self.loader.graph.nodes if node not in released)
        for node in new:
            yield self.own[node], self.loader.graph.nodes[node]

    def state_of(self, release: Release) -> ProjectState:
        """The models as the migrations of ``release`` leave them."""
        return self.loader.project_state(sorted(self.released(release)))

    def replaced_files(self) -> set[str]:
        """The files of what squashed migrations stand for, whether they are still there or not."""
        return {file for node in self.own for file in self.files_replaced_by(node)}

    def files_replaced_by(self, node: Node) -> set[str]:
        replaced = self.loader.disk_migrations[node].replaces
        return {
            str(PurePosixPath(self.own[node]).with_name(f"{name}.py"))
            for label, name in replaced
            if label == node[0]
        }


def is_own(migration: Migration) -> bool:
    return type(migration).__module__.startswith("apps.")


def file_of(migration: Migration) -> str:
    return type(migration).__module__.replace(".", "/") + ".py"
