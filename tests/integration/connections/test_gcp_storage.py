"""A Google Cloud connection at work: Google's real client of its block, against an emulator of Cloud Storage here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from gcp_storage_emulator.server import create_server
from google.cloud.exceptions import NotFound
from http_servers import Handler, Server
from prefect_gcp import GcpCredentials

from airflow_compat import get_connection, importing, load_block

EMAIL = "etl@shop.iam.gserviceaccount.com"
# Of every service account, wherever its key file has the tokens come from.
AUDIENCE = "https://oauth2.googleapis.com/token"
KEY = generate_private_key(public_exponent=65537, key_size=2048)


class FakeTokens(Server):
    """What gives a service account its tokens: it checks the signature, as Google does."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.given: list[str] = []


class _Handler(Handler):
    server: FakeTokens

    def respond(self) -> None:
        body = self.body().decode()
        claims = jwt.decode(parse_qs(body)["assertion"][0], KEY.public_key(), algorithms=["RS256"], audience=AUDIENCE)
        self.server.given.append(claims["iss"])
        self.send_json(200, {"access_token": "t", "expires_in": 3600, "token_type": "Bearer"})


@pytest.fixture
def tokens() -> Iterator[FakeTokens]:
    with FakeTokens() as server:
        yield server


@pytest.fixture
def _storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The emulator, where Google's client looks for one."""
    emulator = create_server("127.0.0.1", 0, in_memory=True)
    emulator.start()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{emulator._api._httpd.server_address[1]}")
    yield
    emulator.stop()


@pytest.mark.usefixtures("_storage")
@pytest.mark.parametrize("kept_as", ["keyfile_dict", "extra__google_cloud_platform__keyfile_dict"])
def test_an_object_is_written_and_read(tmp_path: Path, unique: str, tokens: FakeTokens, kept_as: str) -> None:
    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    keyfile = {"type": "service_account", "client_email": EMAIL, "private_key": pem, "token_uri": f"{tokens.url}/token"}
    extra = {kept_as: json.dumps(keyfile), "project": "shop"}
    export = tmp_path / "connections.json"
    export.write_text(json.dumps({unique: {"conn_type": "google_cloud_platform", "extra": json.dumps(extra)}}))
    (outcome,) = importing.apply(importing.plan(importing.read(export)))
    assert (outcome.done, outcome.error) == (True, "")

    block = load_block(unique)
    assert isinstance(block, GcpCredentials)
    client = block.get_cloud_storage_client()
    assert client.project == "shop"
    bucket = client.create_bucket(unique)
    bucket.blob("rows.csv").upload_from_string("a,b\n1,2\n")
    assert [(blob.name, blob.download_as_text()) for blob in client.list_blobs(unique)] == [("rows.csv", "a,b\n1,2\n")]
    with pytest.raises(NotFound):
        bucket.blob("absent.csv").download_as_text()
    # The emulator asks for no token; Google's client gets one all the same, with the connection's key.
    assert set(tokens.given) == {EMAIL}
    assert json.loads(get_connection(unique).extra_dejson[kept_as])["private_key"] == pem
