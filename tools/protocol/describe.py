"""Writes the protocol descriptors of the client from the official stubs: ``python -m tools.protocol.describe``."""

from pathlib import Path

from google.protobuf import any_pb2, descriptor_pb2, wrappers_pb2
from google.protobuf.descriptor import Descriptor, FileDescriptor
from grpc_health.v1 import health_pb2
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2, predict_pb2

from trainer.written import replacing

TARGET = Path(__file__).parents[2] / "serving" / "client" / "shelfrank_client" / "protocol.binpb"
ROOTS: tuple[Descriptor, ...] = (
    predict_pb2.PredictRequest.DESCRIPTOR,
    predict_pb2.PredictResponse.DESCRIPTOR,
    get_model_metadata_pb2.GetModelMetadataRequest.DESCRIPTOR,
    get_model_metadata_pb2.GetModelMetadataResponse.DESCRIPTOR,
    get_model_metadata_pb2.SignatureDefMap.DESCRIPTOR,
    get_model_status_pb2.GetModelStatusRequest.DESCRIPTOR,
    get_model_status_pb2.GetModelStatusResponse.DESCRIPTOR,
    health_pb2.HealthCheckRequest.DESCRIPTOR,
    health_pb2.HealthCheckResponse.DESCRIPTOR,
    any_pb2.Any.DESCRIPTOR,
    wrappers_pb2.Int64Value.DESCRIPTOR,
)
NOT_NEEDED = {
    "tensorflow.ResourceHandleProto",
    "tensorflow.VariantTensorDataProto",
    "tensorflow.TensorInfo.CooSparse",
    "tensorflow.TensorInfo.CompositeTensor",
}


def describe() -> bytes:
    """The messages that the client sends and reads, and what they are made of, as a serialised FileDescriptorSet."""
    messages: dict[str, Descriptor] = {}
    enums: dict[str, FileDescriptor] = {}
    todo = list(ROOTS)
    while todo:
        message = todo.pop()
        if message.full_name in messages:
            continue
        messages[message.full_name] = message
        for field in message.fields:
            if field.enum_type is not None:
                enums[field.enum_type.full_name] = field.enum_type.file
            elif field.message_type is not None and field.message_type.full_name not in NOT_NEEDED:
                todo.append(field.message_type)
    files = {m.file.name: m.file for m in messages.values()} | {f.name: f for f in enums.values()}
    kept = set(messages) | set(enums)
    trimmed = {name: _trim(file, kept) for name, file in sorted(files.items())}
    for name, proto in trimmed.items():
        # What a file imports may only pass on what another declares: so each names the declaring files.
        del proto.dependency[:]
        proto.dependency.extend(sorted(_declaring(messages, name) - {name}))
    out = descriptor_pb2.FileDescriptorSet(file=_in_order(trimmed))
    return out.SerializeToString(deterministic=True)


def _declaring(messages: dict[str, Descriptor], file: str) -> set[str]:
    fields = [f for m in messages.values() if m.file.name == file for f in m.fields]
    kinds = [kind for f in fields for kind in (f.message_type, f.enum_type) if kind is not None]
    return {kind.file.name for kind in kinds if kind.full_name not in NOT_NEEDED}


def _trim(file: FileDescriptor, kept: set[str]) -> descriptor_pb2.FileDescriptorProto:
    proto = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(proto)
    for name in ("service", "extension", "public_dependency", "weak_dependency", "option_dependency"):
        if name in proto.DESCRIPTOR.fields_by_name:
            proto.ClearField(name)
    proto.ClearField("options")
    prefix = f"{proto.package}." if proto.package else ""
    _keep(proto.message_type, prefix, kept)
    _keep_enums(proto.enum_type, prefix, kept)
    return proto


def _keep(messages, prefix: str, kept: set[str]) -> None:
    for index in range(len(messages) - 1, -1, -1):
        message = messages[index]
        name = prefix + message.name
        if not any(k == name or k.startswith(f"{name}.") for k in kept):
            del messages[index]
            continue
        for place in range(len(message.field) - 1, -1, -1):
            if message.field[place].type_name.lstrip(".") in NOT_NEEDED:
                del message.field[place]
        _keep(message.nested_type, f"{name}.", kept)
        _keep_enums(message.enum_type, f"{name}.", kept)


def _keep_enums(enums, prefix: str, kept: set[str]) -> None:
    for index in range(len(enums) - 1, -1, -1):
        if prefix + enums[index].name not in kept:
            del enums[index]


def _in_order(
    files: dict[str, descriptor_pb2.FileDescriptorProto],
) -> list[descriptor_pb2.FileDescriptorProto]:
    """Files after those that they import, as a pool wants them."""
    done: dict[str, descriptor_pb2.FileDescriptorProto] = {}

    def add(name: str) -> None:
        if name not in done:
            for dependency in files[name].dependency:
                add(dependency)
            done[name] = files[name]

    for name in files:
        add(name)
    return list(done.values())


if __name__ == "__main__":
    with replacing(TARGET) as beside:
        beside.write_bytes(describe())
    print(f"{TARGET.name}: {TARGET.stat().st_size} bytes")
