"""The migrations of the project as Django has them, told apart by whether a release has them."""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from devtools.safe_migrations.releases import Release

Node = tuple[str, str]


class StepByStep(MigrationLoader):
    """Migrations as databases of former releases have met them.

    A squashed one is left out as long as all that it stands for is there: of those, a release may have the
    first ones only.
    """

    def load_disk(self) -> None:
        super().load_disk()
        found = self.disk_migrations
        self.squashed = {
            node: migration
            for node, migration in found.items()
            if is_own(migration) and migration.replaces and set(migration.replaces) <= found.keys()
        }
        self.disk_migrations = {node: it for node, it in found.items() if node not in self.squashed}
        for migration in self.disk_migrations.values():
            for name in ("dependencies", "run_before"):
                setattr(migration, name, self.without_squashed(getattr(migration, name)))

    def without_squashed(self, nodes: Iterable[Node]) -> list[Node]:
        steps = ([*self.squashed[node].replaces] if node in self.squashed else [node] for node in nodes)
        return [node for several in steps for node in several]


class History:
    """Every migration, read from the files; no database is asked."""

    def __init__(self, loader: StepByStep | None = None) -> None:
        self.loader = loader or StepByStep(None)
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
        replaced = files_replaced_by(self.loader.disk_migrations[node])
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
        left = [self.loader.disk_migrations[node] for node in self.own]
        here = (*left, *self.loader.squashed.values())
        return {file for migration in here for file in files_replaced_by(migration)}


def files_replaced_by(migration: Migration) -> set[str]:
    return {
        str(PurePosixPath(file_of(migration)).with_name(f"{name}.py"))
        for label, name in migration.replaces
        if label == migration.app_label
    }


def is_own(migration: Migration) -> bool:
    return type(migration).__module__.startswith("apps.")


def file_of(migration: Migration) -> str:
    return type(migration).__module__.replace(".", "/") + ".py"
