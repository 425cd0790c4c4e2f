"""One fault from begin to end."""

import time
from pathlib import Path

from celery import current_app

from tests import processes
from tests.chaos import count, staff
from tests.chaos.faults import Fault, Scene
from tests.chaos.report import Outcome
from tests.chaos.services import Servers

# Between two strikes.
BREATH_SECONDS = 2
# Redis looks every ten seconds for what was not acknowledged.
QUIET_SECONDS = {"redis": staff.VISIBILITY_SECONDS + 10, "rabbitmq": 5, "postgres": 5}


def run(fault: Fault, *, servers: Servers, wanted: int, folder: Path) -> Outcome:
    """Let a fault happen until so many tasks were accepted, wait for what follows, and count.

    Args:
        folder: For the logs.
    """
    started = time.monotonic()
    count.empty_tables()
    # By a connection of its own: one that was kept may be from before a restart of the broker.
    with current_app.connection_for_write() as connection:
        current_app.control.purge(connection)
    with staff.at_work(folder, beats=fault.beats) as people:
        log = people.worker.log
        processes.wait_until(lambda: "ready." in log.read_text(encoding="utf-8"), log=log)
        with fault.traffic(wanted) as traffic:
            scene = Scene(servers, people, traffic)
            strike_while_it_goes(fault, scene)
        quiet = QUIET_SECONDS[servers.broker.name]
        count.wait_for_rest(traffic.accepted, quiet_seconds=quiet, look_after=people.look_after)
    return Outcome(
        title=fault.title,
        strikes=scene.strikes if fault.strike else None,
        refused=traffic.refused,
        count=count.count(traffic.accepted),
        died=people.ended_by_themselves,
        seconds=time.monotonic() - started,
    )


def strike_while_it_goes(fault: Fault, scene: Scene) -> None:
    """Once at least: little traffic may be over before the first task has begun."""
    while True:
        if fault.strike:
            fault.strike(scene)
        scene.staff.look_after()
        time.sleep(BREATH_SECONDS)
        if not scene.traffic.is_going():
            return
