"""TensorProto in and out, against TensorFlow's own reading and writing."""

import random

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2, types_pb2

from serving.local.tensors import tensor_from_proto, tensor_to_proto

VALUES = {
    "float32": [[1.5, -2.25], [0.0, 3e38]],
    "float64": [[1.5, -2.25], [0.0, 1e300]],
    "float16": [[1.5, -2.25], [0.0, 6e4]],
    "bfloat16": [[1.5, -2.25], [0.0, 3e38]],
    "int8": [[1, -2], [0, 127]],
    "int16": [[1, -2], [0, 2**15 - 1]],
    "int32": [[1, -2], [0, 2**31 - 1]],
    "int64": [[1, -2], [0, 2**63 - 1]],
    "uint8": [[1, 2], [0, 255]],
    "uint16": [[1, 2], [0, 2**16 - 1]],
    "uint32": [[1, 2], [0, 2**32 - 1]],
    "uint64": [[1, 2], [0, 2**64 - 1]],
    "bool": [[True, False], [False, True]],
    "string": [[b"a", b""], [b"\xff\x00", "钻头".encode()]],
    "complex64": [[1 + 2j, 0], [-1j, 3]],
    "complex128": [[1 + 2j, 0], [-1j, 3]],
}


@pytest.mark.parametrize("dtype", VALUES)
def test_every_type_is_written_so_that_tensorflow_reads_the_same(dtype):
    tensor = tf.constant(VALUES[dtype], tf.as_dtype(dtype))
    proto = tensor_to_proto(tensor)
    assert not proto.tensor_content
    np.testing.assert_array_equal(tf.make_ndarray(proto), tensor.numpy())


@pytest.mark.parametrize("dtype", VALUES)
def test_every_type_is_read_in_both_forms(dtype):
    tensor = tf.constant(VALUES[dtype], tf.as_dtype(dtype))
    for proto in (tf.make_tensor_proto(tensor.numpy()), tensor_to_proto(tensor)):
        read = tensor_from_proto(proto)
        assert read.dtype == tensor.dtype
        np.testing.assert_array_equal(read.numpy(), tensor.numpy())


@pytest.mark.parametrize(
    "fields",
    [
        {"dtype": types_pb2.DT_FLOAT, "float_val": [1.5]},
        {"dtype": types_pb2.DT_FLOAT, "float_val": [1.5, 2.5], "tensor_content": b"\0" * 16},
        {"dtype": types_pb2.DT_INT8, "int_val": [300, -1, 2, 3]},
        {"dtype": types_pb2.DT_BOOL, "bool_val": [True, False]},
        {"dtype": types_pb2.DT_STRING, "string_val": [b"a", b"b\0", b"", b"\xff"]},
        {"dtype": types_pb2.DT_STRING, "string_val": [b"a"]},
        {"dtype": types_pb2.DT_STRING, "tensor_content": b"\1\1\1\0abc"},
        {"dtype": types_pb2.DT_STRING, "tensor_content": b"\xc8\x01\0\0\0" + b"x" * 200},
        {"dtype": types_pb2.DT_HALF, "half_val": [0x3E00, 0xC080]},
        {"dtype": types_pb2.DT_BFLOAT16, "half_val": [0x3FC0]},
        {"dtype": types_pb2.DT_COMPLEX64, "scomplex_val": [1.0, 2.0, 3.0, 4.0]},
        {"dtype": types_pb2.DT_UINT64, "tensor_content": b"\xff" * 32},
        {"dtype": types_pb2.DT_INT64, "int64_val": [-(2**63), 2**63 - 1, 0, 1]},
    ],
)
def test_what_is_read_is_what_tensorflow_reads(fields):
    proto = tensor_pb2.TensorProto(tensor_shape={"dim": [{"size": 2}, {"size": 2}]}, **fields)
    read, expected = tensor_from_proto(proto), tf.io.parse_tensor(proto.SerializeToString(), proto.dtype)
    assert (read.dtype, read.shape) == (expected.dtype, expected.shape)
    np.testing.assert_array_equal(read.numpy(), expected.numpy())


@pytest.mark.parametrize("size", [15, 17])
def test_numbers_of_another_size_than_their_shape_are_refused(size):
    proto = tensor_pb2.TensorProto(
        dtype=types_pb2.DT_FLOAT, tensor_shape={"dim": [{"size": 4}]}, tensor_content=b"\1" * size
    )
    with pytest.raises(ValueError, match=f"^{size} bytes of tensor_content do not make a tensor"):
        tensor_from_proto(proto)


@pytest.mark.parametrize("value", [3.5, b"a\x00", True, 7])
def test_scalars_keep_their_empty_shape(value):
    proto = tensor_to_proto(tf.constant(value))
    assert not proto.tensor_shape.dim
    assert tensor_from_proto(proto).numpy() == value


def test_no_values_at_all_stand_for_zeros_and_empty_strings():
    shape = {"dim": [{"size": 2}]}
    zeros = tensor_from_proto(tensor_pb2.TensorProto(dtype=types_pb2.DT_FLOAT, tensor_shape=shape))
    empty = tensor_from_proto(tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, tensor_shape=shape))
    assert zeros.numpy().tolist() == [0.0, 0.0]
    assert empty.numpy().tolist() == [b"", b""]


def test_strings_cut_short_in_tensor_content_are_refused():
    proto = tensor_pb2.TensorProto(
        dtype=types_pb2.DT_STRING, tensor_shape={"dim": [{"size": 2}]}, tensor_content=b"\x05\x05ab"
    )
    with pytest.raises(ValueError, match="4 bytes of tensor_content"):
        tensor_from_proto(proto)


def test_any_bytes_for_strings_are_read_or_refused_as_tensorflow_does():
    choose = random.Random(1)
    seen = set()
    for _ in range(300):
        content = bytes(choose.choice((0, 1, 2, 3, 0x80, 97)) for _ in range(choose.randrange(1, 9)))
        proto = tensor_pb2.TensorProto(
            dtype=types_pb2.DT_STRING, tensor_shape={"dim": [{"size": 2}]}, tensor_content=content
        )
        try:
            expected = tf.io.parse_tensor(proto.SerializeToString(), tf.string).numpy().tolist()
        except tf.errors.InvalidArgumentError:
            expected = None
        try:
            read = tensor_from_proto(proto).numpy().tolist()
        except ValueError:
            read = None
        assert read == expected, content
        seen.add(expected is None)
    assert seen == {True, False}


@pytest.mark.parametrize("dtype", [types_pb2.DT_INVALID, types_pb2.DT_RESOURCE, 99])
def test_types_without_a_form_on_the_wire_are_refused(dtype):
    with pytest.raises(ValueError, match="cannot be sent"):
        tensor_from_proto(tensor_pb2.TensorProto(dtype=dtype))


def test_a_few_bytes_cannot_ask_for_a_tensor_that_fills_the_memory():
    small = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, tensor_shape={"dim": [{"size": 2**16}]})
    assert tensor_from_proto(small).shape == [2**16]
    large = tensor_pb2.TensorProto(
        dtype=types_pb2.DT_STRING, tensor_shape={"dim": [{"size": 2**20}]}, string_val=[b"a"]
    )
    with pytest.raises(ValueError, match="string_val has 1: more than 65536 to fill"):
        tensor_from_proto(large)
