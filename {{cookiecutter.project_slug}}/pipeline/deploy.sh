#!/bin/sh
# Bring a version to where it runs, and look whether it answers there:
#
#     pipeline/deploy.sh staging COMMIT
#     pipeline/deploy.sh production v1.2.0
#
# Both pipelines call this; with the variables of docs/pipeline.md it works from your machine too. To go back, name the
# version before.
set -eu
cd "$(dirname "$0")/.."

environment=${1:-}
case $environment in
staging | production) ;;
*)
    echo "Name an environment, staging or production, and then a version." >&2
    exit 2
    ;;
esac
commit=$(git rev-parse --verify --quiet "${2:-}^{commit}") || {
    echo "'${2:-}' is no version of this project: name a commit or a tag." >&2
    exit 2
}
: "${SITE_URL:?is not set: the address of the site in this environment}"
# @if cookiecutter.deploy != "Kubernetes"
: "${DEPLOY_TARGET:?is not set: docs/pipeline.md tells what it is}"

# @endif
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 077
# A file, or what is in it.
key=${DEPLOY_KEY_FILE:-$work/key}
if [ -z "${DEPLOY_KEY_FILE:-}" ]; then
    printf '%s\n' "${DEPLOY_KEY:?is not set, and neither is DEPLOY_KEY_FILE}" >"$key"
fi

# @if cookiecutter.deploy != "Render"
image=$(printf '%s' "${IMAGE:?is not set: where the image is, such as registry.example.com/team/site}" |
    tr '[:upper:]' '[:lower:]')

# @endif
# @if cookiecutter.deploy == "Compose"
# The server, user@host:/folder: what it needs of that version goes there, beside its own .env.production.
on_server() {
    # What the server is called is not enough: it has to have the key that is known.
    ssh -i "$key" -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes \
        -o UserKnownHostsFile="$work/known_hosts" "${DEPLOY_TARGET%%:*}" "$@"
}

bring() {
    server_folder=${DEPLOY_TARGET#*:}
    printf '%s\n' "${DEPLOY_KNOWN_HOSTS:?is not set: what ssh-keyscan says of the server}" >"$work/known_hosts"
    # Beside those in use, which stay until the version is taken.
    git archive "$commit" compose.production.yaml docker |
        on_server "cd '$server_folder' && rm -rf .next && mkdir .next && tar -x -C .next"
    on_server "cd '$server_folder' && .next/docker/take.sh '$image' '$commit'"
}

# @endif
# @if cookiecutter.deploy == "Render"
# The services of Render by their ids, the site first: its release migrates.
ask_render() {
    # In a file, because anybody on this machine may read the arguments of a program.
    printf 'Authorization: Bearer %s\n' "$(cat "$key")" >"$work/header"
    curl --silent --show-error --fail-with-body --max-time 30 --header "@$work/header" \
        --header "Content-Type: application/json" "$@"
}

read_answer() {
    python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

bring() {
    ends=$(($(date +%s) + ${DEPLOY_SECONDS:-1500}))
    for service in $DEPLOY_TARGET; do
        address="${RENDER_API:-https://api.render.com/v1}/services/$service/deploys"
        deploy=$(ask_render --data "{\"commitId\": \"$commit\"}" "$address" | read_answer id)
        echo "$service: $deploy"
        wait_for_render "$address/$deploy"
    done
}

# An answer that does not come says nothing about the deploy, unless none comes several times in a row.
wait_for_render() {
    silent=0
    status=unknown
    while true; do
        if status=$(ask_render "$1" | read_answer status); then
            silent=0
        else
            status=unknown
            silent=$((silent + 1))
            [ "$silent" -lt 5 ] || break
        fi
        case $status in
        live) return ;;
        *failed | canceled | deactivated)
            echo "Render says '$status'; its dashboard tells why. What ran before goes on." >&2
            return 1
            ;;
        esac
        [ "$(date +%s)" -lt "$ends" ] || break
        sleep "${POLL_SECONDS:-10}"
    done
    echo "Render said last '$status', and nobody waits any longer; its dashboard tells how it ends." >&2
    return 1
}

# @endif
# @if cookiecutter.deploy == "Kubernetes"
# The manifests of that version, with its image written into them.
bring() {
    git archive "$commit" deploy | tar -x -C "$work"
    overlay="$work/deploy/kubernetes/overlays/$environment/kustomization.yaml"
    sed -i.before -e "s|^\( *newName:\).*|\1 $image|" -e "s|^\( *newTag:\).*|\1 $commit|" "$overlay"
    KUBECONFIG="$key" "$work/deploy/kubernetes/release.sh" "$environment"
}

# @endif
# What people would meet. Several times: whatever is in front of the site may be slower to notice.
look() {
    tries=0
    until curl --silent --fail --max-time 10 --output /dev/null "${SITE_URL%/}/health/ready"; do
        tries=$((tries + 1))
        [ "$tries" -lt "${LOOK_TIMES:-30}" ] || return 1
        sleep "${POLL_SECONDS:-10}"
    done
}

echo "== $environment: $2, which is $commit"
bring
look || {
    echo "${SITE_URL%/}/health/ready does not answer 200. To go back: pipeline/deploy.sh $environment VERSION" >&2
    exit 1
}
echo "== $environment runs $2, and is ready"
