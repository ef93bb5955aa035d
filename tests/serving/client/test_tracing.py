"""Traces by OpenTelemetry's own instrumentation of gRPC, which the client leaves room for."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.grpc import GrpcAioInstrumentorClient, GrpcInstrumentorClient
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shelfrank_client import InvalidRequest, Retry

PREDICT = "/tensorflow.serving.PredictionService/Predict"


@pytest.fixture(scope="module")
def exporter() -> Iterator[InMemorySpanExporter]:
    """Spans that ended, of clients made while the instrumentation is on."""
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    trace.set_tracer_provider(provider)
    instrumentations = [GrpcInstrumentorClient(), GrpcAioInstrumentorClient()]
    for one in instrumentations:
        one.instrument()
    yield kept
    for one in instrumentations:
        one.uninstrument()


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> InMemorySpanExporter:
    """The same, with none of earlier tests."""
    exporter.clear()
    return exporter


def codes(spans: InMemorySpanExporter) -> list[tuple[str, Any]]:
    found = [(span.name, (span.attributes or {}).get("rpc.grpc.status_code")) for span in spans.get_finished_spans()]
    spans.clear()
    return found


def test_each_call_is_a_span_of_the_callers_trace(spans: InMemorySpanExporter, connect: Any) -> None:
    client = connect(chunk=2)
    client.metadata()
    spans.clear()
    with trace.get_tracer("search").start_as_current_span("search page") as page:
        with pytest.raises(InvalidRequest) as caught:
            client.rank("show", ["1"])
        sent = json.loads(caught.value.details)["metadata"]["traceparent"]
    assert format(page.get_span_context().trace_id, "032x") in sent
    spans.clear()
    assert len(client.rank("q", ["1", "2", "3"])) == 3
    assert codes(spans) == [(PREDICT, 0)] * 2


def test_attempts_that_failed_are_spans_too(spans: InMemorySpanExporter, connect: Any) -> None:
    client = connect(retry=Retry(attempts=3))
    client.metadata()
    spans.clear()
    assert client.rank("fail UNAVAILABLE away", ["1"], fallback=True).degraded
    assert codes(spans) == [(PREDICT, 14)] * 3
