"""``python -m devtools.safe_migrations``: what new migrations would do to the release that is running.

They are compared with the last release, which is the newest tag of a version, and with the branch that is
shared; MIGRATIONS_SINCE names another revision. It asks no database.
"""

import os
import sys

import django
from django.db.migrations.exceptions import BadMigrationError, CircularDependencyError, NodeNotFoundError

from devtools.errors import DevtoolsError
from devtools.safe_migrations.examination import find_all
from devtools.safe_migrations.graph import History
from devtools.safe_migrations.releases import NoHistory

# What Django says of files that are no history; its messages name them.
NO_GRAPH = (BadMigrationError, CircularDependencyError, NodeNotFoundError)


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.build")
    django.setup()
    try:
        told = find_all(History())
    except NoHistory:
        print("There is no git history here, so there is nothing that migrations could be compared with.")
        return 0
    except (DevtoolsError, *NO_GRAPH) as error:
        print(error, file=sys.stderr)
        return 1
    for text in told.values():
        print(text, file=sys.stderr)
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
