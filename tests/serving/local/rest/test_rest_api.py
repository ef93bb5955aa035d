"""Requests as TF Serving's tests of its REST interface send them, with the answers that they expect."""

import http

import pytest

MODEL = "/v1/models/half_plus_two"
AVAILABLE = {
    "model_version_status": [
        {"version": "123", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    ]
}


@pytest.mark.parametrize(
    ("path", "request_body", "expected"),
    [
        ("", {"instances": [[1.0, 2.0], [3.0, 4.0]]}, {"predictions": [[2.5, 3.0], [3.5, 4.0]]}),
        ("/versions/123", {"instances": [1.0, 2.0]}, {"predictions": [2.5, 3.0]}),
        ("/labels/stable", {"instances": [1.0, 2.0]}, {"predictions": [2.5, 3.0]}),
        ("", {"signature_name": "serving_default", "instances": [3.0, 4.0]}, {"predictions": [3.5, 4.0]}),
        ("", {"signature_name": "serving_default", "inputs": [3.0, 4.0]}, {"outputs": [3.5, 4.0]}),
        ("", {"inputs": {"x": [2.0, 3.0, 4.0]}}, {"outputs": [3.0, 3.5, 4.0]}),
        ("", {"inputs": 2.0}, {"outputs": 3.0}),
    ],
)
def test_predict_answers_in_the_form_of_the_request(rest, path, request_body, expected):
    answer = rest.post(f"{MODEL}{path}:predict", request_body)
    assert (answer.status, answer.json) == (200, expected)
    assert answer.headers["Content-Type"] == "application/json"


def test_rows_are_written_as_tf_serving_writes_them(rest):
    answer = rest.post(f"{MODEL}:predict", {"instances": [1.0, 2.0, 5.0]})
    assert answer.body == b'{\n    "predictions": [2.5, 3.0, 4.5\n    ]\n}'


def test_several_inputs_and_outputs_are_objects_of_each_row(rest):
    rows = [{"number": 1, "text": ["foo", "bar"]}, {"number": 2.5, "text": [{"b64": "aGVsbG8="}, "x"]}]
    answer = rest.post(f"{MODEL}:predict", {"signature_name": "several", "instances": rows})
    assert answer.json["predictions"] == [
        {"number": 1, "text": ["foo", "bar"], "text_bytes": [{"b64": "Zm9v"}, {"b64": "YmFy"}]},
        {"number": 2, "text": ["hello", "x"], "text_bytes": [{"b64": "aGVsbG8="}, {"b64": "eA=="}]},
    ]


def test_classify_and_regress_take_examples(rest):
    classes = rest.post(f"{MODEL}:classify", {"signature_name": "classify_x_to_y", "examples": [{"x": 20.0}]})
    assert classes.json == {"results": [[["", 12.0]]]}
    labelled = rest.post(
        f"{MODEL}/labels/stable:classify", {"signature_name": "classify_x_to_y", "examples": [{"x": 10.0}]}
    )
    assert labelled.json == {"results": [[["", 7.0]]]}
    values = rest.post(
        f"{MODEL}/versions/123:regress",
        {"signature_name": "regress_x_to_y", "context": {"x": 80.0}, "examples": [{}, {"x": 2.0}]},
    )
    assert values.json == {"results": [42.0, 3.0]}


@pytest.mark.parametrize("path", ["", "/versions/123", "/labels/stable"])
def test_status_lists_the_versions(rest, path):
    answer = rest.get(MODEL + path)
    assert (answer.status, answer.json) == (200, AVAILABLE)


def test_metadata_describes_the_signatures(rest):
    answer = rest.get(f"{MODEL}/metadata")
    assert answer.json["model_spec"] == {"name": "half_plus_two", "signature_name": "", "version": "123"}
    signatures = answer.json["metadata"]["signature_def"]["signature_def"]
    assert signatures["several"]["inputs"]["text"]["dtype"] == "DT_STRING"
    assert signatures["several"]["inputs"]["text"]["tensor_shape"] == {
        "dim": [{"size": "-1", "name": ""}, {"size": "-1", "name": ""}],
        "unknown_rank": False,
    }
    assert signatures["regress_x_to_y"]["method_name"] == "tensorflow/serving/regress"
    assert signatures["regress_x_to_y"]["defaults"] == {}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/foo"),
        ("POST", "/v1/foo"),
        ("GET", "/v1/models/debug/model_name"),
        ("POST", "/v1/models"),
        ("GET", "/v1/models/foo:predict"),
        ("GET", "/v1/models/foo/version/50:predict"),
        ("POST", "/v1/models/foo/version/50:regress"),
        ("POST", "/v1/models/foo/versions/HELLO:regress"),
        ("POST", "/v1/models/foo/metadata"),
        ("POST", "/v1/models/foo/label/some_label:regress"),
        ("POST", "/v1/models/foo/versions/50/labels/some_label:regress"),
        ("POST", "/v1/models/foo:predict?trace=1"),
        ("PUT", "/v1/models/foo"),
        ("DELETE", "/v1/models/foo"),
    ],
)
def test_a_route_that_there_is_not_is_malformed(rest, method, path):
    answer = rest.call(method, path, "")
    assert (answer.status, answer.error) == (400, f"Malformed request: {method} {path}")


def test_a_version_that_is_no_version_is_named(rest):
    answer = rest.post(f"/v1/models/foo/versions/{2**64 - 1}:regress", "")
    assert (answer.status, answer.error) == (400, f"Failed to convert version: {2**64 - 1} to numeric.")


def test_a_status_without_a_name_is_refused(rest):
    answer = rest.get("/v1/models")
    assert (answer.status, answer.error) == (400, "Missing model name in request.")


@pytest.mark.parametrize(
    "path", ["/v1/models/foo", "/v1/models/half_plus_two99", "/v1/models/half_plus_two/versions/9"]
)
def test_models_and_versions_that_are_not_served_are_not_found(rest, path):
    assert rest.post(f"{path}:predict", {"instances": [1]}).status == 404
    assert rest.get(path).status == 404
    assert rest.get(f"{path}/metadata").status == 404


@pytest.mark.parametrize(
    ("path", "request_body", "reason"),
    [
        (":predict", "", "JSON Parse error: The document is empty"),
        (":predict", "instances = [1, 2]", "JSON Parse error: Invalid value"),
        (":predict", '{ "instances": ["x", "y"] }', "not of expected type: float"),
        ("/labels/none:predict", '{ "instances": [1] }', "Unrecognized servable version label"),
        (":predict", '{ "signature_name": 100 }', "'signature_name' key must be a string value."),
        (":predict", '{ "signature_name": "none", "instances": [1] }', "not found in signature def"),
        (":predict", '{ "signature_name": "positive", "instances": [-1] }', "prices are above 0"),
        (":predict", "[" * 100_000, "nested too deeply"),
        (":predict", '{ "signature_name": "several", "inputs": {"number": [1], "text": [["\\ud800"]]} }', "no text"),
        (":predict", '{ "instances": [{"\\ud800": 1}] }', "no text"),
        (":predict", '{ "instances": ["\\ud800"] }', "not of expected type"),
        (":regress", b'{ "examples": [{"\xff": 1}] }', "no text"),
        (":regress", '{ "examples": [{"x": 1.0}] }', "Expected regression signature method_name"),
    ],
)
def test_what_is_wrong_with_a_request_is_said(rest, path, request_body, reason):
    answer = rest.post(MODEL + path, request_body)
    assert answer.status == http.HTTPStatus.BAD_REQUEST
    assert reason in answer.error
    assert rest.post(f"{MODEL}:predict", {"instances": [1.0]}).status == 200


def test_names_in_urls_are_unquoted(rest):
    assert rest.get("/v1/models/half%5fplus%5Ftwo/labels/%73table").json == AVAILABLE
    assert "'a b\\n/c'" in rest.get("/v1/models/a%20b%0A%2Fc").error


def test_the_words_of_a_route_may_be_written_in_capitals(rest):
    assert rest.get("/V1/MODELS/half_plus_two").json == AVAILABLE
    assert rest.post(f"{MODEL}:PREDICT", {"instances": [1.0]}).status == 400
