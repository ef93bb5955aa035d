#!/bin/sh
# Put the kit on the cluster that kubectl talks to: apply.sh cpu, or apply.sh gpu. Run it again after a change.
set -eu
kind="${1:?say cpu or gpu}"
here="$(cd "$(dirname "$0")" && pwd)"
kit="$(dirname "$here")"
test -d "$here/$kind" || { echo "apply.sh: no servers of kind '$kind'; say cpu or gpu" >&2; exit 2; }
kubectl create configmap shelfrank-config \
  --from-file="$kit/models.config" \
  --from-file="$kit/batching_parameters.txt" \
  --from-file="$kit/monitoring.config" \
  --from-file="$kit/session.config" \
  --from-file="$kit/start_cpu.sh" \
  --from-file="$kit/start_gpu.sh" \
  --dry-run=client -o yaml | kubectl apply -f -
kubectl apply -f "$here" -f "$here/$kind"
