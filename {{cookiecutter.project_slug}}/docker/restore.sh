#!/bin/sh
# Put a backup in the place of production's database: the newest, or the one of this name.
#
#     docker/restore.sh [NAME]      `docker/restore.sh --list` names them
#
# The site is away from the moment when the backup has been read. What was in use before is kept until the
# next restore.
set -eu
cd "$(dirname "$0")/.."

compose() {
    docker compose --file compose.production.yaml --env-file .env.production "$@"
}

if [ "${1:-}" = --list ]; then
    compose run --rm --no-deps --no-TTY backup list
    exit
fi
compose up --detach --wait database
compose run --rm --no-deps --no-TTY backup load "${1:-}"
compose stop web worker beat
compose run --rm --no-deps --no-TTY backup swap
# The backup may be older than the code.
compose run --rm --no-TTY release
compose up --detach --wait
