"""The `Input` of Classify, Regress and MultiInference: examples, as the strings that a graph parses."""

import tensorflow as tf
from tensorflow_serving.apis import input_pb2

from serving.local.status import invalid_argument


def examples_of(sent: input_pb2.Input) -> tf.Tensor:
    """Serialise the examples of a request.

    Args:
        sent: a list of `tf.train.Example`, with a context whose features each of them gets, where there is one.

    Returns:
        string [examples].

    Raises:
        RequestError: INVALID_ARGUMENT, there is no example.
    """
    kind = sent.WhichOneof("kind")
    if kind == "example_list":
        examples = [example.SerializeToString() for example in sent.example_list.examples]
    elif kind == "example_list_with_context":
        # Serialised messages that follow each other merge: what an example has itself, wins.
        context = sent.example_list_with_context.context.SerializeToString()
        examples = [context + example.SerializeToString() for example in sent.example_list_with_context.examples]
    else:
        examples = []
    if not examples:
        raise invalid_argument("Input is empty.")
    return tf.constant(examples, tf.string)
