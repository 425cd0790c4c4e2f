#!/bin/sh
# Look for known vulnerabilities in the image of this commit, the system's packages included. Those for which nothing
# is mended yet do not count: nobody could do anything about them.
set -eu
cd "$(dirname "$0")/.."

image=$(printf '%s' "${IMAGE:-$(basename "$PWD")}" | tr '[:upper:]' '[:lower:]')
SCAN_IMAGE="$image:$(git rev-parse HEAD)"
export SCAN_IMAGE
docker compose --file pipeline/compose.scan.yaml --project-name scan run --rm --no-TTY scan
