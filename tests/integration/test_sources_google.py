"""Google Secret Manager: Google's real client, against a fake of the service's HTTP API on this machine."""

from __future__ import annotations

import base64
import json
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from airflow_compat import importing
from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.variable import VariableRecord
from airflow_compat.errors import MissingPackageError, SourceError

PASSWORD = "quartz-Tern-41"
URI = f"postgres://u:{PASSWORD}@h:5432/db?sslmode=require"
PG = Connection("pg", "postgres", None, "h", "u", PASSWORD, "db", 5432, '{"sslmode": "require"}')
PAGE = 2


class FakeSecretManager(ThreadingHTTPServer):
    """What the service answers: secrets by name; a status in the place of bytes is the answer for that secret."""

    secrets: dict[str, bytes | int]
    project = "my-project"

    def __init__(self) -> None:
        self.secrets = {}
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: FakeSecretManager

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        assert self.headers["Authorization"].startswith("Bearer ")
        # Secrets are named by the project's number.
        if url.path == f"/v1/projects/{self.server.project}/secrets":
            self._list(parse_qs(url.query))
        elif match := re.fullmatch(r"/v1/projects/1234/secrets/([\w-]+)/versions/latest:access", url.path):
            value = self.server.secrets[match[1]]
            if isinstance(value, int):
                self._answer(value, {"error": {"code": value, "message": PASSWORD}})
            else:
                self._answer(200, {"payload": {"data": base64.b64encode(value).decode()}})
        else:
            self._answer(403, {"error": {"code": 403, "message": PASSWORD}})

    def _list(self, query: dict[str, list[str]]) -> None:
        wanted = query["filter"][0].removeprefix("name:")
        names = sorted(name for name in self.server.secrets if wanted in name)
        start = int(query.get("pageToken", ["0"])[0])
        page = [{"name": f"projects/1234/secrets/{name}"} for name in names[start : start + PAGE]]
        more = {"nextPageToken": str(start + PAGE)} if start + PAGE < len(names) else {}
        self._answer(200, {"secrets": page, **more})

    def _answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def google() -> Iterator[FakeSecretManager]:
    server = FakeSecretManager()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service account's key, which signs what it sends by itself."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path_factory.mktemp("google") / "key.json"
    fields = {
        "type": "service_account",
        "project_id": "my-project",
        "private_key_id": "1",
        "private_key": pem.decode(),
        "client_email": "a@my-project.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": "http://127.0.0.1:9/token",
    }
    path.write_text(json.dumps(fields))
    return path


@pytest.fixture(autouse=True)
def _no_machine_of_google(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)


def read(server: FakeSecretManager | str, key: Path | str, **arguments: str) -> importing.Export:
    url = server if isinstance(server, str) else server.url
    given = {"endpoint_url": url, "gcp_key_path": str(key), **arguments}
    return importing.read(
        "google-secret-manager:?" + "&".join(f"{name}={quote(value)}" for name, value in given.items())
    )


def test_with_airflows_defaults(google: FakeSecretManager, key_file: Path) -> None:
    google.secrets = {
        "airflow-connections-pg": URI.encode(),
        "airflow-connections-web": b'{"conn_type": "http", "host": "h"}',
        "airflow-connections-binary": b"\xff\xfe",
        "airflow-connections-bad": f"http://h:{PASSWORD}".encode(),
        "airflow-connections-disabled": 400,
        "airflow-connections-unversioned": 404,
        "airflow-connections-a--b": URI.encode(),
        "airflow-variables-size": b"5",
        "my-airflow-variables-other": PASSWORD.encode(),
        "airflow-variablesother": PASSWORD.encode(),
    }
    export = read(google, key_file)
    assert set(export.connections) == {PG, Connection("web", "http", host="h")}
    assert export.variables == (VariableRecord("size", "5"),)
    assert {problem.id for problem in export.problems} == {"binary", "bad", "disabled", "unversioned", "a--b"}
    assert PASSWORD not in str(export.problems)


def test_with_arguments(google: FakeSecretManager, key_file: Path) -> None:
    google.project = "other"
    google.secrets = {"c_x": URI.encode(), "v_x": b"1", "c-x": PASSWORD.encode()}
    export = read(google, key_file, project_id="other", connections_prefix="c", sep="_", variables_prefix="null")
    assert [connection.conn_id for connection in export.connections] == ["x"]
    assert export.variables == ()


def test_it_goes_before_the_environment(google: FakeSecretManager, key_file: Path) -> None:
    google.secrets = {"airflow-variables-Size": b"5"}
    source = f"google-secret-manager:?endpoint_url={google.url}&gcp_key_path={key_file}"
    export = importing.read("env:", source, environ={"AIRFLOW_VAR_SIZE": "7"})
    assert [(record.key, record.value) for record in export.variables] == [("Size", "5")]
    assert [shadowed.loser for shadowed in export.shadowed] == ["env:"]


def test_what_cannot_be_asked_ends_soon(google: FakeSecretManager, key_file: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        began = time.monotonic()
        with pytest.raises(SourceError, match="google-secret-manager: Google can't be asked"):
            read(f"http://127.0.0.1:{free.getsockname()[1]}", key_file)
        assert time.monotonic() - began < 20
    with pytest.raises(SourceError, match=r"Google refuses \(Forbidden\)") as caught:
        read(google, key_file, project_id="secret-project")
    assert PASSWORD not in str(caught.value)


def test_without_credentials(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no credentials \(DefaultCredentialsError\)"):
        importing.read("google-secret-manager:?project_id=p")
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps({"type": "service_account", "private_key": PASSWORD}))
    with pytest.raises(SourceError, match="no credentials") as caught:
        read("http://127.0.0.1:9", broken)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (f"google-secret-manager:?token={PASSWORD}", "unknown argument 'token'"),
        (f"google-secret-manager:{PASSWORD}", "takes only arguments"),
        ("google-secret-manager:?connections_prefix=a/b", "connections_prefix has more than letters"),
    ],
)
def test_sources_that_are_written_in_a_wrong_way(source: str, said: str) -> None:
    with pytest.raises(SourceError, match=said) as caught:
        importing.read(source)
    assert PASSWORD not in str(caught.value)


def test_without_googles_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.cloud.secretmanager", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'airflow-compat\[gcp\]'"):
        importing.read("google-secret-manager:?project_id=p")
