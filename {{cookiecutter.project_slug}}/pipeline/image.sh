#!/bin/sh
# The image of a commit. Both pipelines call this, and it works on your machine:
#
#     pipeline/image.sh              builds that of this commit
#     pipeline/image.sh push         sends it to the registry, named after the commit; what is there stays
#     pipeline/image.sh digest       says which it is there; fails if none comes within WAIT_SECONDS (0)
#     pipeline/image.sh name v1.2.0  gives it, in the registry, one more name
#
# IMAGE is where it belongs: registry.example.com/team/site. BUILD_CACHE, if set, is a place in a registry from which
# layers are taken; BUILD_CACHE_WRITE=true puts them there as well. BUILD_FRESH=true takes the base image of today, and
# no layer of another day.
set -eu
cd "$(dirname "$0")/.."

# Registries know no capitals, owners of repositories do.
image=$(printf '%s' "${IMAGE:-$(basename "$PWD")}" | tr '[:upper:]' '[:lower:]')
commit=$(git rev-parse HEAD)

build() {
    set -- --file docker/Dockerfile --tag "$image:$commit" --load \
        --build-arg "VERSION=$(git describe --tags --always)" --build-arg "REVISION=$commit"
    if [ "${BUILD_FRESH:-}" = true ]; then
        set -- --pull --no-cache "$@"
    fi
    if [ -n "${BUILD_CACHE:-}" ]; then
        # What Docker builds with by itself cannot write a cache of every stage.
        docker buildx inspect pipeline >/dev/null 2>&1 || docker buildx create --name pipeline >/dev/null
        set -- --builder pipeline --cache-from "type=registry,ref=$BUILD_CACHE" "$@"
        if [ "${BUILD_CACHE_WRITE:-}" = true ]; then
            set -- --cache-to "type=registry,ref=$BUILD_CACHE,mode=max,ignore-error=true" "$@"
        fi
        docker buildx build "$@" .
    else
        docker build "$@" .
    fi
}

in_registry() {
    docker buildx imagetools inspect "$image:$1" --format '{{.Manifest.Digest}}'
}

push() {
    # Built anew it has another digest, and the one that was tried, signed and released would have no name any more.
    if in_registry "$commit" 2>/dev/null; then
        echo "The registry has an image of $commit already, which stays."
        return
    fi
    docker push "$image:$commit"
}

name() {
    wanted=$(digest)
    # By default one manifest gets an index around it, whose digest nobody has signed.
    docker buildx imagetools create --prefer-index=false --tag "$image:$1" "$image@$wanted"
    named=$(in_registry "$1")
    [ "$named" = "$wanted" ] || {
        echo "$image:$1 is $named, and not the $wanted that passed the checks." >&2
        return 1
    }
}

digest() {
    waited=0
    until in_registry "$commit"; do
        if [ "$waited" -ge "${WAIT_SECONDS:-0}" ]; then
            echo "There is no image of $commit in $image: main's pipeline has not passed with this commit." >&2
            return 1
        fi
        sleep 20
        waited=$((waited + 20))
    done
}

case ${1:-build} in
build) build ;;
push) push ;;
digest) digest ;;
name) name "${2:?A name, such as v1.2.0}" ;;
*)
    echo "pipeline/image.sh does not know $1: build, push, digest or name." >&2
    exit 2
    ;;
esac
