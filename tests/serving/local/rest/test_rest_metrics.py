"""The page for Prometheus on the REST port, and what REST requests count there."""

from prometheus_client.parser import text_string_to_metric_families

PATH = "/monitoring/prometheus/metrics"
MODEL = "/v1/models/half_plus_two"


def count(page, series):
    """Read the value of a series, 0 where it is not there."""
    found = [line for line in page.splitlines() if line.startswith(f":tensorflow:serving:{series} ")]
    return int(found[0].rsplit(" ", 1)[1]) if found else 0


def test_requests_are_counted_by_model_and_status(serve_rest):
    _, client = serve_rest(metrics_path=PATH)
    client.post(f"{MODEL}:predict", {"instances": [1.0]})
    client.post(f"{MODEL}/labels/stable:regress", {"signature_name": "regress_x_to_y", "examples": [{"x": 1.0}]})
    client.get(MODEL)
    client.post(f"{MODEL}:predict", {"instances": ["x"]})
    client.post("/v1/models/none:predict", {"instances": [1.0]})
    client.get("/v1/foo")
    answer = client.get(PATH)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/plain")
    page = answer.body.decode()
    assert count(page, 'request_count{model_name="half_plus_two",status="OK"}') == 3
    assert count(page, 'request_count{model_name="half_plus_two",status="INVALID_ARGUMENT"}') == 1
    assert count(page, 'request_count{model_name="none",status="NOT_FOUND"}') == 1
    assert count(page, 'request_count{model_name="",status="INVALID_ARGUMENT"}') == 1
    for api in ("predict", "regress", ""):
        labels = f'model_name="half_plus_two",API="{api}",entrypoint="REST"'
        assert count(page, f"request_latency_count{{{labels}}}") == 1


def test_a_query_is_no_part_of_the_path(serve_rest):
    _, client = serve_rest(metrics_path="/metrics")
    assert client.get("/metrics").body.startswith(b"# TYPE :tensorflow:")
    refused = client.get("/metrics?name=x")
    assert (refused.status, refused.body) == (400, b"Unexpected path: /metrics?name=x. Should be /metrics")
    assert client.get(PATH).status == 404


def test_the_client_of_prometheus_reads_the_page(serve_rest):
    _, client = serve_rest(metrics_path=PATH)
    client.post(f"{MODEL}:predict", {"instances": [1.0]})
    client.get("/v1/models/a%22b%0Ac%5C")
    families = list(text_string_to_metric_families(client.get(PATH).body.decode()))
    (requests,) = (family for family in families if family.name == ":tensorflow:serving:request_count")
    assert {(sample.labels["model_name"], sample.labels["status"]): sample.value for sample in requests.samples} == {
        ("half_plus_two", "OK"): 1.0,
        ('a"b\nc\\', "NOT_FOUND"): 1.0,
    }
    (latency,) = (family for family in families if family.name == ":tensorflow:serving:request_latency")
    buckets = [sample.value for sample in latency.samples if sample.name.endswith("_bucket")]
    assert len(buckets) == 34
    assert buckets == sorted(buckets)
