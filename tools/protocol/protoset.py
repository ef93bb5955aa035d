"""Writes TF Serving's services as a FileDescriptorSet: ``python -m tools.protocol.protoset FILE``.

``grpcurl -protoset FILE`` reads it, and so do loaders of other languages, against servers that have no reflection.
"""

import sys
from pathlib import Path

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import FileDescriptor
from tensorflow_serving.apis import model_service_pb2, prediction_service_pb2


def protoset() -> descriptor_pb2.FileDescriptorSet:
    """``PredictionService`` and ``ModelService`` with all that they use, each file after those that it imports."""
    files: dict[str, FileDescriptor] = {}

    def add(file: FileDescriptor) -> None:
        if file.name not in files:
            for dependency in file.dependencies:
                add(dependency)
            files[file.name] = file

    add(prediction_service_pb2.DESCRIPTOR)
    add(model_service_pb2.DESCRIPTOR)
    found = descriptor_pb2.FileDescriptorSet()
    for file in files.values():
        file.CopyToProto(found.file.add())
    return found


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("error: give one file to write; usage: python -m tools.protocol.protoset FILE")
    Path(sys.argv[1]).write_bytes(protoset().SerializeToString(deterministic=True))
