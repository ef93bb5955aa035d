"""Messages of TF Serving's configuration files that ``tensorflow-serving-api`` 2.21 leaves out, field by field.

Names and numbers are those of TF Serving's ``monitoring_config.proto``, ``ssl_config.proto`` and
``session_bundle_config.proto`` (its ``BatchingParameters``), so that files for the one are files for the other.
"""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, wrappers_pb2
from google.protobuf.message import Message

_Field = descriptor_pb2.FieldDescriptorProto
_WRAPPERS = wrappers_pb2.DESCRIPTOR.name
_BOOL, _INT64, _STRING = _Field.TYPE_BOOL, _Field.TYPE_INT64, _Field.TYPE_STRING

# Message -> fields: name, number, a scalar type or the name of a message, repeated.
_MESSAGES: dict[str, list[tuple[str, int, int | str, bool]]] = {
    "PrometheusConfig": [("enable", 1, _BOOL, False), ("path", 2, _STRING, False)],
    "MonitoringConfig": [("prometheus_config", 1, ".tensorflow.serving.PrometheusConfig", False)],
    "SSLConfig": [
        ("server_key", 1, _STRING, False),
        ("server_cert", 2, _STRING, False),
        ("custom_ca", 3, _STRING, False),
        ("client_verify", 4, _BOOL, False),
    ],
    "BatchingParameters": [
        ("max_batch_size", 1, ".google.protobuf.Int64Value", False),
        ("batch_timeout_micros", 2, ".google.protobuf.Int64Value", False),
        ("max_enqueued_batches", 3, ".google.protobuf.Int64Value", False),
        ("num_batch_threads", 4, ".google.protobuf.Int64Value", False),
        ("thread_pool_name", 5, ".google.protobuf.StringValue", False),
        ("allowed_batch_sizes", 6, _INT64, True),
        ("pad_variable_length_inputs", 7, _BOOL, False),
        ("enable_large_batch_splitting", 8, ".google.protobuf.BoolValue", False),
        ("max_execution_batch_size", 9, ".google.protobuf.Int64Value", False),
    ],
}


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name="tensorflow_serving/local/config.proto",
        package="tensorflow.serving",
        syntax="proto3",
        dependency=[_WRAPPERS],
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field_name, number, kind, repeated in fields:
            label = _Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL
            field = message.field.add(name=field_name, number=number, label=label)
            if isinstance(kind, str):
                field.type, field.type_name = _Field.TYPE_MESSAGE, kind
            else:
                field.type = kind  # type: ignore[assignment]
    return file


# A pool of its own: in the default one the names could meet those of a package that has the official files.
_POOL = descriptor_pool.DescriptorPool()
_POOL.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
_POOL.AddSerializedFile(_file().SerializeToString())


def _class(name: str) -> type[Message]:
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"tensorflow.serving.{name}"))


MonitoringConfig = _class("MonitoringConfig")
SSLConfig = _class("SSLConfig")
BatchingParameters = _class("BatchingParameters")
