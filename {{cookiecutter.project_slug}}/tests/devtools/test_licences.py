"""What goes to servers has a license that the project's list allows."""

import re
import shutil
import sysconfig
from pathlib import Path

import pytest

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
    monkeypatch.setattr(licences, "WHAT_SERVERS_GET", ("python", "-c", "print('strict==1.0')"))
    return "strict"


@pytest.fixture(autouse=True)
def _pip_licenses() -> None:
    if not shutil.which("pip-licenses", path=sysconfig.get_path("scripts")):
        pytest.skip("pip-licenses is in the group 'lint', which is not installed.")


def test_a_package_under_the_gpl_is_refused_by_name_with_what_to_do(
    foreign_package: str, capfd: pytest.CaptureFixture[str]
) -> None:
    status = licences.main()

    said = capfd.readouterr()
    assert status == 1
    assert re.search(rf"GPL-3.0-only not in allow-only .* {foreign_package}:1.0", said.err)
    assert "`allow-only` in pyproject.toml" in said.out


def test_what_goes_to_servers_now_is_allowed() -> None:
    assert licences.main() == 0
