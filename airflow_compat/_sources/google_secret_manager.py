"""`google-secret-manager:`: Google Secret Manager, as Airflow's `CloudSecretManagerBackend` lays it out.

`google-secret-manager:?project_id=my-project&connections_prefix=airflow-connections&variables_prefix=airflow-variables`

Credentials are Google's own business, unless `gcp_key_path` names a key file: GOOGLE_APPLICATION_CREDENTIALS, the
gcloud command's, or the machine's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._airflow.exports import Export, Kind, Problem
from .._airflow.resolve import Rank
from .._airflow.stored import export_from_stored
from ..errors import MissingPackageError, SourceError
from .arguments import arguments, place

RANK = Rank.SECRETS_BACKEND

_SCHEME = "google-secret-manager:"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_TIMEOUT_SECONDS = 10.0
_DEFAULTS: dict[str, str | None] = {
    "connections_prefix": "airflow-connections",
    "variables_prefix": "airflow-variables",
    "sep": "-",
    "project_id": None,
    "gcp_key_path": None,
    "endpoint_url": None,
}
# What follows names a team's secret, which is asked for with the team's name alone.
_TEAM_SEP = "--"


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
    for argument in ("connections_prefix", "variables_prefix", "sep"):
        if given[argument] and not re.fullmatch(r"[a-zA-Z0-9_-]*", given[argument] or ""):
            raise SourceError(f"{_SCHEME} {argument} has more than letters, digits, - and _; Google has no such names")
    problems: list[Problem] = []
    manager = _Manager(given)
    connections = manager.texts("connection", given, problems)
    variables = manager.texts("variable", given, problems)
    return export_from_stored(connections, variables, problems)


class _Manager:
    """The secrets of one project."""

    def __init__(self, given: Mapping[str, str | None]) -> None:
        try:
            from google.api_core.exceptions import GoogleAPIError
            from google.auth.exceptions import GoogleAuthError
            from google.cloud.secretmanager import SecretManagerServiceClient
        except ImportError as exc:
            raise MissingPackageError(
                f"{_SCHEME} needs the package google-cloud-secret-manager: pip install 'airflow-compat[gcp]'",
                name=exc.name,
            ) from None

        self._api_error, self._auth_error = GoogleAPIError, GoogleAuthError
        try:
            credentials, project = _credentials(given["gcp_key_path"])
            options = {"api_endpoint": given["endpoint_url"]} if given["endpoint_url"] else None
            self._client: Any = SecretManagerServiceClient(
                credentials=credentials, transport="rest", client_options=options
            )
        except (GoogleAuthError, OSError, ValueError) as exc:
            # Their texts may quote the key file.
            raise SourceError(
                f"{_SCHEME} no credentials ({type(exc).__name__}); give gcp_key_path, or run "
                "`gcloud auth application-default login`"
            ) from None
        self._project = given["project_id"] or project
        if not self._project:
            raise SourceError(f"{_SCHEME} the credentials name no project; write {_SCHEME}?project_id=my-project")

    def texts(self, kind: Kind, given: Mapping[str, str | None], problems: list[Problem]) -> dict[str, str]:
        """The texts of one kind, by id."""
        prefix = given[f"{kind}s_prefix"]
        if prefix is None:
            return {}
        start = f"{prefix}{given['sep'] or ''}"
        found = {}
        for secret in self._secrets(start):
            id_ = secret.rpartition("/")[2].removeprefix(start)
            if _TEAM_SEP in id_:
                problems.append(Problem(kind, id_, f"{_TEAM_SEP} names a team's secret, which has no place here"))
                continue
            text = self._text(secret, kind, id_, problems)
            if text is not None:
                found[id_] = text
        return found

    def _secrets(self, start: str) -> list[str]:
        from google.api_core.exceptions import GoogleAPICallError

        request = {"parent": f"projects/{self._project}", "filter": f"name:{start}", "page_size": 1000}
        try:
            pages = self._client.list_secrets(request=request, timeout=_TIMEOUT_SECONDS, retry=None)
            # The filter finds the text anywhere in a name.
            return [secret.name for secret in pages if re.search(rf"/secrets/{re.escape(start)}[^/]+\Z", secret.name)]
        except GoogleAPICallError as exc:
            raise SourceError(
                f"{_SCHEME} Google refuses ({type(exc).__name__}); check project_id, and that the credentials may "
                "list secrets there"
            ) from None
        except (self._api_error, self._auth_error, OSError) as exc:
            raise SourceError(
                f"{_SCHEME} Google can't be asked ({type(exc).__name__}); check the network and the credentials"
            ) from None

    def _text(self, secret: str, kind: Kind, id_: str, problems: list[Problem]) -> str | None:
        try:
            answer = self._client.access_secret_version(
                request={"name": f"{secret}/versions/latest"}, timeout=_TIMEOUT_SECONDS, retry=None
            )
            return bytes(answer.payload.data).decode()
        except UnicodeDecodeError:
            problems.append(Problem(kind, id_, "it is binary; store it as text"))
        except (self._api_error, self._auth_error, OSError) as exc:
            why = f"Google refuses its latest version ({type(exc).__name__}); enable it, and check who may read it"
            problems.append(Problem(kind, id_, why))
        return None


def _credentials(key_path: str | None) -> tuple[Any, str | None]:
    import google.auth
    from google.oauth2.service_account import Credentials

    scopes = [_SCOPE]
    if key_path is None:
        default: Any = google.auth.default
        credentials, project = default(scopes=scopes)
        return credentials, project
    from_file: Any = Credentials.from_service_account_file
    account = from_file(key_path, scopes=scopes)
    return account, account.project_id
