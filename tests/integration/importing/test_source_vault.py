"""HashiCorp Vault: a local fake of its KV engines, over real HTTP."""

from __future__ import annotations

import re
import socket
import time
import traceback
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from http_servers import Handler, Server

from airflow_compat import importing
from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.variable import VariableRecord
from airflow_compat.errors import SourceError
from airflow_compat.importing._sources import vault as vault_source

PASSWORD = "quartz-Tern-41"
TOKEN = "hvs.kestrel-Moor-9"
SECRETS: dict[str, dict[str, object]] = {
    "connections/pg": {"conn_uri": f"postgres://u:{PASSWORD}@h:5432/db"},
    "connections/team/web": {"conn_type": "http", "host": "h", "port": "80", "extra": '{"a": 1}'},
    "connections/bad": {"conn_type": "http", "engine": PASSWORD},
    "variables/size": {"value": "5"},
    "variables/number": {"value": 5},
    "variables/none": {"other": PASSWORD},
    "variables/null": {"value": None},
    "other/region": {"value": "north"},
}


class FakeVault(Handler):
    """KV 2 at `secret/`, KV 1 at `kv/`: lists and reads as Vault's HTTP API describes them."""

    def respond(self) -> None:
        parts = urlsplit(self.path)
        path = unquote(parts.path).removeprefix("/v1/")
        if self.headers["X-Vault-Token"] != TOKEN or "forbidden" in path:
            return self.send_json(403, {"errors": ["permission denied"]})
        if path.startswith("sealed"):
            return self.send_json(503, {"errors": ["Vault is sealed"]})
        if parse_qs(parts.query).get("list") == ["true"]:
            folder = path.removeprefix("secret/metadata/").removeprefix("kv/") + "/"
            below = {key.removeprefix(folder) for key in SECRETS if key.startswith(folder)}
            keys = sorted({name if "/" not in name else name.partition("/")[0] + "/" for name in below})
            return self.send_json(200, {"data": {"keys": keys}}) if keys else self.send_json(404, {"errors": []})
        is_2 = path.startswith("secret/data/")
        found = SECRETS.get(path.removeprefix("secret/data/").removeprefix("kv/"))
        if found is None:
            return self.send_json(404, {"errors": []})
        return self.send_json(200, {"data": {"data": found, "metadata": {"version": 1}} if is_2 else found})


@pytest.fixture(scope="module")
def vault() -> Iterator[str]:
    with Server(FakeVault) as server:
        yield server.url


@pytest.mark.parametrize("query", ["", "?mount_point=kv&kv_engine_version=1", "?mount_point=/secret/"])
def test_both_versions_of_the_engine(vault: str, query: str) -> None:
    export = importing.read(f"vault:{vault}{query}", environ={"VAULT_TOKEN": TOKEN})
    assert set(export.connections) == {
        Connection("pg", "postgres", None, "h", "u", PASSWORD, "db", 5432),
        Connection("team/web", "http", host="h", port=80, extra='{"a": 1}'),
    }
    # Airflow's backend hands a number out as it is.
    assert set(export.variables) == {VariableRecord("number", 5), VariableRecord("size", "5")}
    assert {problem.id for problem in export.problems} == {"bad", "none", "null"}
    assert PASSWORD not in str(export.problems)


def test_paths_and_address_from_the_environment(vault: str) -> None:
    environ = {"VAULT_TOKEN": TOKEN, "VAULT_ADDR": f"{vault}/"}
    export = importing.read("vault:?connections_path=null&variables_path=other/", environ=environ)
    assert export.connections == ()
    assert export.variables == (VariableRecord("region", "north"),)
    assert importing.read("vault:?connections_path=nothing&variables_path=null", environ=environ) == importing.Export()


def _refused(source: str, environ: dict[str, str]) -> str:
    began = time.monotonic()
    with pytest.raises(SourceError) as caught:
        importing.read(source, environ=environ)
    assert time.monotonic() - began < 20
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [text for frame in shown.stack if frame.filename != __file__ for text in (frame.locals or {}).values()]
    for text in (*ours, *shown.format_exception_only(), repr(caught.value.__context__)):
        assert TOKEN not in text
        assert PASSWORD not in text
    return str(caught.value)


def test_errors_of_vault(vault: str) -> None:
    own = {"VAULT_TOKEN": TOKEN}
    assert "VAULT_TOKEN may not read secret/connections" in _refused(f"vault:{vault}", {"VAULT_TOKEN": "other"})
    assert "may not read secret/forbidden" in _refused(f"vault:{vault}?variables_path=forbidden", own)
    assert "VAULT_TOKEN is not set" in _refused(f"vault:{vault}", {})
    assert "503" in _refused(f"vault:{vault}?mount_point=sealed", own)


def test_servers_that_are_not_vault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault_source, "_TIMEOUT_SECONDS", 0.5)
    own = {"VAULT_TOKEN": TOKEN}
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert "can't be reached" in _refused(f"vault:http://u:{PASSWORD}@127.0.0.1:{port}", own)
    said = _refused(f"vault:http://u:{PASSWORD}@127.0.0.1:{port}", own)
    assert said.startswith(f"vault:127.0.0.1:{port}: Vault can't be reached")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("vault:", "the URL and VAULT_ADDR are missing"),
        ("vault:h:8200", "the URL and VAULT_ADDR are missing"),
        (f"vault:http://u:{PASSWORD}?x@127.0.0.1", "unknown argument|not a name"),
        (f"vault:http://127.0.0.1?token={PASSWORD}", "unknown argument 'token'"),
        ("vault:http://127.0.0.1?kv_engine_version=3", "neither 1 nor 2"),
        ("vault:http://127.0.0.1?mount_point=null", "mount_point is empty"),
    ],
)
def test_invalid_source_texts(source: str, said: str) -> None:
    assert re.search(said, _refused(source, {"VAULT_TOKEN": TOKEN}))


def test_invalid_certificates() -> None:
    environ = {"VAULT_TOKEN": TOKEN, "VAULT_CACERT": __file__}
    assert "VAULT_CACERT is not a file" in _refused("vault:https://127.0.0.1", environ)
