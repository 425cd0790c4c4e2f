"""``just newapp`` in a generated project: the new app is whole at once, or there is none."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from conftest import Bake, Run

pytestmark = pytest.mark.slow


# Those of the app, and those that look at every app of a project; the others know nothing of it.
LOOK_AT_IT = (
    "apps/orders",
    "apps/core/tests/test_checks.py",
    "apps/core/tests/test_erd.py",
    "apps/core/tests/test_schema.py",
    *(
        f"tests/test_{name}.py"
        for name in (
            "authentication",
            "celery",
            "docs",
            "house_rules",
            "lists",
            "mass_assignment",
            "migrations",
            "openapi",
            "problems",
            "query_counts",
            "settings",
            "throttles",
            "versions",
        )
    ),
)


def test_a_new_app_passes_the_projects_check_at_once(
    bake: Bake, project_environment: Mapping[str, str], run: Run
) -> None:
    project = bake(api_auth="Token", example="no").project_path
    said = run("uv", "run", "just", "newapp", "orders", cwd=project, env=project_environment)
    run("uv", "run", "just", "lint", cwd=project, env=project_environment)
    output = run("uv", "run", "just", "test", *LOOK_AT_IT, cwd=project, env=project_environment)

    assert "/api/v1/orders/" in said
    assert "apps/orders/tests/test_api.py ." in output.replace(os.sep, "/")
    document = yaml.safe_load((project / "docs" / "openapi" / "v1.yaml").read_text(encoding="utf-8"))
    assert set(document["paths"]["/api/v1/orders/"]) == {"get", "post"}
    assert set(document["paths"]["/api/v1/orders/{id}/"]) >= {"get", "put", "patch", "delete"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("Orders",),
        ("order-lines",),
        ("class",),
        ("json",),
        ("tests",),
        ("core",),
        ("users",),
        ("orders", "--model", "User"),
    ],
)
def test_a_bad_name_is_refused_in_one_line_and_nothing_is_made(
    arguments: tuple[str, ...], baked_copy: Path, project_environment: Mapping[str, str], run: Run
) -> None:
    refused = subprocess.run(
        ["uv", "run", "--quiet", "just", "newapp", *arguments],
        cwd=baked_copy,
        env=project_environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )

    assert refused.returncode == 2
    # The other lines are just's own: what it ran, and how that ended.
    said = [line for line in refused.stderr.splitlines() if line.startswith("The ")]
    assert len(said) == 1, refused.stderr
    assert repr(arguments[-1]) in said[0]
    assert run("git", "status", "--short", cwd=baked_copy) == ""
