#!/bin/sh
# Start stock TF Serving on CPUs with the files beside this script; more flags may follow on the command line.
set -eu
config="${TF_SERVING_CONFIG:-$(cd "$(dirname "$0")" && pwd)}"
# Connections end after five minutes, so that clients find servers that were added.
exec "${TF_SERVING_BINARY:-tensorflow_model_server}" \
  --port="${TF_SERVING_GRPC_PORT:-8500}" \
  --rest_api_port="${TF_SERVING_REST_PORT:-8501}" \
  --model_config_file="$config/models.config" \
  --model_config_file_poll_wait_seconds=30 \
  --allow_version_labels_for_unavailable_models=true \
  --enable_batching=true \
  --batching_parameters_file="$config/batching_parameters.txt" \
  --monitoring_config_file="$config/monitoring.config" \
  --enable_grpc_healthcheck_service=true \
  --grpc_channel_arguments=grpc.max_connection_age_ms=300000,grpc.max_connection_age_grace_ms=10000 \
  "$@"
