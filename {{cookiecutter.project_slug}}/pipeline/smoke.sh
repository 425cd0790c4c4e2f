#!/bin/sh
# Start the image of this commit as production would, with a database, a broker and nothing of yours, and look whether
# all of it becomes healthy. Nothing is left behind.
set -eu
cd "$(dirname "$0")/.."

image=$(printf '%s' "${IMAGE:-$(basename "$PWD")}" | tr '[:upper:]' '[:lower:]')
SMOKE_IMAGE="$image:$(git rev-parse HEAD)"
export SMOKE_IMAGE
SMOKE_SECRET=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
export SMOKE_SECRET
# Of compose.yaml, from which the services are taken.
export SERVICES_PASSWORD="$SMOKE_SECRET" COMPOSE_PROJECT_NAME="smoke-$$"

compose() {
    docker compose --file pipeline/compose.smoke.yaml "$@"
}

clean_up() {
    status=$?
    if [ "$status" != 0 ]; then
        compose logs --no-color --tail=200 || true
        echo "The image $SMOKE_IMAGE does not become healthy; the lines above tell why." >&2
    fi
    compose down --volumes --timeout=5 || true
    exit "$status"
}
trap clean_up EXIT

compose up --detach --wait --wait-timeout 240
compose exec --no-TTY web python docker/healthcheck.py /health/ready
echo "The image $SMOKE_IMAGE becomes healthy: the site, a worker and the scheduler."
