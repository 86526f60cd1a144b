"""`vault:`: reads the secrets that Airflow's `VaultBackend` finds in a KV secrets engine of HashiCorp Vault.

`vault:https://vault.example:8200?mount_point=secret&connections_path=connections&variables_path=variables`

Vault's URL defaults to VAULT_ADDR. The token is the value of VAULT_TOKEN. VAULT_NAMESPACE and VAULT_CACERT have the
same effect as for Vault's CLI.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from ..._airflow.export_data import Export, Problem
from ...errors import SourceError
from .._text_values import export_from_stored
from .address import arguments, place

if TYPE_CHECKING:
    import httpx

SCHEME = "vault:"
_TIMEOUT_SECONDS = 5
_DEFAULTS: dict[str, str | None] = {
    "connections_path": "connections",
    "variables_path": "variables",
    "mount_point": "secret",
    "kv_engine_version": "2",
}


def name(source: str) -> str:
    """Return the source's name for messages, without the URL's login."""
    if "@" in source.partition("?")[2]:
        # If the password is not percent-encoded, its characters may appear in any part, so show none.
        return SCHEME
    host = place(source).rpartition("@")[2].removeprefix("https://").removeprefix("http://")
    return f"{SCHEME}{host}"


def read(source: str, environ: Mapping[str, str]) -> Export:
    """Return the connections and variables below the source's two paths.

    Raises:
        SourceError: Vault is unreachable or refuses the request, or an argument is invalid.
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
        raise SourceError(f"{shown}: Vault answers with {exc.response.status_code}. Check Vault's state.") from None
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise SourceError(
            f"{shown}: Vault can't be reached ({type(exc).__name__}). Check the URL or VAULT_ADDR."
        ) from None
    return export_from_stored(
        {conn_id: fields.get("conn_uri") or fields for conn_id, fields in connections.items()},
        _variables(variables, problems),
        problems,
    )


class _Engine:
    """Reads a KV secrets engine of version 1 or 2, which have different paths and answers."""

    def __init__(self, client: httpx.Client, given: Mapping[str, str | None], shown: str) -> None:
        if given["kv_engine_version"] not in ("1", "2"):
            raise SourceError(f"{shown}: kv_engine_version is neither 1 nor 2. Use one of the two.")
        if not given["mount_point"]:
            raise SourceError(
                f"{shown}: mount_point is empty. Pass the mount point of one KV engine, and import each engine "
                "separately."
            )
        self._client = client
        self._mount = given["mount_point"].strip("/")
        self._is_2 = given["kv_engine_version"] == "2"
        self._shown = shown

    def names(self, path: str) -> Iterator[str]:
        """Yield the names of all secrets below a path, including those in nested folders."""
        for key in self._get("metadata/" if self._is_2 else "", path, {"list": "true"}).get("keys", ()):
            if key.endswith("/"):
                yield from (f"{key}{inner}" for inner in self.names(f"{path}/{key}".strip("/")))
            else:
                yield key

    def secret(self, path: str) -> dict[str, Any]:
        """Return a secret's fields, or an empty dict if the secret was deleted in the meantime."""
        answer = self._get("data/" if self._is_2 else "", path)
        return (answer.get("data") or {}) if self._is_2 else answer

    def _get(self, part: str, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        response = self._client.get(f"v1/{quote(self._mount)}/{part}{quote(path)}", params=query)
        where = f"{self._mount}/{path}"
        # Vault has no such path, or its latest version is deleted.
        if response.status_code == 404:
            return {}
        if response.status_code == 403:
            raise SourceError(
                f"{self._shown}: VAULT_TOKEN may not read {where}. Log in with a policy that allows reading."
            )
        try:
            return dict(response.raise_for_status().json()["data"] or {})
        except (ValueError, KeyError, TypeError):
            raise SourceError(f"{self._shown}: the answer for {where} is not a KV engine's. Check the URL.") from None


def _client(url: str, environ: Mapping[str, str], shown: str) -> httpx.Client:
    import httpx

    url = url or environ.get("VAULT_ADDR", "")
    if urlsplit(url).scheme not in ("http", "https"):
        raise SourceError(f"{shown}: the URL and VAULT_ADDR are missing. Use vault:https://vault.example:8200.")
    if not environ.get("VAULT_TOKEN"):
        raise SourceError(f"{shown}: VAULT_TOKEN is not set. Set VAULT_TOKEN to the output of `vault print token`.")
    headers = {"X-Vault-Token": environ["VAULT_TOKEN"], "X-Vault-Request": "true"}
    headers |= {"X-Vault-Namespace": environ["VAULT_NAMESPACE"]} if environ.get("VAULT_NAMESPACE") else {}
    try:
        trusted = ssl.create_default_context(cafile=environ.get("VAULT_CACERT") or None)
    except (OSError, ssl.SSLError):
        raise SourceError(f"{shown}: VAULT_CACERT is not a file of certificates. Check the path.") from None
    # Don't follow redirects, because the client would send the token to the other server.
    return httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT_SECONDS, verify=trusted, follow_redirects=False)


def _fields(engine: _Engine, path: str | None) -> dict[str, dict[str, Any]]:
    if path is None:
        return {}
    folder = path.strip("/")
    secrets = {id_: engine.secret(f"{folder}/{id_}".strip("/")) for id_ in engine.names(folder)}
    return {id_: fields for id_, fields in secrets.items() if fields}


def _variables(found: Mapping[str, Mapping[str, Any]], problems: list[Problem]) -> dict[str, Any]:
    """Return each variable's value in its JSON type: as in Airflow, the value may be a number or an object."""
    problems += [
        Problem("variable", key, "the secret has no field 'value'; store the variable's value in this field")
        for key, fields in found.items()
        if fields.get("value") is None
    ]
    return {key: fields["value"] for key, fields in found.items() if fields.get("value") is not None}
