"""TLS and mutual TLS from the file of `--ssl_config_file`."""

from pathlib import Path
from typing import Any

import grpc

from serving.local.config_protos import SSLConfig
from serving.local.errors import ServerError
from serving.local.text_protos import read_text_proto

FLAG = "ssl_config_file"


def server_credentials(file: Path) -> grpc.ServerCredentials:
    """Read an `SSLConfig`, whose fields hold the PEM texts themselves.

    Args:
        file: the text proto.

    Returns:
        Credentials for a port; with `client_verify` clients must show a certificate that `custom_ca` signed.

    Raises:
        ServerError: the file, the key or the certificate is missing, or clients are to be verified by nothing.
    """
    config: Any = read_text_proto(file, SSLConfig(), FLAG)
    for name in ("server_key", "server_cert"):
        if "-----BEGIN " not in getattr(config, name):
            raise ServerError(f"--{FLAG}={file}: {name} is no PEM text; put the text itself there, not its path")
    if config.client_verify and not config.custom_ca:
        raise ServerError(f"--{FLAG}={file}: client_verify needs custom_ca, the certificate that signed the clients'")
    try:
        return grpc.ssl_server_credentials(
            [(config.server_key.encode(), config.server_cert.encode())],
            config.custom_ca.encode() or None,
            config.client_verify,
        )
    except ValueError as error:
        raise ServerError(f"--{FLAG}={file}: {error}") from None
