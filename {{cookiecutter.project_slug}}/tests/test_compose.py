"""``compose.yaml``, as far as it can be judged without Docker: what starts when, and who can reach it."""

import re
from typing import Any

import pytest
import yaml

from tests.processes import PROJECT_DIR

TEXT = (PROJECT_DIR / "compose.yaml").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
RUN_ONCE = {"release", "tests"}
# Compose knows these by itself.
OWN_VARIABLES = {"COMPOSE_PROJECT_NAME"}
REFERENCE = re.compile(r"\$\{(\w+)")

lesson = pytest.mark.lesson("compose-env-and-order")


@lesson
def test_nobody_starts_before_what_it_needs_is_ready() -> None:
    needed = {name: service.get("depends_on", {}) for name, service in SERVICES.items()}

    assert [name for name, others in needed.items() if not isinstance(others, dict)] == [], (
        "A plain list of depends_on waits for the start of a container, not for its service."
    )
    for name, others in needed.items():
        for other, how in others.items():
            expected = "service_completed_successfully" if other in RUN_ONCE else "service_healthy"
            assert how["condition"] == expected, f"{name} needs {other}"


@lesson
def test_every_service_that_stays_says_whether_it_is_well() -> None:
    staying = {name: service for name, service in SERVICES.items() if name not in RUN_ONCE}

    assert [name for name, service in staying.items() if "test" not in service.get("healthcheck", {})] == []


@lesson
def test_the_database_is_asked_by_name_and_by_tcp() -> None:
    asked = SERVICES["database"]["healthcheck"]["test"]

    # Without a user it would ask for that of the operating system, and fill the log with refusals.
    assert any("user" in word for word in asked)
    assert any("127.0.0.1" in word for word in asked), "The socket answers while it is still set up."


@lesson
def test_every_variable_is_described_in_the_example_or_has_a_default() -> None:
    example = (PROJECT_DIR / ".env.example").read_text(encoding="utf-8")
    described = set(re.findall(r"^#? ?([A-Z_]+)=", example, flags=re.MULTILINE))

    assert set(REFERENCE.findall(TEXT)) - OWN_VARIABLES - described == set()


@lesson
def test_a_value_that_must_be_there_is_demanded_instead_of_being_blank() -> None:
    may_be_blank = set(re.findall(r"\$\{(\w+)\}", TEXT)) - OWN_VARIABLES
    demanded = set(re.findall(r"\$\{(\w+):\?[^}]{20,}\}", TEXT))

    assert demanded
    # One demand, with what to do about it, is enough for the whole file.
    assert may_be_blank <= demanded


@lesson
def test_inside_a_container_no_service_is_looked_for_at_localhost() -> None:
    settings = [item for service in SERVICES.values() for item in service.get("environment", {}).items()]
    here = {name for name, value in settings if re.search(r"//\S*(localhost|127\.)", str(value))}

    # For people, in their browsers.
    assert here == {"SITE_URL"}


@pytest.mark.lesson("flower-exposed")
def test_ports_are_open_on_this_machine_only() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert published
    assert [port for port in published if not port.startswith("127.0.0.1:${")] == []


@pytest.mark.lesson("docker-entrypoint")
def test_no_container_is_roots_even_where_its_image_is() -> None:
    # Images of servers step down from root by themselves, but a health check is no child of the server.
    assert [name for name, service in SERVICES.items() if "user" not in service] == []


@pytest.mark.lesson("migrate-once-per-release")
def test_one_service_migrates_and_all_others_of_the_project_wait_for_it() -> None:
    ours = {name for name, service in SERVICES.items() if "build" in service} - RUN_ONCE

    assert ours == {"web", "worker", "beat", "flower"}
    for name in ours:
        assert SERVICES[name]["depends_on"]["release"]["condition"] == "service_completed_successfully"
        assert "prepare" not in str(SERVICES[name]["command"])
