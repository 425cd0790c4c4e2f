#!/bin/sh
# Bring the present version of the project, or the image TAG, into production without a gap:
#
#     docker/rollout.sh          builds the image here
#     docker/rollout.sh --pull   takes it from the registry of IMAGE
#
# While web is replaced, web-next serves, which is the new version too: nginx is told by a file, so that no
# request is ever sent to a container that is about to stop. A version that does not become healthy ends this
# before the old one is touched, which keeps the name of its image.
set -eu
cd "$(dirname "$0")/.."

compose() {
    docker compose --file compose.production.yaml --env-file .env.production "$@"
}

say() {
    printf '\n== %s\n' "$*"
}

running=$(compose ps --quiet --status=running web | head -n 1)
if [ -n "$running" ]; then
    image=$(docker inspect --format '{{.Config.Image}}' "$running")
    before=$(docker inspect --format '{{.Image}}' "$running")
fi

# Or else whatever starts a container next would start the version that failed.
keep_the_old_name() {
    if [ -n "${before:-}" ]; then
        docker tag "$before" "$image"
        compose --profile rollout rm --stop --force web-next
        say "It failed; the old version serves as before"
    fi
}
trap keep_the_old_name EXIT

say "The image"
if [ "${1:-}" = --pull ]; then compose pull --policy always web; else compose build web; fi

if [ -z "$running" ]; then
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
before=""
compose up --detach --wait --no-deps web
compose exec proxy rm /tmp/rollout
sleep 1

say "Workers and scheduler"
compose --profile rollout rm --stop --force web-next
compose up --detach --wait --no-deps worker beat
say "Done"
