"""`google-secret-manager:`: reads the secrets that Airflow's `CloudSecretManagerBackend` finds in Google's service.

`google-secret-manager:?project_id=my-project&connections_prefix=airflow-connections&variables_prefix=airflow-variables`
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from ..._airflow.export_data import Export, Kind, Problem
from ...errors import SourceError
from .._text_values import export_from_stored
from .address import arguments_alone
from .google import CLIENT_ARGUMENTS, client

SCHEME = "google-secret-manager:"
_DEFAULTS: dict[str, str | None] = {
    "connections_prefix": "airflow-connections",
    "variables_prefix": "airflow-variables",
    "config_prefix": "airflow-config",
    "sep": "-",
    **CLIENT_ARGUMENTS,
}
_TIMEOUT_SECONDS = 10.0
# The reasons for errors that concern only one secret, by HTTP status code. All other errors concern the whole source.
_REASONS: dict[int | None, str] = {
    HTTPStatus.BAD_REQUEST: "the secret's latest version is disabled or destroyed; enable the version, or add another "
    "version",
    HTTPStatus.FORBIDDEN: "the credentials may not read the secret; grant the permission secretmanager.versions.access",
    HTTPStatus.NOT_FOUND: "the secret has no version; add a version, or delete the secret",
}


def read(source: str, environ: Mapping[str, str]) -> Export:  # noqa: ARG001
    """Return the connections and variables whose names start with the source's prefixes, in their latest versions.

    Raises:
        SourceError: Google is unreachable or refuses the request, or an argument is invalid.
        MissingPackageError: google-cloud-secret-manager is missing.
    """
    given = arguments_alone(source, _DEFAULTS, "project_id=my-project")
    starts = _starts(given)
    problems: list[Problem] = []
    with client(given, SCHEME) as (manager, project):
        # List all secrets of the project, because Google's filter can't select names by their prefix.
        listed = manager.list_secrets(request={"parent": f"projects/{project}", "page_size": 1000}, **_calls())
        secrets = [secret.name for secret in listed]
        connections = _texts("connection", manager, _below("connection", secrets, starts), problems)
        variables = _texts("variable", manager, _below("variable", secrets, starts), problems)
    return export_from_stored(connections, variables, problems)


def _starts(given: Mapping[str, str | None]) -> dict[str, str]:
    """Map each kind of secret that Airflow reads (`connection`, `variable`, `config`) to its prefix of secret names."""
    for argument in ("connections_prefix", "variables_prefix", "config_prefix", "sep"):
        if not re.fullmatch(r"[a-zA-Z0-9_-]*", given[argument] or ""):
            raise SourceError(
                f"{SCHEME} {argument} has characters that Google's names do not allow. "
                "Use only letters, digits, - and _."
            )
    kinds = {"connection": "connections_prefix", "variable": "variables_prefix", "config": "config_prefix"}
    return {
        kind: f"{given[argument]}{given['sep'] or ''}"
        for kind, argument in kinds.items()
        if given[argument] is not None
    }


def _below(kind: Kind, secrets: Iterable[str], starts: Mapping[str, str]) -> dict[str, str]:
    """Map the ids of a kind to the names of its secrets.

    A secret belongs to the kind whose prefix is the longest that matches.
    """
    start = starts.get(kind)
    if start is None:
        return {}
    longer = tuple(other for other in starts.values() if other.startswith(start) and other != start)
    by_name = {secret.rpartition("/")[2]: secret for secret in secrets}
    return {
        name.removeprefix(start): secret
        for name, secret in by_name.items()
        if name.startswith(start) and name != start and not name.startswith(longer)
    }


def _texts(kind: Kind, manager: Any, secrets: Mapping[str, str], problems: list[Problem]) -> dict[str, str]:
    from google.api_core.exceptions import ClientError

    found = {}
    for id_, secret in secrets.items():
        try:
            answer = manager.access_secret_version(request={"name": f"{secret}/versions/latest"}, **_calls())
            found[id_] = answer.payload.data.decode()
        except UnicodeDecodeError:
            problems.append(Problem(kind, id_, "the secret is binary; store the value as text"))
        except ClientError as exc:
            if exc.code not in _REASONS:
                raise
            problems.append(Problem(kind, id_, _REASONS[exc.code]))
    return found


def _calls() -> dict[str, Any]:
    """Return the options of each request: retry while Google is busy, for at most `_TIMEOUT_SECONDS`."""
    from google.api_core.exceptions import ServiceUnavailable, TooManyRequests
    from google.api_core.retry import Retry, if_exception_type

    again = if_exception_type(ServiceUnavailable, TooManyRequests)
    return {"retry": Retry(predicate=again, initial=0.2, timeout=_TIMEOUT_SECONDS), "timeout": _TIMEOUT_SECONDS}
