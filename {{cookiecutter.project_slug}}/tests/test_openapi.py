"""The OpenAPI document: what front ends build on."""

from pathlib import Path

import yaml
from django.core.management import call_command

from tests.processes import PROJECT_DIR


def test_document_is_complete_and_committed(tmp_path: Path) -> None:
    fresh = tmp_path / "openapi.yaml"

    call_command("spectacular", file=str(fresh), api_version="v1", validate=True, fail_on_warn=True)

    committed = PROJECT_DIR / "docs" / "openapi.yaml"
    assert yaml.safe_load(committed.read_text(encoding="utf-8")) == yaml.safe_load(fresh.read_text()), (
        "docs/openapi.yaml is not what the code says: run `just docs` and look at the difference."
    )
