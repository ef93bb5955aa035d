"""Encrypted connections, with and without a certificate of the client's own."""

from pathlib import Path
from typing import Any

import grpc
import pytest

from shelfrank_client import RankingError, Unavailable


@pytest.fixture
def certificate(ports: dict[str, int], tls_folder: Path) -> bytes:
    """Of the server, and of whom it trusts."""
    if "tls" not in ports:
        pytest.skip("there is no openssl to make a certificate")
    return (tls_folder / "certificate.pem").read_bytes()


@pytest.fixture
def own(certificate: bytes, tls_folder: Path) -> grpc.ChannelCredentials:
    """Credentials with a key and a certificate of the client's own."""
    return grpc.ssl_channel_credentials(certificate, (tls_folder / "key.pem").read_bytes(), certificate)


@pytest.mark.parametrize("port", ["tls", "mutual"])
def test_a_trusted_client_is_answered(connect: Any, port: str, own: grpc.ChannelCredentials) -> None:
    client = connect(port, host="localhost", credentials=own)
    assert [item.item_id for item in client.rank("q", ["1", "2"])] == ["2", "1"]


def test_a_certificate_of_the_server_is_enough_where_none_is_asked_for(connect: Any, certificate: bytes) -> None:
    client = connect("tls", host="localhost", credentials=grpc.ssl_channel_credentials(certificate))
    assert len(client.rank("q", ["1"])) == 1


def test_without_a_certificate_of_its_own_a_client_is_refused_where_one_is_asked_for(
    connect: Any, certificate: bytes
) -> None:
    client = connect("mutual", host="localhost", credentials=grpc.ssl_channel_credentials(certificate), deadline=3)
    with pytest.raises(Unavailable):
        client.rank("q", ["1"])


def test_a_server_that_is_not_trusted_is_not_asked(connect: Any, certificate: bytes) -> None:
    assert certificate
    client = connect("tls", host="localhost", credentials=grpc.ssl_channel_credentials(), deadline=3)
    with pytest.raises(Unavailable):
        client.rank("q", ["1"])


def test_plain_text_is_refused(connect: Any, certificate: bytes) -> None:
    assert certificate
    with pytest.raises(RankingError):
        connect("tls", host="localhost", deadline=3).rank("q", ["1"])


def test_another_name_than_the_certificates_is_refused(connect: Any, own: grpc.ChannelCredentials) -> None:
    with pytest.raises(Unavailable):
        connect("tls", host="127.0.0.1", credentials=own, deadline=3).rank("q", ["1"])
