"""The series that TF Serving exports to Prometheus.

Names and labels as they are registered in TF Serving's ``servables/tensorflow/util.cc``, ``saved_model_warmup_util.cc``,
``batching/batching_session.cc``, ``batching/batching_util.h``, ``core/request_logger.cc``, and in TensorFlow's
``cc/saved_model/loader.cc``. ``util/prometheus_exporter.cc`` writes each ``/`` of a name as ``:``, and of a histogram the
series with ``_bucket``, ``_sum`` and ``_count``.
"""

_COUNTERS: dict[str, frozenset[str]] = {
    ":tensorflow:serving:request_count": frozenset({"model_name", "status"}),
    ":tensorflow:serving:request_example_count_total": frozenset({"model"}),
    ":tensorflow:serving:request_log_count": frozenset({"model_name", "status_code"}),
    ":tensorflow:serving:model_warmup_records_read": frozenset({"model_path", "status"}),
    ":tensorflow:serving:batching_session:wrapped_run_count": frozenset(),
    ":tensorflow:cc:saved_model:load_attempt_count": frozenset({"model_path", "status"}),
    ":tensorflow:cc:saved_model:load_latency": frozenset({"model_path"}),
}
_HISTOGRAMS: dict[str, frozenset[str]] = {
    ":tensorflow:serving:request_latency": frozenset({"model_name", "API", "entrypoint"}),
    ":tensorflow:serving:runtime_latency": frozenset({"model_name", "API", "runtime"}),
    ":tensorflow:serving:request_example_counts": frozenset({"model"}),
    ":tensorflow:serving:model_warmup_latency": frozenset({"model_path", "status"}),
    ":tensorflow:serving:batching_session:queuing_latency": frozenset({"thread_pool_name"}),
    ":tensorflow:serving:batching_session:input_batch_size": frozenset(),
    ":tensorflow:serving:batching_session:processed_batch_size": frozenset(),
    ":tensorflow:serving:batching_session:padding_size": frozenset({"execution_batch_size"}),
    ":tensorflow:cc:saved_model:load_latency_by_stage": frozenset({"model_path", "stage"}),
}
TARGET_LABELS = frozenset({"job", "instance", "namespace", "pod"})
"""Labels that Prometheus adds when it scrapes with the jobs of the kit."""

SERIES: dict[str, frozenset[str]] = {
    "up": frozenset(),  # Prometheus' own, of each target
    **_COUNTERS,
    **{f"{name}_bucket": labels | {"le"} for name, labels in _HISTOGRAMS.items()},
    **{f"{name}_{part}": labels for name, labels in _HISTOGRAMS.items() for part in ("sum", "count")},
}
"""The labels of each series, without those of the target."""
