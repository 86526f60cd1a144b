"""`vault:`: HashiCorp Vault's KV engine, as Airflow's `VaultBackend` lays it out.

`vault:https://vault.example:8200?mount_point=secret&connections_path=connections&variables_path=variables`

Without a URL it is VAULT_ADDR. The token is VAULT_TOKEN; VAULT_NAMESPACE and VAULT_CACERT are as for Vault's command.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from .._airflow.export_data import Export, Problem
from .._airflow.resolve import Rank
from .._airflow.stored import export_from_stored
from ..errors import SourceError
from .arguments import arguments, place

if TYPE_CHECKING:
    import httpx

RANK = Rank.SECRETS_BACKEND

_SCHEME = "vault:"
_TIMEOUT_SECONDS = 5
_DEFAULTS: dict[str, str | None] = {
    "connections_path": "connections",
    "variables_path": "variables",
    "mount_point": "secret",
    "kv_engine_version": "2",
}


def matches(source: str) -> bool:
    """Whether this is Vault."""
    return source.startswith(_SCHEME)


def name(source: str) -> str:
    """The source in messages, without a login that its URL may have."""
    if "@" in source.partition("?")[2]:
        # A password that isn't encoded may stand anywhere.
        return _SCHEME
    host = place(source).rpartition("@")[2].removeprefix("https://").removeprefix("http://")
    return f"{_SCHEME}{host}"


def read(source: str, environ: Mapping[str, str]) -> Export:
    """The connections and variables under the two paths.

    Raises:
        SourceError: Vault can't be reached, or refuses; or an argument is wrong.
    """
    import httpx

    given = arguments(source, _DEFAULTS)
    shown = name(source)
    problems: list[Problem] = []
    try:
        with _client(place(source), environ, shown) as client:
            engine = _Engine(client, given, shown)
            connections = _fields(engine, given["connections_path"])
            variables = _fields(engine, given["variables_path"])
    except httpx.HTTPStatusError as exc:
        raise SourceError(f"{shown}: Vault answers with {exc.response.status_code}; check its state") from None
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise SourceError(
            f"{shown}: Vault can't be reached ({type(exc).__name__}); check the URL, or VAULT_ADDR"
        ) from None
    return export_from_stored(
        {conn_id: fields.get("conn_uri") or fields for conn_id, fields in connections.items()},
        _variables(variables, problems),
        problems,
    )


class _Engine:
    """A KV engine of version 1 or 2, whose paths and answers differ."""

    def __init__(self, client: httpx.Client, given: Mapping[str, str | None], shown: str) -> None:
        if given["kv_engine_version"] not in ("1", "2"):
            raise SourceError(f"{shown}: kv_engine_version is neither 1 nor 2; write one of the two")
        if not given["mount_point"]:
            raise SourceError(f"{shown}: mount_point is empty; write the engine's, and read each engine on its own")
        self._client = client
        self._mount = given["mount_point"].strip("/")
        self._is_2 = given["kv_engine_version"] == "2"
        self._shown = shown

    def names(self, path: str) -> Iterator[str]:
        """What is below a path, folders and all."""
        answer = self._get("metadata/" if self._is_2 else "", path, {"list": "true"})
        for key in answer.get("keys", ()):
            if key.endswith("/"):
                yield from (f"{key}{inner}" for inner in self.names(f"{path}/{key}".strip("/")))
            else:
                yield key

    def secret(self, path: str) -> dict[str, Any]:
        """The fields of a secret; empty when it was deleted since it was listed."""
        answer = self._get("data/" if self._is_2 else "", path)
        return (answer.get("data") or {}) if self._is_2 else answer

    def _get(self, part: str, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        response = self._client.get(f"v1/{quote(self._mount)}/{part}{quote(path)}", params=query)
        where = f"{self._mount}/{path}"
        # Nothing is there, or nothing any more.
        if response.status_code == 404:
            return {}
        if response.status_code == 403:
            raise SourceError(f"{self._shown}: VAULT_TOKEN may not read {where}; log in with a policy that may")
        try:
            return dict(response.raise_for_status().json()["data"] or {})
        except (ValueError, KeyError, TypeError):
            raise SourceError(f"{self._shown}: what answers for {where} is no KV engine; check the URL") from None


def _client(url: str, environ: Mapping[str, str], shown: str) -> httpx.Client:
    import httpx

    url = url or environ.get("VAULT_ADDR", "")
    if urlsplit(url).scheme not in ("http", "https"):
        raise SourceError(f"{shown}: no URL is given, nor VAULT_ADDR; write vault:https://vault.example:8200")
    if not environ.get("VAULT_TOKEN"):
        raise SourceError(f"{shown}: VAULT_TOKEN is not set; set it to what `vault print token` says")
    headers = {"X-Vault-Token": environ["VAULT_TOKEN"], "X-Vault-Request": "true"}
    if environ.get("VAULT_NAMESPACE"):
        headers["X-Vault-Namespace"] = environ["VAULT_NAMESPACE"]
    try:
        trusted = ssl.create_default_context(cafile=environ.get("VAULT_CACERT") or None)
    except (OSError, ssl.SSLError):
        raise SourceError(f"{shown}: VAULT_CACERT is not a file of certificates; check it") from None
    # A redirect would take the token along.
    return httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT_SECONDS, verify=trusted, follow_redirects=False)


def _fields(engine: _Engine, path: str | None) -> dict[str, dict[str, Any]]:
    if path is None:
        return {}
    folder = path.strip("/")
    secrets = {id_: engine.secret(f"{folder}/{id_}".strip("/")) for id_ in engine.names(folder)}
    return {id_: fields for id_, fields in secrets.items() if fields}


def _variables(found: Mapping[str, Mapping[str, Any]], problems: list[Problem]) -> dict[str, Any]:
    """The value of each, as Airflow hands it out: also a number or an object."""
    problems += [
        Problem("variable", key, "it has nothing under 'value'; store it there")
        for key, fields in found.items()
        if fields.get("value") is None
    ]
    return {key: fields["value"] for key, fields in found.items() if fields.get("value") is not None}
