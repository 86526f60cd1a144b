"""Google Secret Manager: Google's real client against a local fake of the HTTP API."""

from __future__ import annotations

import json
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from http_servers import Server
from secret_manager import PASSWORD, FakeSecretManager, Website

from airflow_compat import importing
from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.variable import VariableRecord
from airflow_compat.errors import MissingPackageError, SourceError
from airflow_compat.importing._sources import google_secret_manager

URI = f"postgres://u:{PASSWORD}@h:5432/db?sslmode=require"
PG = Connection("pg", "postgres", None, "h", "u", PASSWORD, "db", 5432, '{"sslmode": "require"}')


@pytest.fixture
def google() -> Iterator[FakeSecretManager]:
    with FakeSecretManager() as server:
        yield server


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service account's key that signs its own tokens."""
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


def ids(export: importing.Export) -> set[str | None]:
    return {connection.conn_id for connection in export.connections}


def test_with_airflows_defaults(google: FakeSecretManager, key_file: Path) -> None:
    google.secrets = {
        "airflow-connections-pg": URI.encode(),
        "airflow-connections-web": b'{"conn_type": "http", "host": "h"}',
        "airflow-connections-binary": b"\xff\xfe",
        "airflow-connections-bad": f"http://h:{PASSWORD}".encode(),
        "airflow-connections-empty": b"",
        "airflow-connections-": URI.encode(),
        "airflow-variables-size": b"5",
        "airflow-variables-text": b' {"a": 1} ',
        "my-airflow-variables-other": PASSWORD.encode(),
        "airflow-variablesother": PASSWORD.encode(),
        "Airflow-Variables-other": PASSWORD.encode(),
        "airflow-config-sql_alchemy_conn": URI.encode(),
    }
    export = read(google, key_file)
    assert set(export.connections) == {PG, Connection("web", "http", host="h")}
    assert set(export.variables) == {VariableRecord("size", "5"), VariableRecord("text", ' {"a": 1} ')}
    assert {problem.id for problem in export.problems} == {"binary", "bad", "empty"}
    assert PASSWORD not in str(export.problems)


def test_unreadable_versions_leave_the_others(google: FakeSecretManager, key_file: Path) -> None:
    google.secrets = {
        "airflow-variables-disabled": 400,
        "airflow-variables-hidden": 403,
        "airflow-variables-unversioned": 404,
        "airflow-variables-size": b"5",
    }
    export = read(google, key_file)
    assert export.variables == (VariableRecord("size", "5"),)
    assert [(problem.kind, problem.id, problem.reason.partition(";")[0]) for problem in export.problems] == [
        ("variable", "disabled", "the secret's latest version is disabled or destroyed"),
        ("variable", "hidden", "the credentials may not read the secret"),
        ("variable", "unversioned", "the secret has no version"),
    ]


def test_with_arguments(google: FakeSecretManager, key_file: Path) -> None:
    google.project = "example.com:other"
    google.secrets = {"c_x": URI.encode(), "v_x": b"1", "c-x": PASSWORD.encode()}
    export = read(google, key_file, project_id=google.project, connections_prefix="c", sep="_", variables_prefix="null")
    assert (ids(export), export.variables) == ({"x"}, ())
    # As Airflow: a prefix that is empty has its separator all the same.
    google.secrets = {"-x": URI.encode(), "y": URI.encode()}
    assert ids(read(google, key_file, project_id=google.project, connections_prefix="")) == {"x"}


def test_a_prefix_that_begins_with_another(google: FakeSecretManager, key_file: Path) -> None:
    google.secrets = {"airflow-pg": URI.encode(), "airflow-variables-a": b"1", "airflow-config-fernet_key": b"k"}
    export = read(google, key_file, connections_prefix="airflow")
    assert ids(export) == {"pg"}
    assert export.variables == (VariableRecord("a", "1"),)
    assert export.problems == ()
    # Without a prefix for configuration it is a connection, whose text is no URI.
    [problem] = read(google, key_file, connections_prefix="airflow", config_prefix="null").problems
    assert (problem.kind, problem.id) == ("connection", "config-fernet_key")


def test_id_that_looks_like_a_team_name(google: FakeSecretManager, key_file: Path) -> None:
    google.secrets = {"airflow-variables-a--b": b"1"}
    assert read(google, key_file).variables == (VariableRecord("a--b", "1"),)


def test_precedence_over_the_environment(google: FakeSecretManager, key_file: Path) -> None:
    google.secrets = {"airflow-variables-Size": b"5"}
    source = f"google-secret-manager:?endpoint_url={google.url}&gcp_key_path={key_file}"
    export = importing.read("env:", source, environ={"AIRFLOW_VAR_SIZE": "7"})
    assert [(record.key, record.value) for record in export.variables] == [("Size", "5")]
    assert [shadowed.loser for shadowed in export.shadowed] == ["env:"]


@pytest.fixture
def login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A login with tokens from a URL, as a workload outside Google has."""

    def keep(url: str) -> None:
        subject = tmp_path / "subject"
        subject.write_text(PASSWORD)
        fields = {
            "type": "external_account",
            "audience": "//iam.example/pool",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": f"{url}/token",
            "credential_source": {"file": str(subject)},
        }
        path = tmp_path / "login.json"
        path.write_text(json.dumps(fields))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))

    return keep


def test_default_credentials(google: FakeSecretManager, login: Callable[[str], None]) -> None:
    login(google.url)
    google.secrets = {"airflow-variables-size": b"5"}
    source = f"google-secret-manager:?endpoint_url={google.url}"
    with pytest.raises(SourceError, match=r"the credentials name no project\. Use"):
        importing.read(source)
    assert importing.read(f"{source}&project_id=my-project").variables == (VariableRecord("size", "5"),)
    assert google.tokens == {"token-of-the-login"}


def test_busy_google_is_asked_again(google: FakeSecretManager, key_file: Path) -> None:
    google.secrets = {"airflow-variables-size": b"5"}
    google.busy = 1
    assert read(google, key_file).variables == (VariableRecord("size", "5"),)


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that accepts connections but never answers, with a short timeout."""
    monkeypatch.setattr(google_secret_manager, "_TIMEOUT_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_silent_server_fails_soon(silent: str, key_file: Path, login: Callable[[str], None]) -> None:
    began = time.monotonic()
    with pytest.raises(SourceError, match="google-secret-manager: Google can't be reached"):
        read(silent, key_file)
    # Nor does what gives the token.
    login(silent)
    with pytest.raises(SourceError, match="Google can't be reached") as caught:
        importing.read(f"google-secret-manager:?endpoint_url={silent}&project_id=p")
    assert time.monotonic() - began < 20
    assert PASSWORD not in str(caught.value)


def test_missing_server(key_file: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(SourceError, match=r"Google can't be reached \(ConnectionError\)"):
            read(f"http://127.0.0.1:{free.getsockname()[1]}", key_file)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_project_that_refuses(google: FakeSecretManager, key_file: Path, status: int) -> None:
    google.listing = status
    with pytest.raises(SourceError, match=r"Google refuses the request \(\w+\)\. Check project_id") as caught:
        read(google, key_file)
    assert PASSWORD not in str(caught.value)


def test_credentials_that_expire_between_secrets(google: FakeSecretManager, key_file: Path) -> None:
    google.secrets = {"airflow-variables-a": 401, "airflow-variables-b": b"5"}
    with pytest.raises(SourceError, match=r"Google refuses the request \(Unauthorized\)"):
        read(google, key_file)


def test_answer_of_another_server(key_file: Path) -> None:
    with (
        Server(Website) as website,
        pytest.raises(SourceError, match=r"Google can't be reached .*endpoint_url") as caught,
    ):
        read(website.url, key_file)
    assert PASSWORD not in str(caught.value)


def test_without_credentials(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"Google's credentials can't be loaded \(DefaultCredentialsError\)\. Run `gcloud auth"
    ):
        importing.read("google-secret-manager:?project_id=p")
    with pytest.raises(
        SourceError,
        match=r"Google's credentials can't be loaded \(FileNotFoundError\)\. Check the file of gcp_key_path",
    ):
        read("http://127.0.0.1:9", tmp_path / "absent.json")


@pytest.mark.parametrize(
    "text",
    [
        PASSWORD,
        f'["{PASSWORD}"]',
        json.dumps({"type": "service_account", "private_key": PASSWORD}),
        json.dumps({"private_key": PASSWORD, "client_email": "a", "token_uri": "http://127.0.0.1:9"}),
    ],
)
@pytest.mark.parametrize("found", ["gcp_key_path", "GOOGLE_APPLICATION_CREDENTIALS"])
def test_invalid_key_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, found: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(text)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    with pytest.raises(SourceError, match="credentials can't be loaded") as caught:
        read("http://127.0.0.1:9", path if found == "gcp_key_path" else "")
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (f"google-secret-manager:?token={PASSWORD}", "unknown argument 'token'"),
        (f"google-secret-manager:{PASSWORD}", "takes only arguments"),
        (f"google-secret-manager:?gcp_keyfile_dict={PASSWORD}", "unknown argument 'gcp_keyfile_dict'"),
        ("google-secret-manager:?connections_prefix=a/b", "connections_prefix has characters that"),
        ("google-secret-manager:?variables_prefix=%C3%A9", "variables_prefix has characters that"),
        ("google-secret-manager:?sep=.", "sep has characters that"),
    ],
)
def test_invalid_source_texts(source: str, said: str) -> None:
    with pytest.raises(SourceError, match=said) as caught:
        importing.read(source)
    assert PASSWORD not in str(caught.value)


def test_invalid_project_id(key_file: Path) -> None:
    with pytest.raises(SourceError, match=r"project_id is not a project id\. Use"):
        read("http://127.0.0.1:9", key_file, project_id="a/b")


def test_without_googles_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.cloud.secretmanager", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'airflow-compat\[gcp\]'"):
        importing.read("google-secret-manager:?project_id=p")
