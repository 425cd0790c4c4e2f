"""``pipeline/deploy.sh`` for each platform: there and back, and what happens when it does not work."""

import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from pipelines import IMAGE, Ended, Workshop, serving, site, workshop

from conftest import Bake

Make = Callable[[str], Workshop]


@pytest.fixture(scope="module")
def project_for(bake: Bake) -> Callable[[str], Path]:
    """The one project of each platform, which the tests clone."""
    return cache(lambda platform: Path(bake(deploy=platform).project_path))


@pytest.fixture
def make(project_for: Callable[[str], Path], tmp_path: Path, project_environment: dict[str, str]) -> Make:
    """A clone of a project for a platform, with the versions v1.0.0 and v1.1.0."""

    def make(platform: str) -> Workshop:
        shop = workshop(project_for(platform), tmp_path, project_environment)
        # In the place of the real ones, with capitals, and without patience.
        shop.environment |= {"IMAGE": "ghcr.io/Ada/Shop", "DEPLOY_KEY": "a-key", "LOOK_TIMES": "2"}
        shop.git("tag", "v1.0.0")
        shop.change("config/wsgi.py", "\n# Another one.\n")
        shop.git("tag", "v1.1.0")
        return shop

    return make


def deploy(shop: Workshop, version: str, **variables: str) -> Ended:
    with site() as healthy:
        return shop.run(
            "pipeline/deploy.sh", "production", version, **{"SITE_URL": healthy.address, **variables}
        )


# On one machine


def to_server(shop: Workshop, known: str = "the-key-of-the-server") -> dict[str, str]:
    server = shop.notes / "server"
    if not server.exists():
        shop.server()
    return {"DEPLOY_TARGET": f"deploy@server:{server}", "DEPLOY_KNOWN_HOSTS": f"server {known}"}


def in_use(shop: Workshop) -> str:
    """What the server's file says which version runs."""
    lines = (shop.notes / "server" / ".env.production").read_text(encoding="utf-8").splitlines()
    [tag] = [line.removeprefix("TAG=") for line in lines if line.startswith("TAG=")]
    return tag


def test_server_gets_what_it_needs_of_a_version_and_goes_back_to_another(make: Make) -> None:
    shop = make("Compose")

    for version in ("v1.1.0", "v1.0.0"):
        ended = deploy(shop, version, **to_server(shop))
        assert ended.failed == [], ended.output
        assert in_use(shop) == shop.git("rev-parse", version)

    server = shop.notes / "server"
    assert {path.name for path in server.iterdir()} == {
        ".env.production",
        "compose.production.yaml",
        "docker",
    }
    assert f"IMAGE={IMAGE}\n" in (server / ".env.production").read_text(encoding="utf-8")


def test_version_that_does_not_become_healthy_leaves_the_server_with_the_one_before(make: Make) -> None:
    shop = make("Compose")
    shop.environment["BROKEN"] = "web-next"

    ended = deploy(shop, "v1.1.0", **to_server(shop))

    assert ended.failed
    assert in_use(shop) == "before"
    assert not (shop.notes / "server" / ".env.production.before").exists()


def test_server_with_another_key_than_the_known_one_gets_nothing(make: Make) -> None:
    shop = make("Compose")

    ended = deploy(shop, "v1.1.0", **to_server(shop, known="another-key"))

    assert ended.failed
    assert "Host key verification failed." in ended.output
    assert in_use(shop) == "before"


def test_server_that_was_never_set_up_says_where_to_read(make: Make) -> None:
    shop = make("Compose")
    variables = to_server(shop)
    (shop.notes / "server" / ".env.production").unlink()

    ended = deploy(shop, "v1.1.0", **variables)

    assert ended.failed
    assert "There is no .env.production" in ended.output


# What of Docker a rollout meets: which image web has, and that what is broken does not start.
DOCKER_OF_THE_SERVER = """#!/bin/sh
printf 'docker %s\\n' "$*" >>"$STAND_INS/log"
[ ! -f .env.production ] || . ./.env.production
case "$*" in
*"--status=running web") cat "$STAND_INS/web" ;;
inspect*) echo "$4" ;;
*"run --rm release")
    if [ -n "${SIGNAL:-}" ] && [ "$TAG" = "${BROKEN_TAG:-}" ]; then
        kill -s "$SIGNAL" "$(ps -o ppid= -p "$PPID" | tr -d ' ')"
        [ "$SIGNAL" != KILL ] || exit 1
    fi
    ;;
*" up "*)
    case "$* " in *"--no-deps web "*) echo "$TAG" | tee "$STAND_INS/web" >>"$STAND_INS/served" ;; esac
    case "$* " in *" ${BROKEN:-nothing} "*) case ${BROKEN_TAG:-} in "$TAG" | any) exit 1 ;; esac ;; esac
    ;;
esac
"""


@pytest.fixture
def server(make: Make) -> Workshop:
    """A server that runs v1.0.0, and a version v1.2.0 with files of its own for the server."""
    shop = make("Compose")
    (shop.notes / "bin").mkdir()
    docker = shop.notes / "bin" / "docker"
    docker.write_text(DOCKER_OF_THE_SERVER, encoding="utf-8")
    docker.chmod(0o755)
    shop.environment["PATH"] = f"{docker.parent}{os.pathsep}{shop.environment['PATH']}"
    (shop.notes / "web").write_text("an-older-one\n", encoding="utf-8")
    shop.change("docker/rollout.sh", "\n# Of the newest.\n")
    shop.change("docker/another-file", "\n")
    shop.git("tag", "v1.2.0")
    taken = deploy(shop, "v1.0.0", **to_server(shop))
    assert taken.failed == [], taken.output
    return shop


def runs_only(shop: Workshop, version: str) -> bool:
    """Whether the server has this version in each place, and nothing else."""
    folder, commit = shop.notes / "server", shop.git("rev-parse", version)
    files = {path.name for path in folder.iterdir()}
    newest = "Of the newest" in (folder / "docker" / "rollout.sh").read_text(encoding="utf-8")
    return (
        in_use(shop) == commit
        and (shop.notes / "web").read_text(encoding="utf-8").strip() == commit
        and files == {".env.production", "compose.production.yaml", "docker"}
        and newest == (folder / "docker" / "another-file").exists() == (version == "v1.2.0")
    )


def test_version_whose_workers_fail_is_replaced_by_the_one_before_with_its_files(server: Workshop) -> None:
    newest = server.git("rev-parse", "v1.2.0")

    ended = deploy(server, "v1.2.0", **to_server(server), BROKEN="worker", BROKEN_TAG=newest)

    assert ended.failed
    assert "What was in use before is in use." in ended.output
    assert (server.notes / "served").read_text(encoding="utf-8").split()[-2:] == [
        newest,
        server.git("rev-parse", "v1.0.0"),
    ]
    assert runs_only(server, "v1.0.0"), ended.output


def test_version_that_was_built_on_the_server_comes_back_without_a_registry(server: Workshop) -> None:
    settings = server.notes / "server" / ".env.production"
    lines = settings.read_text(encoding="utf-8").splitlines(keepends=True)
    settings.write_text("".join(line for line in lines if "IMAGE=" not in line), encoding="utf-8")
    newest = server.git("rev-parse", "v1.2.0")

    deploy(server, "v1.2.0", **to_server(server), BROKEN="worker", BROKEN_TAG=newest)

    assert runs_only(server, "v1.0.0")
    assert server.log().count(" pull ") == 2


@pytest.mark.parametrize("signal", ["HUP", "PIPE", "TERM"])
def test_deployment_that_is_cut_short_leaves_the_version_before(signal: str, server: Workshop) -> None:
    newest = server.git("rev-parse", "v1.2.0")

    ended = deploy(server, "v1.2.0", **to_server(server), SIGNAL=signal, BROKEN_TAG=newest)

    assert ended.failed
    assert runs_only(server, "v1.0.0"), ended.output


def test_run_that_was_killed_does_not_count_as_the_version_before(server: Workshop) -> None:
    broken = {**to_server(server), "BROKEN_TAG": server.git("rev-parse", "v1.2.0")}
    deploy(server, "v1.2.0", **broken, SIGNAL="KILL")
    assert in_use(server) == broken["BROKEN_TAG"]

    ended = deploy(server, "v1.2.0", **broken, BROKEN="web-next")

    assert ended.failed
    assert runs_only(server, "v1.0.0"), ended.output


def test_way_back_that_fails_is_told_and_the_next_version_is_taken(server: Workshop) -> None:
    lost = deploy(server, "v1.2.0", **to_server(server), BROKEN="worker", BROKEN_TAG="any")
    taken = deploy(server, "v1.2.0", **to_server(server))

    assert "the one before did not come back: see to the server" in lost.output
    assert taken.failed == [], taken.output
    assert runs_only(server, "v1.2.0"), taken.output


# On Render


def api_of_render(*statuses: str) -> Callable[[str, str], tuple[int, str]]:
    """Answers of its API: a deploy is made, and has these statuses one by one; "" is no answer."""
    left = list(statuses)

    def answer(_path: str, body: str) -> tuple[int, str]:
        if body:
            return 201, json.dumps({"id": "dep-1", "status": "created"})
        status = left.pop(0)
        return (200, json.dumps({"id": "dep-1", "status": status})) if status else (502, "Bad gateway")

    return answer


def test_services_of_render_get_the_commit_one_after_the_other(make: Make) -> None:
    shop = make("Render")
    told = json.dumps({"commitId": shop.git("rev-parse", "v1.0.0")})

    with serving(api_of_render("build_in_progress", "live", "live")) as api:
        ended = deploy(shop, "v1.0.0", DEPLOY_TARGET="srv-web srv-worker", RENDER_API=api.address)

    assert ended.failed == [], ended.output
    assert api.asked == [
        f"POST /services/srv-web/deploys {told}",
        "GET /services/srv-web/deploys/dep-1",
        "GET /services/srv-web/deploys/dep-1",
        f"POST /services/srv-worker/deploys {told}",
        "GET /services/srv-worker/deploys/dep-1",
    ]
    assert "a-key" not in ended.output


def test_release_that_fails_on_render_stops_before_the_other_services(make: Make) -> None:
    shop = make("Render")

    with serving(api_of_render("pre_deploy_in_progress", "pre_deploy_failed")) as api:
        ended = deploy(shop, "v1.1.0", DEPLOY_TARGET="srv-web srv-worker", RENDER_API=api.address)

    assert ended.failed
    assert "Render says 'pre_deploy_failed'" in ended.output
    assert [asked for asked in api.asked if "srv-worker" in asked] == []


@pytest.mark.parametrize(("missing", "ready"), [(4, True), (5, False)])
def test_some_missing_answers_of_render_in_a_row_are_borne(missing: int, ready: bool, make: Make) -> None:
    shop = make("Render")

    with serving(api_of_render("", "queued", *[""] * missing, "live")) as api:
        ended = deploy(shop, "v1.1.0", DEPLOY_TARGET="srv-web", RENDER_API=api.address)

    assert (not ended.failed) == ready, ended.output
    assert ("Render said last 'unknown'" in ended.output) != ready


def test_deploy_of_render_that_never_ends_is_waited_for_no_longer_than_told(make: Make) -> None:
    shop = make("Render")

    def answer(_path: str, _body: str) -> tuple[int, str]:
        return 200, json.dumps({"id": "dep-1", "status": "build_in_progress"})

    with serving(answer) as api:
        ended = deploy(shop, "v1.1.0", DEPLOY_TARGET="srv-web", RENDER_API=api.address, DEPLOY_SECONDS="1")

    assert ended.failed
    assert "Render said last 'build_in_progress'" in ended.output


def test_refusal_of_render_is_shown(make: Make) -> None:
    shop = make("Render")

    with serving(lambda _path, _body: (401, '{"message": "Unauthorized"}')) as api:
        ended = deploy(shop, "v1.1.0", DEPLOY_TARGET="srv-web", RENDER_API=api.address)

    assert ended.failed
    assert "401" in ended.output


# On Kubernetes


def test_cluster_gets_the_manifests_of_the_version_with_its_image(make: Make) -> None:
    shop = make("Kubernetes")
    kustomization = "deploy/kubernetes/overlays/production/kustomization.yaml"
    shop.change(kustomization, "\n# Of the newest.\n")

    ended = deploy(shop, "v1.1.0")

    assert ended.failed == [], ended.output
    applied = (shop.notes / "applied").read_text(encoding="utf-8")
    assert f"newName: {IMAGE}\n" in applied
    assert f"newTag: {shop.git('rev-parse', 'v1.1.0')}\n" in applied
    assert "Of the newest" not in applied
    assert shop.git("status", "--short") == ""


def test_cluster_keeps_what_runs_when_the_release_job_fails(make: Make) -> None:
    shop = make("Kubernetes")

    ended = deploy(shop, "v1.1.0", JOB="Failed")

    assert ended.failed
    assert "The release job failed, so nothing was exchanged" in ended.output
    assert "!release-step" not in shop.log()


# Everywhere


@pytest.mark.parametrize("platform", ["Compose", "Render", "Kubernetes"])
def test_site_that_is_not_ready_is_an_error_that_names_the_way_back(platform: str, make: Make) -> None:
    shop = make(platform)
    with site(503) as broken, serving(api_of_render("live")) as api:
        variables = {"SITE_URL": broken.address, "RENDER_API": api.address}
        target = {"Compose": to_server(shop), "Render": {"DEPLOY_TARGET": "srv-web"}, "Kubernetes": {}}
        ended = deploy(shop, "v1.1.0", **variables, **target[platform])

    assert ended.failed
    assert "/health/ready does not answer 200" in ended.output
    assert "To go back: pipeline/deploy.sh production VERSION" in ended.output
    assert len(broken.asked) > 1


@pytest.mark.parametrize("platform", ["Compose", "Render", "Kubernetes"])
def test_missing_key_is_named(platform: str, make: Make) -> None:
    shop = make(platform)
    target = to_server(shop) if platform == "Compose" else {"DEPLOY_TARGET": "srv-web"}

    ended = deploy(shop, "v1.1.0", DEPLOY_KEY="", **target)

    assert "DEPLOY_KEY: is not set" in ended.output
