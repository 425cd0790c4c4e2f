#!/usr/bin/env bash
# Release an overlay: first the job that migrates; when it has succeeded, everything else.
#   deploy/kubernetes/release.sh production
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/overlays/${1:?Name an overlay: staging or production}"

namespace=$(sed -n 's/^namespace: //p' kustomization.yaml)
manifests=$(mktemp)
trap 'rm -f "$manifests"' EXIT
kubectl kustomize . >"$manifests"

in_namespace() {
    kubectl --namespace "$namespace" "$@"
}

# What has ended: "Complete" or "Failed"; nothing while it runs.
outcome() {
    in_namespace get job release --output 'jsonpath={.status.conditions[?(@.status=="True")].type}' |
        grep --only-matching --word-regexp --extended-regexp 'Complete|Failed' || true
}

in_namespace delete job release --ignore-not-found
kubectl apply --filename "$manifests" --selector release-step=before
# The job has a deadline of its own, so this comes to an end.
while [ -z "$(outcome)" ]; do
    sleep "${POLL_SECONDS:-2}"
done
in_namespace logs job/release --tail=50
if [ "$(outcome)" = Failed ]; then
    echo "The release job failed, so nothing was exchanged: the release before goes on." >&2
    exit 1
fi
kubectl apply --filename "$manifests" --selector '!release-step'
for deployment in $(in_namespace get deployments --output name); do
    in_namespace rollout status "$deployment" --timeout=10m
done
