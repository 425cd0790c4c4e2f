"""What the pipeline does with an image, by a real Docker: built, tried, and nothing is left of the trial."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import Bake
from containers import docker, require_docker

pytestmark = pytest.mark.docker


@dataclass
class Trial:
    project: Path
    image: str

    def script(self, name: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [f"pipeline/{name}.sh"],
            cwd=self.project,
            env={**os.environ, "IMAGE": self.image},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def left(self) -> list[str]:
        return docker("ps", "--all", "--quiet", "--filter=name=smoke-").split()


@pytest.fixture(scope="module")
def trial(bake: Bake, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    require_docker()
    folder = tmp_path_factory.mktemp("pipeline") / "my_project"
    shutil.copytree(bake().project_path, folder, symlinks=True)
    trial = Trial(folder, f"test-{secrets.token_hex(4)}")
    yield trial
    if images := docker("images", "--quiet", trial.image).split():
        docker("rmi", "--force", *set(images))


def test_image_of_a_fresh_project_is_built_and_becomes_healthy(trial: Trial) -> None:
    built = trial.script("image")
    assert built.returncode == 0, built.stdout

    tried = trial.script("smoke")

    assert tried.returncode == 0, tried.stdout
    assert "becomes healthy: the site, a worker and the scheduler." in tried.stdout
    assert trial.left() == []


def test_image_whose_site_does_not_start_is_refused_with_its_log(trial: Trial) -> None:
    wsgi = trial.project / "config" / "wsgi.py"
    working = wsgi.read_text(encoding="utf-8")
    wsgi.write_text(f"{working}\nraise RuntimeError('It does not start.')\n", encoding="utf-8")
    try:
        built = trial.script("image")
        tried = trial.script("smoke")
    finally:
        wsgi.write_text(working, encoding="utf-8")

    assert built.returncode == 0, built.stdout
    assert tried.returncode != 0
    assert "It does not start." in tried.stdout, tried.stdout
    assert "does not become healthy; the lines above tell why" in tried.stdout
    assert trial.left() == []
