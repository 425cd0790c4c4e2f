"""What goes to servers has a license that the project's list allows."""

import re
import sys
from pathlib import Path

import pytest

pytest.importorskip("piplicenses", reason="It is in the group 'lint', which is not installed.")

from devtools import licences

GPL = """\
Metadata-Version: 2.4
Name: {name}
Version: 1.0
License-Expression: GPL-3.0-only
"""


@pytest.fixture
def foreign_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package under the GPL in the environment, and one that goes to servers."""
    installed = tmp_path / "strict-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text(GPL.format(name="strict"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(licences, "WHAT_SERVERS_GET", (sys.executable, "-c", "print('strict==1.0')"))
    return "strict"


def test_a_package_under_the_gpl_is_refused_by_name_with_what_to_do(
    foreign_package: str, capfd: pytest.CaptureFixture[str]
) -> None:
    status = licences.main()

    said = capfd.readouterr()
    assert status == 1
    assert re.search(rf"GPL-3.0-only not in allow-only .* {foreign_package}:1.0", said.err)
    assert "`allow-only` in pyproject.toml" in said.out


def test_it_needs_no_environment_that_is_activated(
    foreign_package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")

    assert licences.main() == 1


def test_what_goes_to_servers_now_is_allowed() -> None:
    assert licences.main() == 0
