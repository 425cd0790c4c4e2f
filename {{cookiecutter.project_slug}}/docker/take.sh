#!/bin/sh
# Take a version from the registry into production, on the server; pipeline/deploy.sh unpacks its files beside those
# in use, and calls it there:
#
#     .next/docker/take.sh registry.example.com/team/site COMMIT
#
# Which version is in use stands in .env.production, so whatever starts a container later starts the same. If the
# version does not become healthy, or this is cut short, the one before is written there again with its files; where
# it was replaced already, it is brought back by its own rollout.
set -eu
cd "$(dirname "$0")/../.."

image=${1:?Name the image}
tag=${2:?Name the version}
[ -f .env.production ] || {
    echo "There is no .env.production in $PWD. docs/one-machine.md tells how a server begins." >&2
    exit 1
}

compose() {
    docker compose --file compose.production.yaml --env-file .env.production "$@"
}

# The image of what serves, if anything does.
serving() {
    [ -f compose.production.yaml ] || return 0
    running=$(compose ps --quiet --status=running web | head -n 1)
    [ -z "$running" ] || docker inspect --format '{{.Config.Image}}' "$running"
}

# It stays until another version is in use: if it is there already, a run was killed, and left what does not count.
remember() {
    [ ! -d .before ] || return 0
    rm -rf .before.part
    mkdir -m 700 .before.part
    for file in .env.production compose.production.yaml docker; do
        [ ! -e "$file" ] || cp -Rp "$file" .before.part/
    done
    serving >.before.part/image
    mv .before.part .before
}

forget() {
    mv .before .before.part
    rm -rf .before.part .next
}

# Put the files of a folder in the place of those in use, whole or not at all.
put() {
    rm -rf .part
    mkdir .part
    cp -Rp "$1/docker" "$1/compose.production.yaml" .part/
    rm -rf docker
    mv .part/docker .part/compose.production.yaml .
    rmdir .part
}

take() {
    put .next
    grep -v -E '^(IMAGE|TAG)=' .before/.env.production >.env.production || true
    printf 'IMAGE=%s\nTAG=%s\n' "$image" "$tag" >>.env.production
    docker/rollout.sh --pull
}

bring_back() {
    if grep -q '^IMAGE=' .env.production; then
        docker/rollout.sh --pull
    else
        # It was built here, so no registry of yours has it; its image is here still.
        compose up --detach --wait --no-build --no-deps web worker beat
    fi
}

take_back() {
    cp -p .before/.env.production .env.production
    # Before the first version there is nothing to go back to.
    [ -f .before/compose.production.yaml ] || return 0
    put .before
    before=$(cat .before/image)
    [ -n "$before" ] || return 0
    if [ "$(serving)" != "$before" ]; then bring_back; fi
    # What is left of a rollout that was cut short.
    compose exec --no-TTY proxy rm -f /tmp/rollout
    compose --profile rollout rm --stop --force web-next
}

tell() {
    cat .before/log || true
    echo "$1" || true
}

# Whatever the end is. Nothing interrupts it, and it writes into a file: if the connection is gone, nobody listens.
end() {
    status=$?
    trap - EXIT
    trap '' HUP INT PIPE TERM
    [ "$status" != 0 ] || {
        forget
        exit
    }
    set +e
    (
        set -e
        take_back
    ) >.before/log 2>&1
    failed=$?
    if [ "$failed" = 0 ]; then
        tell "The version was not taken. What was in use before is in use." >&2
        forget
    else
        tell "The version was not taken, and the one before did not come back: see to the server." >&2
    fi
    exit "$status"
}

remember
trap end EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM
take
