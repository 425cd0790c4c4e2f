from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from devtools import services, state
from devtools.for_tests import PROJECT
from devtools.homes import Home
from devtools.processes import ProcessId
from devtools.services import UP, AlreadyRunningError, running_services
from devtools.state import State, User

Start = Callable[[], ProcessId]


def test_the_services_file_names_what_was_started_and_nothing_else(project: Path) -> None:
    with running_services(project, purpose=UP) as session:
        port = session.variables["REDIS_URL"].split(":")[2].removesuffix("/1")
        lines = services.services_file(project).read_text().splitlines()

    assert lines[0].startswith("#")
    assert lines[1:] == [
        f"REDIS_URL=redis://127.0.0.1:{port}/1",
        f"CELERY_BROKER_URL=redis://127.0.0.1:{port}/0",
    ]


def test_the_service_answers_inside_the_block_and_is_gone_after_it(project: Path) -> None:
    with running_services(project, purpose=UP) as session:
        server = state.load(services.state_file(project)).services["redis"].process
        with redis.Redis.from_url(session.environment()["REDIS_URL"]) as client:
            assert client.ping() is True

    assert server.find() is None
    assert sorted(path.name for path in (project / ".local").iterdir()) == ["lock"]


def test_a_service_given_in_the_env_file_is_not_started(project: Path) -> None:
    (project / ".env").write_text("REDIS_URL=redis://elsewhere:6379/1\n")

    with running_services(project, purpose=UP) as session:
        assert session.variables == {}
        assert services.services_file(project).exists() is False


def test_a_given_broker_is_not_overridden_by_the_started_redis(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://elsewhere:6379/0")

    with running_services(project, purpose=UP) as session:
        assert list(session.variables) == ["REDIS_URL"]


def test_a_second_up_is_refused_and_touches_nothing(project: Path, start_sleeper: Start) -> None:
    running = User(process=start_sleeper(), purpose=UP, address="http://127.0.0.1:8003")
    file = services.state_file(project)
    state.save(State(users=[running]), file)
    before = file.read_bytes()

    with pytest.raises(AlreadyRunningError) as caught, running_services(project, purpose=UP):
        pass

    assert str(caught.value).splitlines()[0] == (
        f"This project is already running: http://127.0.0.1:8003 (process {running.process.pid})."
    )
    assert file.read_bytes() == before
    assert running.is_alive() is True


def test_services_stay_up_for_the_users_that_are_left(project: Path, start_sleeper: Start) -> None:
    other = User(process=start_sleeper(), purpose="just manage")
    file = services.state_file(project)
    state.save(State(users=[other]), file)

    with running_services(project, purpose=UP) as session:
        pass

    left = state.load(file)
    assert left.users == [other]
    assert left.services["redis"].variables == session.variables
    assert left.services["redis"].process.find() is not None


def test_a_later_user_shares_the_running_services(project: Path, start_sleeper: Start) -> None:
    with running_services(project, purpose=UP) as first:
        shared = state.load(services.state_file(project))
        shared.users = [User(process=start_sleeper(), purpose=UP)]
        state.save(shared, services.state_file(project))
        with running_services(project, purpose="just manage") as second:
            assert second.variables == first.variables
        assert shared.services["redis"].process.find() is not None


def test_leftovers_of_a_killed_user_are_stopped_and_strangers_are_not(
    project: Path, start_sleeper: Start
) -> None:
    leftover, stranger, killed = start_sleeper(), start_sleeper(), start_sleeper()
    reused = replace(stranger, created=stranger.created - 60)
    dead = User(
        process=replace(killed, created=killed.created - 60),
        purpose=UP,
        processes=[leftover, reused],
    )
    state.save(State(users=[dead]), services.state_file(project))

    services.clear_leftovers(project)

    assert leftover.find() is None
    assert stranger.find() is not None
    assert killed.find() is not None
    assert state.load(services.state_file(project)) == State()


def test_services_of_a_killed_user_are_replaced(project: Path, start_sleeper: Start) -> None:
    with running_services(project, purpose=UP):
        abandoned = state.load(services.state_file(project))
        # Its user's number now belongs to someone else.
        user = abandoned.users[0].process
        abandoned.users[0].process = replace(user, created=user.created - 60)
        state.save(abandoned, services.state_file(project))
        with running_services(project, purpose="just manage"):
            fresh = state.load(services.state_file(project))

    assert abandoned.services["redis"].process != fresh.services["redis"].process
    assert abandoned.services["redis"].process.find() is None


def test_processes_on_record_are_kept_while_they_live(project: Path, start_sleeper: Start) -> None:
    first, second = start_sleeper(), start_sleeper()

    with running_services(project, purpose=UP) as session:
        session.record([first])
        session.record([second])
        recorded = state.load(services.state_file(project)).users[0].processes

    assert set(recorded) == {first, second}


def test_the_home_of_a_killed_test_run_is_removed_by_the_next(home: Home) -> None:
    ours = state.load(home.folder / "state.json")
    gone = replace(ours.users[0].process, created=0)
    state.save(State(users=[User(process=gone, purpose="tests")]), home.folder / "state.json")

    fresh = services.make_temporary_home(PROJECT)
    services.remove_temporary_home(fresh)

    assert home.folder.exists() is False


def test_the_home_of_a_running_test_run_is_left_alone(home: Home) -> None:
    fresh = services.make_temporary_home(PROJECT)
    services.remove_temporary_home(fresh)

    assert home.folder.exists() is True
