#!/bin/sh
# Bring the present version of the project, or the image TAG, into production without a gap:
#
#     docker/rollout.sh          builds the image here
#     docker/rollout.sh --pull   takes it from the registry of IMAGE
#
# While web is replaced, web-next serves, which is the new version too: nginx is told by a file, so that no
# request is ever sent to a container that is about to stop. Any failure ends this before the old version is
# touched, or leaves web-next serving.
set -eu
cd "$(dirname "$0")/.."

compose() {
    docker compose --file compose.production.yaml --env-file .env.production "$@"
}

say() {
    printf '\n== %s\n' "$*"
}

say "The image"
if [ "${1:-}" = --pull ]; then compose pull --policy always web; else compose build web; fi

if [ -z "$(compose ps --quiet --status=running web proxy)" ]; then
    say "Nothing runs yet: start everything"
    compose up --detach --wait
    exit
fi

say "Migrate, once; the old version still serves"
compose run --rm release

say "The new version serves beside the old one"
compose --profile rollout up --detach --wait --no-deps web-next
compose exec proxy touch /tmp/rollout
# For requests that nginx had given to the old one already to arrive there.
sleep 1

say "Replace the old one"
compose up --detach --wait --no-deps web
compose exec proxy rm /tmp/rollout
sleep 1

say "Workers and scheduler"
compose --profile rollout rm --stop --force web-next
compose up --detach --wait --no-deps worker beat
say "Done"
