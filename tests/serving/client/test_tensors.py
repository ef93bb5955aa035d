"""Packing and reading of tensors; bytes worked out by hand."""

import struct

import pytest

from shelfrank_client import InvalidRequest, ServerError
from shelfrank_client.protocol import TensorProto
from shelfrank_client.tensors import BOOL, DOUBLE, FLOAT, INT32, INT64, STRING, pack, unpack


def test_numbers_are_packed_as_little_endian_content() -> None:
    assert pack([1.5, -2], (2,), FLOAT, "x").tensor_content == struct.pack("<2f", 1.5, -2)
    assert pack([1.5], (1,), DOUBLE, "x").tensor_content == struct.pack("<d", 1.5)
    assert pack([-3], (1,), INT32, "x").tensor_content == struct.pack("<i", -3)
    assert pack([2**40], (1,), INT64, "x").tensor_content == struct.pack("<q", 2**40)
    assert pack([True, False], (2,), BOOL, "x").tensor_content == b"\x01\x00"


def test_text_is_packed_as_utf_8_values() -> None:
    tensor = pack(["é", b"\xff"], (1, 2), STRING, "x")
    assert list(tensor.string_val) == [b"\xc3\xa9", b"\xff"]
    assert [d.size for d in tensor.tensor_shape.dim] == [1, 2]


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([0.5, -1.0, 2.0, 0.0], FLOAT),
        ([0.1, 1e-300, 2.0, 0.0], DOUBLE),
        ([1, -(2**31), 3, 0], INT32),
        ([2**62, -1, 0, 5], INT64),
        ([1, 0, 0, 1], BOOL),
        ([b"a", b"", b"c", b"\xff"], STRING),
    ],
)
def test_what_is_packed_is_read_back(values: list[object], dtype: int) -> None:
    assert unpack(pack(values, (2, 2), dtype, "x")) == (values, [2, 2])


def test_fewer_values_than_elements_repeat_the_last() -> None:
    tensor = TensorProto(dtype=FLOAT, float_val=[1.0, 2.0])
    tensor.tensor_shape.dim.add().size = 4
    assert unpack(tensor) == ([1.0, 2.0, 2.0, 2.0], [4])


@pytest.mark.parametrize(("dtype", "zero"), [(FLOAT, 0.0), (INT64, 0), (BOOL, False), (STRING, b"")])
def test_no_values_are_zeros(dtype: int, zero: object) -> None:
    tensor = TensorProto(dtype=dtype)
    tensor.tensor_shape.dim.add().size = 2
    assert unpack(tensor) == ([zero, zero], [2])


def test_a_scalar_and_an_empty_tensor_are_read() -> None:
    assert unpack(TensorProto(dtype=FLOAT, float_val=[2.5])) == ([2.5], [])
    tensor = TensorProto(dtype=FLOAT)
    tensor.tensor_shape.dim.add().size = 0
    assert unpack(tensor) == ([], [0])


def test_damaged_answers_are_server_errors() -> None:
    for tensor, message in (
        (TensorProto(dtype=FLOAT, tensor_content=b"12345678"), "8 bytes for a tensor of shape"),
        (TensorProto(dtype=FLOAT, float_val=[1.0, 2.0]), "2 values for a tensor of shape"),
        (TensorProto(dtype=STRING, tensor_content=b"a"), "1 bytes for a tensor"),
        (TensorProto(dtype=20), "a tensor of type 20"),
    ):
        with pytest.raises(ServerError, match=message):
            unpack(tensor)


def test_a_value_that_does_not_fit_is_named() -> None:
    with pytest.raises(InvalidRequest, match="age: expected int32, found 2147483648"):
        pack([1, 2**31], (2,), INT32, "age")
    with pytest.raises(InvalidRequest, match="age: expected float32, found None"):
        pack([1.0, None], (2,), FLOAT, "age")
    with pytest.raises(InvalidRequest, match="name: expected string, found 3"):
        pack(["", "a", 3], (3,), STRING, "name")
    with pytest.raises(InvalidRequest, match="image: the model wants type 20, which this client can't send"):
        pack([1], (1,), 20, "image")
