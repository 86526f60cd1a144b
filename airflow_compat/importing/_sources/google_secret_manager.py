"""`google-secret-manager:`: Google Secret Manager, as Airflow's `CloudSecretManagerBackend` lays it out.

`google-secret-manager:?project_id=my-project&connections_prefix=airflow-connections&variables_prefix=airflow-variables`
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from .._airflow.export_data import Export, Kind, Problem
from .._airflow.resolve import Rank
from .._airflow.stored import export_from_stored
from ..errors import SourceError
from .arguments import arguments, place
from .google import CLIENT_ARGUMENTS, client

RANK = Rank.SECRETS_BACKEND

_SCHEME = "google-secret-manager:"
_DEFAULTS: dict[str, str | None] = {
    "connections_prefix": "airflow-connections",
    "variables_prefix": "airflow-variables",
    "config_prefix": "airflow-config",
    "sep": "-",
    **CLIENT_ARGUMENTS,
}
_TIMEOUT_SECONDS = 10.0
# What an answer says of one secret alone; any other is about all of them.
_REASONS: dict[int | None, str] = {
    HTTPStatus.BAD_REQUEST: "its latest version is disabled or destroyed; enable it, or add another",
    HTTPStatus.FORBIDDEN: "the credentials may not read it; they need secretmanager.versions.access",
    HTTPStatus.NOT_FOUND: "it has no version; add one, or delete the secret",
}


def matches(source: str) -> bool:
    """Whether this is Google Secret Manager."""
    return source.startswith(_SCHEME)


def name(source: str) -> str:  # noqa: ARG001
    """The source in messages."""
    return _SCHEME


def read(source: str, environ: Mapping[str, str]) -> Export:  # noqa: ARG001
    """The connections and variables under the two prefixes, each in its latest version.

    Raises:
        SourceError: Google can't be reached, or refuses; or an argument is wrong.
        MissingPackageError: google-cloud-secret-manager isn't installed.
    """
    if place(source):
        raise SourceError(f"{_SCHEME} takes only arguments; write {_SCHEME}?project_id=my-project")
    given = arguments(source, _DEFAULTS)
    starts = _starts(given)
    problems: list[Problem] = []
    with client(given, _SCHEME) as (manager, project):
        # Not filtered: Google's filter finds a text anywhere in a name, whatever its case.
        listed = manager.list_secrets(request={"parent": f"projects/{project}", "page_size": 1000}, **_calls())
        secrets = [secret.name for secret in listed]
        connections = _texts("connection", manager, _below("connection", secrets, starts), problems)
        variables = _texts("variable", manager, _below("variable", secrets, starts), problems)
    return export_from_stored(connections, variables, problems)


def _starts(given: Mapping[str, str | None]) -> dict[str, str]:
    """What the names of each kind's secrets begin with; Airflow doesn't ask for a kind that is missing."""
    for argument in ("connections_prefix", "variables_prefix", "config_prefix", "sep"):
        if not re.fullmatch(r"[a-zA-Z0-9_-]*", given[argument] or ""):
            raise SourceError(
                f"{_SCHEME} {argument} has more than letters, digits, - and _, which are all that Google's names have; "
                "mend it"
            )
    kinds = {"connection": "connections_prefix", "variable": "variables_prefix", "config": "config_prefix"}
    return {
        kind: f"{given[argument]}{given['sep'] or ''}"
        for kind, argument in kinds.items()
        if given[argument] is not None
    }


def _below(kind: Kind, secrets: Iterable[str], starts: Mapping[str, str]) -> dict[str, str]:
    """The secrets of a kind by their ids; one whose name begins with another kind's longer prefix is that kind's."""
    start = starts.get(kind)
    if start is None:
        return {}
    longer = tuple(other for other in starts.values() if other.startswith(start) and other != start)
    found = {}
    for secret in secrets:
        own = secret.rpartition("/")[2]
        if own.startswith(start) and own != start and not own.startswith(longer):
            found[own.removeprefix(start)] = secret
    return found


def _texts(kind: Kind, manager: Any, secrets: Mapping[str, str], problems: list[Problem]) -> dict[str, str]:
    from google.api_core.exceptions import ClientError

    found = {}
    for id_, secret in secrets.items():
        try:
            answer = manager.access_secret_version(request={"name": f"{secret}/versions/latest"}, **_calls())
            found[id_] = answer.payload.data.decode()
        except UnicodeDecodeError:
            problems.append(Problem(kind, id_, "it is binary; store it as text"))
        except ClientError as exc:
            if exc.code not in _REASONS:
                raise
            problems.append(Problem(kind, id_, _REASONS[exc.code]))
    return found


def _calls() -> dict[str, Any]:
    """How a call is made: again where Google is busy, and for seconds in all."""
    from google.api_core.exceptions import ServiceUnavailable, TooManyRequests
    from google.api_core.retry import Retry, if_exception_type

    again = if_exception_type(ServiceUnavailable, TooManyRequests)
    return {"retry": Retry(predicate=again, initial=0.2, timeout=_TIMEOUT_SECONDS), "timeout": _TIMEOUT_SECONDS}
