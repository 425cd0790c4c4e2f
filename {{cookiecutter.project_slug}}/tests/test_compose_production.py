"""``compose.production.yaml`` and its nginx, as far as they can be judged without Docker."""

import re
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.env import Environment
from tests.processes import PROJECT_DIR

TEXT = (PROJECT_DIR / "compose.production.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
NGINX = PROJECT_DIR / "docker" / "nginx"
RUN_ONCE = {"release", "proxy-check"}
OURS = {"release", "web", "web-next", "worker", "beat", "flower"}


def directives(file: Path, name: str) -> list[str]:
    return re.findall(rf"^\s*{name} (.+);$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


@pytest.mark.lesson("migrate-once-per-release")
def test_one_container_migrates_and_the_code_starts_only_after_it() -> None:
    commands = {name: str(service.get("command")) for name, service in SERVICES.items()}

    assert [name for name, command in commands.items() if "release" in command or "migrate" in command] == [
        "release"
    ]
    for name in OURS - {"release"}:
        assert SERVICES[name]["depends_on"]["release"]["condition"] == "service_completed_successfully"


@pytest.mark.lesson("compose-env-and-order")
def test_what_is_wrong_is_said_once_and_not_in_a_loop() -> None:
    assert {name for name in SERVICES if SERVICES[name]["restart"] == "no"} == RUN_ONCE
    # Both look before anything that would be started again and again.
    assert SERVICES["proxy"]["depends_on"]["proxy-check"]["condition"] == "service_completed_successfully"
    assert SERVICES["proxy-check"]["command"] == ["nginx", "-t"]


@pytest.mark.lesson("compose-env-and-order")
def test_nobody_starts_before_what_it_needs_is_ready() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            expected = "service_completed_successfully" if other in RUN_ONCE else "service_healthy"
            assert how["condition"] == expected, f"{name} needs {other}"


@pytest.mark.lesson("compose-env-and-order")
def test_every_service_that_stays_says_whether_it_is_well() -> None:
    assert [name for name in SERVICES.keys() - RUN_ONCE if "test" not in SERVICES[name]["healthcheck"]] == []


@pytest.mark.parametrize("name", sorted({*OURS, "proxy", "proxy-check"}))
def test_containers_that_strangers_talk_to_may_do_little(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.lesson("docker-entrypoint")
def test_no_container_is_roots_even_where_its_image_is() -> None:
    # Images of servers step down from root by themselves, but a health check is no child of the server.
    # Ours, and that of nginx, name their user.
    others = SERVICES.keys() - OURS - {"proxy", "proxy-check"}

    assert [name for name in others if "user" not in SERVICES[name]] == []


def test_only_the_proxy_is_reached_from_outside() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert published.keys() == {"proxy", "flower"}
    assert all(port.startswith("127.0.0.1:") for port in published["flower"])
    assert COMPOSE["networks"]["data"]["internal"] is True
    assert {name for name, service in SERVICES.items() if "data" not in service["networks"]} == {
        "proxy",
        "proxy-check",
    }


def test_the_proxy_says_who_calls_and_what_clients_say_of_it_is_dropped() -> None:
    headers = dict(
        line.split(maxsplit=1) for line in directives(NGINX / "locations.conf", "proxy_set_header")
    )

    assert headers["X-Forwarded-For"] == "$remote_addr"
    assert headers["X-Forwarded-Proto"] == "$forwarded_proto"
    assert headers["Host"] == "$host"
    assert headers["X-Forwarded-Host"] == headers["Forwarded"] == '""'
    assert SERVICES["web"]["environment"]["NUM_PROXIES"] == 1


def test_headers_are_set_once_for_all_locations() -> None:
    # A location with one of its own would lose all the others.
    text = (NGINX / "locations.conf").read_text(encoding="utf-8")

    assert re.findall(r"^\s+proxy_set_header", text, flags=re.MULTILINE) == []


def test_time_outs_fit_into_each_other() -> None:
    defaults = {name: field.default for name, field in Environment.model_fields.items()}
    [proxy_waits] = directives(NGINX / "locations.conf", "proxy_read_timeout")

    assert seconds(proxy_waits) > defaults["WEB_TIMEOUT"]
    for name in ("web", "web-next"):
        assert seconds(SERVICES[name]["stop_grace_period"]) > defaults["WEB_GRACE_SECONDS"]
    assert seconds(SERVICES["worker"]["stop_grace_period"]) > defaults["CELERY_WORKER_GRACE_SECONDS"]


def test_the_cache_may_forget_and_the_queue_may_not() -> None:
    assert "allkeys-lru" in SERVICES["cache"]["command"]
    queue = SERVICES["queue"]
    assert queue["image"].startswith("rabbitmq:") or "noeviction" in queue["command"]
    assert any(volume.startswith("queue:") for volume in queue["volumes"])


@pytest.mark.lesson("db-engine-parity")
def test_services_have_one_version_here_and_there() -> None:
    development = yaml.safe_load((PROJECT_DIR / "compose.yaml").read_text(encoding="utf-8"))["services"]

    assert SERVICES["database"]["image"] == development["database"]["image"]
    assert SERVICES["cache"]["image"] == development["redis"]["image"]
    # A dump of a newer server than itself is refused by pg_dump.
    assert SERVICES["backup"]["image"] == SERVICES["database"]["image"]


def test_every_variable_is_described_in_the_example() -> None:
    example = (PROJECT_DIR / ".env.production.example").read_text(encoding="utf-8")
    described = set(re.findall(r"^#? ?([A-Z_]+)=", example, flags=re.MULTILINE))
    # Those of the site itself are described in config/env.py.
    used = set(re.findall(r"\$\{(\w+)", TEXT)) - Environment.model_fields.keys()

    assert used - described == set()


def test_what_nginx_has_filled_in_is_given_to_it() -> None:
    used = {
        name
        for template in NGINX.glob("*.template")
        for name in re.findall(r"^[^#\n]*\$\{(\w+)\}", template.read_text(encoding="utf-8"), re.MULTILINE)
    }

    assert used
    assert used <= SERVICES["proxy"]["environment"].keys()
    # Others would be nginx's own variables, emptied.
    assert SERVICES["proxy"]["environment"]["NGINX_ENVSUBST_FILTER"] == "^PROXY_"


@pytest.mark.lesson("docker-entrypoint")
def test_scripts_can_be_executed_and_end_at_the_first_failure() -> None:
    scripts = list((PROJECT_DIR / "docker").rglob("*.sh"))

    assert scripts
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        assert text.startswith("#!/bin/sh\n")
        assert "\nset -eu\n" in text, script.name
        assert script.stat().st_mode & stat.S_IXUSR, script.name
