#!/bin/sh
# Write down what production is made of, as CycloneDX: pipeline/sbom.sh sbom.cdx.json
set -eu
cd "$(dirname "$0")/.."
uv export --quiet --frozen --no-dev --group flower --format cyclonedx1.5 --output-file "${1:?Name a file}"
