"""Requests that nobody meant: each gets a clean status, and the next good one is answered."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

MODEL = "/v1/models/half_plus_two"
EXPECTED = {200, 400, 404, 501}
few = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just({"b64": "aGk="}),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["x", "text", "b64"]), inner, max_size=2)
    ),
    max_leaves=8,
)
documents = st.fixed_dictionaries(
    {},
    optional={
        "signature_name": st.sampled_from(["several", "regress_x_to_y", "classify_x_to_y", ""]) | values,
        "instances": values,
        "inputs": values,
        "context": values,
        "examples": st.lists(values, max_size=3),
    },
)


@few
@given(document=documents, method=st.sampled_from(["predict", "classify", "regress"]))
def test_random_documents_get_a_clean_status(rest, document, method):
    answer = rest.post(f"{MODEL}:{method}", document)
    assert answer.status in EXPECTED
    assert answer.status == 200 or answer.error


@few
@given(body=st.binary(max_size=40), path=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20))
def test_random_bodies_and_paths_get_a_clean_status(rest, body, path):
    assert rest.call("POST", f"{MODEL}:predict", body).status in EXPECTED
    assert rest.call("POST", f"/v1/{path}", body).status in EXPECTED
    assert rest.post(f"{MODEL}:predict", {"instances": [1.0]}).json == {"predictions": [2.5]}
