#!/bin/sh
# Print what the changelog says of a version: pipeline/notes.sh v1.2.0
set -eu
cd "$(dirname "$0")/.."

version=${1:?Name a version}
notes=$(awk -v "version=${version#v}" '
    /^## / { inside = index($2, version) == 1 && length($2) == length(version); next }
    inside { print }
' CHANGELOG.md | sed -e '/./,$!d')
[ -n "$notes" ] || {
    echo "CHANGELOG.md has no part '## ${version#v}'. Write one, commit it, and set the tag anew." >&2
    exit 1
}
printf '%s\n' "$notes"
