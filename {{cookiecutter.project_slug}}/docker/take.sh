#!/bin/sh
# Take a version from the registry into production, on the server; pipeline/deploy.sh calls it there:
#
#     docker/take.sh registry.example.com/team/site COMMIT
#
# Which version is in use stands in .env.production, so whatever starts a container later starts the same. If the
# version does not become healthy, the one before is written there again: it has gone on serving.
set -eu
cd "$(dirname "$0")/.."

image=${1:?Name the image}
tag=${2:?Name the version}
[ -f .env.production ] || {
    echo "There is no .env.production in $PWD. docs/one-machine.md tells how a server begins." >&2
    exit 1
}

cp -p .env.production .env.production.before
give_back() {
    status=$?
    [ "$status" = 0 ] || cp -p .env.production.before .env.production
    rm -f .env.production.before
    exit "$status"
}
trap give_back EXIT

grep -v -E '^(IMAGE|TAG)=' .env.production.before >.env.production || true
printf 'IMAGE=%s\nTAG=%s\n' "$image" "$tag" >>.env.production
docker/rollout.sh --pull
