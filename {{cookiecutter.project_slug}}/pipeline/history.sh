#!/bin/sh
# Look whether this clone has what a change is compared with: the branch that it is for, and the tag of the newest
# version. Jenkins fetches neither by itself, and what is missing would be left out of the comparison without a word.
set -eu
cd "$(dirname "$0")/.."

refuse() {
    printf '%s\nIn the configuration of the job, under Branch Sources, Behaviours, %s.\n' "$1" "$2" >&2
    exit 1
}

branch=origin/${CHANGE_TARGET:-main}
git rev-parse --verify --quiet "$branch^{commit}" >/dev/null ||
    refuse "This clone has no $branch." "add 'Specify ref specs' with the one that it proposes"

# As the commit before tells it: that of a version is built before anybody can be sure of its tag.
version=$(git show HEAD^:CHANGELOG.md 2>/dev/null | awk '/^## [0-9]/ { print $2; exit }')
[ -z "$version" ] || git rev-parse --verify --quiet "refs/tags/v$version" >/dev/null ||
    refuse "CHANGELOG.md tells of $version, and this clone has no tag v$version. If it was pushed:" \
        "add 'Advanced clone behaviours' and let it fetch tags"
