"""The text of the metrics: the cases of TF Serving's prometheus_exporter_test.cc, and its own series."""

import threading

import grpc
import pytest
from tensorflow_serving.apis import predict_pb2

from serving.local.config_protos import MonitoringConfig
from serving.local.errors import ServerError
from serving.local.metrics import Counter, Histogram, exponential_limits, page
from serving.local.monitoring_config import metrics_path_of
from serving.local.serving_metrics import ServingMetrics
from serving.local.status import RequestError

PREDICT = predict_pb2.PredictRequest(model_spec={"name": "shop"})


def lines(metrics, name):
    return [line for line in metrics.page().splitlines() if line.startswith(f":tensorflow:{name}")]


@pytest.mark.parametrize(
    ("name", "label", "value", "expected"),
    [
        ("/test/path/total", "name", "abc", ':test:path:total{name="abc"} 2'),
        ("/test/path/total", "name", '"abc\\"', ':test:path:total{name="\\"abc\\\\\\""} 2'),
        ("/test/path/total", "my-name+1", "abc", ':test:path:total{my_name_1="abc"} 2'),
        ("/test/path/total", "1st", "a\nb", ':test:path:total{_1st="a\\nb"} 2'),
        ("0/path-total_count", "name", "abc", '_0:path:total_count{name="abc"} 2'),
    ],
)
def test_names_and_labels_are_written_as_prometheus_takes_them(name, label, value, expected):
    counter = Counter(name, [label])
    counter.add(value, by=2)
    assert page([counter]) == f"# TYPE {expected.partition('{')[0]} counter\n{expected}\n"


def test_a_histogram_has_growing_buckets_a_sum_and_a_count():
    histogram = Histogram("/test/path/histogram", ["status"], exponential_limits(1, 2, 10))
    for value in (2, 20, 200):
        histogram.add(value, "good")
    counts = [0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    ends = ["1", "2", "4", "8", "16", "32", "64", "128", "256", "512", "+Inf"]
    assert page([histogram]).splitlines() == [
        "# TYPE :test:path:histogram histogram",
        *(f':test:path:histogram_bucket{{status="good",le="{end}"}} {n}' for end, n in zip(ends, counts, strict=True)),
        ':test:path:histogram_sum{status="good"} 222',
        ':test:path:histogram_count{status="good"} 3',
    ]


def test_without_labels_the_braces_are_empty():
    counter, histogram = Counter("/b"), Histogram("/a", [], [10.0])
    counter.add()
    histogram.add(1234567)
    assert page([counter, histogram]).splitlines() == [
        "# TYPE :a histogram",
        ':a_bucket{le="10"} 0',
        ':a_bucket{le="+Inf"} 1',
        ":a_sum{} 1.23457e+06",
        ":a_count{} 1",
        "# TYPE :b counter",
        ":b{} 1",
    ]


def test_counts_of_many_threads_add_up():
    counter, histogram = Counter("/count", ["x"]), Histogram("/distribution", [], [1.0])

    def count():
        for _ in range(1000):
            counter.add("a")
            histogram.add(2.0)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ':count{x="a"} 8000' in page([counter])
    assert ":distribution_sum{} 16000\n:distribution_count{} 8000" in page([histogram])


def test_every_series_has_its_type_from_the_start():
    assert ServingMetrics().page().splitlines() == [
        "# TYPE :tensorflow:cc:saved_model:load_attempt_count counter",
        "# TYPE :tensorflow:cc:saved_model:load_latency counter",
        "# TYPE :tensorflow:serving:batching_session:input_batch_size histogram",
        "# TYPE :tensorflow:serving:batching_session:padding_size histogram",
        "# TYPE :tensorflow:serving:batching_session:processed_batch_size histogram",
        "# TYPE :tensorflow:serving:batching_session:queuing_latency histogram",
        "# TYPE :tensorflow:serving:batching_session:wrapped_run_count counter",
        "# TYPE :tensorflow:serving:model_warmup_latency histogram",
        "# TYPE :tensorflow:serving:model_warmup_records_read counter",
        "# TYPE :tensorflow:serving:request_count counter",
        "# TYPE :tensorflow:serving:request_example_count_total counter",
        "# TYPE :tensorflow:serving:request_example_counts histogram",
        "# TYPE :tensorflow:serving:request_latency histogram",
        "# TYPE :tensorflow:serving:request_log_count counter",
        "# TYPE :tensorflow:serving:runtime_latency histogram",
    ]


def test_requests_are_counted_by_status_and_timed_where_they_went_well():
    metrics = ServingMetrics()
    metrics.request("shop", "Predict", "GRPC", grpc.StatusCode.OK, seconds=0.001)
    metrics.request("shop", "predict", "REST", grpc.StatusCode.NOT_FOUND, seconds=0.001)
    assert lines(metrics, "serving:request_count") == [
        ':tensorflow:serving:request_count{model_name="shop",status="NOT_FOUND"} 1',
        ':tensorflow:serving:request_count{model_name="shop",status="OK"} 1',
    ]
    latency = lines(metrics, "serving:request_latency")
    labels = 'model_name="shop",API="Predict",entrypoint="GRPC"'
    # 10 x 1.8^7 = 612.22 and 10 x 1.8^8 = 1102.00 microseconds
    assert f':tensorflow:serving:request_latency_bucket{{{labels},le="612.22"}} 0' in latency
    assert f':tensorflow:serving:request_latency_bucket{{{labels},le="1102"}} 1' in latency
    assert latency[-2:] == [
        f":tensorflow:serving:request_latency_sum{{{labels}}} 1000",
        f":tensorflow:serving:request_latency_count{{{labels}}} 1",
    ]
    assert len(latency) == 34 + 2


def test_names_that_no_model_has_are_counted_one_by_one_up_to_a_limit_and_then_together():
    metrics = ServingMetrics()
    for number in range(1500):
        metrics.request(f"none{number}", "Predict", "GRPC", grpc.StatusCode.NOT_FOUND, seconds=0.0)
    metrics.request("none0", "Predict", "GRPC", grpc.StatusCode.NOT_FOUND, seconds=0.0)
    # A model that answers is not one of those, however late it comes.
    metrics.request("shop", "Predict", "GRPC", grpc.StatusCode.OK, seconds=0.0)
    metrics.request("shop", "Predict", "GRPC", grpc.StatusCode.INVALID_ARGUMENT, seconds=0.0)
    counted = lines(metrics, "serving:request_count")
    assert len(counted) == 1000 + 1 + 2
    for line in (
        'model_name="(other)",status="NOT_FOUND"} 500',
        'model_name="none0",status="NOT_FOUND"} 2',
        'model_name="shop",status="OK"} 1',
        'model_name="shop",status="INVALID_ARGUMENT"} 1',
    ):
        assert f":tensorflow:serving:request_count{{{line}" in counted


def test_a_name_as_long_as_a_message_is_not_kept():
    metrics = ServingMetrics()
    metrics.request("x" * 10_000, "Predict", "GRPC", grpc.StatusCode.NOT_FOUND, seconds=0.0)
    assert lines(metrics, "serving:request_count") == [
        ':tensorflow:serving:request_count{model_name="(other)",status="NOT_FOUND"} 1'
    ]


def test_a_measured_method_answers_and_raises_as_before():
    metrics = ServingMetrics()

    def refuse(request):
        raise RequestError(grpc.StatusCode.UNAVAILABLE, "full")

    assert metrics.measured(lambda request: request.model_spec.name, "Predict")(PREDICT) == "shop"
    with pytest.raises(RequestError, match="full"):
        metrics.measured(refuse, "Predict")(PREDICT)
    assert lines(metrics, "serving:request_count") == [
        ':tensorflow:serving:request_count{model_name="shop",status="OK"} 1',
        ':tensorflow:serving:request_count{model_name="shop",status="UNAVAILABLE"} 1',
    ]
    assert lines(metrics, "serving:request_latency_count")[0].endswith(" 1")


def test_loads_count_by_success_and_runs_count_where_they_went_well():
    metrics = ServingMetrics()
    with metrics.load("/models/shop/1"), metrics.runtime("shop", "Predict"):
        pass
    with pytest.raises(OSError, match="gone"), metrics.load("/models/shop/1"), metrics.runtime("shop", "Predict"):
        raise OSError("gone")
    assert lines(metrics, "cc:saved_model:load_attempt_count") == [
        ':tensorflow:cc:saved_model:load_attempt_count{model_path="/models/shop/1",status="fail"} 1',
        ':tensorflow:cc:saved_model:load_attempt_count{model_path="/models/shop/1",status="success"} 1',
    ]
    assert len(lines(metrics, 'cc:saved_model:load_latency{model_path="/models/shop/1"} ')) == 1
    assert lines(metrics, "serving:runtime_latency_count") == [
        ':tensorflow:serving:runtime_latency_count{model_name="shop",API="Predict",runtime="TF1"} 1'
    ]


def test_warm_ups_examples_and_batches_are_counted():
    metrics = ServingMetrics()
    metrics.warm_up("/models/shop/1", records=7, seconds=0.5)
    metrics.examples("shop", 3)
    metrics.batch_input(rows=3, tensors=2)
    metrics.batch(rows=4, padding=1, waited_seconds=[0.002], thread_pool="batch_threads")
    written = metrics.page()
    for line in (
        'model_warmup_records_read{model_path="/models/shop/1",status="OK"} 7',
        'model_warmup_latency_sum{model_path="/models/shop/1",status="OK"} 500000',
        'request_example_count_total{model="shop"} 3',
        'request_example_counts_bucket{model="shop",le="4"} 1',
        "batching_session:wrapped_run_count{} 1",
        'batching_session:padding_size_sum{execution_batch_size="4"} 1',
        "batching_session:processed_batch_size_sum{} 4",
        "batching_session:input_batch_size_sum{} 6",
        'batching_session:queuing_latency_sum{thread_pool_name="batch_threads"} 2000',
    ):
        assert f"\n:tensorflow:serving:{line}\n" in written


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", None),
        ("prometheus_config { path: '/metrics' }", None),
        ("prometheus_config { enable: true }", "/monitoring/prometheus/metrics"),
        ("prometheus_config { enable: true, path: '/metrics' }", "/metrics"),
    ],
)
def test_the_monitoring_file_says_where_the_metrics_are(tmp_path, text, path):
    file = tmp_path / "monitoring.config"
    file.write_text(text)
    assert metrics_path_of(file) == path
    assert metrics_path_of(None) is None


def test_a_monitoring_file_with_an_impossible_path_is_named(tmp_path):
    file = tmp_path / "monitoring.config"
    file.write_text(str(MonitoringConfig(prometheus_config={"enable": True, "path": "metrics"})))
    with pytest.raises(ServerError, match=f"--monitoring_config_file={file}: path 'metrics' does not start with /"):
        metrics_path_of(file)
