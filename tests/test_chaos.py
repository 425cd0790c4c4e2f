"""The drill itself works: a short one, with a fault that has moments and one that has none."""

import sys

import pytest

from conftest import ROOT, Run


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_in_a_short_drill(run: Run, project_environment: dict[str, str]) -> None:
    faults = ("--fault=kill-child", "--fault=ten-times")
    command = (sys.executable, "-m", "tests.chaos", "--broker=redis", "--tasks=50", *faults)

    printed = run(*command, cwd=ROOT, env=project_environment)

    assert "Kept: nothing was lost, and nothing took effect twice." in printed
