"""Google's client, and how an answer that is an error is said.

Credentials are Google's own business, unless `gcp_key_path` names a service account's key file:
GOOGLE_APPLICATION_CREDENTIALS, the gcloud command's login, or the machine's account.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..errors import MissingPackageError, SourceError

CLIENT_ARGUMENTS: dict[str, str | None] = {"project_id": None, "gcp_key_path": None, "endpoint_url": None}

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


@contextmanager
def client(given: Mapping[str, str | None], shown: str) -> Iterator[tuple[Any, str]]:
    """A client of Secret Manager, and the project; the errors of what is done with it are ours.

    Raises:
        MissingPackageError: google-cloud-secret-manager isn't installed.
        SourceError: There are no credentials, or no project; or Google can't be reached, or refuses.
    """
    try:
        from google.api_core.exceptions import ClientError, GoogleAPIError
        from google.auth.exceptions import GoogleAuthError
        from google.cloud.secretmanager import SecretManagerServiceClient
        from google.protobuf.json_format import ParseError
    except ImportError as exc:
        raise MissingPackageError(
            f"{shown} needs the package google-cloud-secret-manager: pip install 'airflow-compat[gcp]'", name=exc.name
        ) from None

    credentials, own_project = _credentials(given["gcp_key_path"], shown)
    project = given["project_id"] or own_project or ""
    # Also such as example.com:my-project.
    if not re.fullmatch(r"[\w.:-]+", project, re.ASCII):
        raise SourceError(
            f"{shown} {'project_id is no id' if project else 'the credentials name no project'}; "
            f"write {shown}?project_id=my-project"
        )
    options = {"api_endpoint": given["endpoint_url"]} if given["endpoint_url"] else None
    try:
        # HTTP, whose errors say at once what gRPC tries again for a minute.
        with SecretManagerServiceClient(credentials=credentials, transport="rest", client_options=options) as service:
            yield service, project
    except ClientError as exc:
        raise SourceError(
            f"{shown} Google refuses ({type(exc).__name__}); check project_id, and that the credentials may list "
            "secrets there (secretmanager.secrets.list)"
        ) from None
    # OSError: a connection that breaks off. ParseError: what answers is another server.
    except (GoogleAPIError, GoogleAuthError, OSError, ParseError) as exc:
        raise SourceError(
            f"{shown} Google can't be asked ({type(exc).__name__}); check the network, the credentials and endpoint_url"
        ) from None


def _credentials(key_path: str | None, shown: str) -> tuple[Any, str | None]:
    """The credentials, and the project that they name."""
    import google.auth
    from google.auth.exceptions import GoogleAuthError
    from google.oauth2.service_account import Credentials

    default: Any = google.auth.default
    from_file: Any = Credentials.from_service_account_file
    try:
        if not key_path:
            return default(scopes=_SCOPES)  # type: ignore[no-any-return]
        account = from_file(key_path, scopes=_SCOPES)
    # The last two: the file is JSON of another shape. Any of their texts may quote it.
    except (GoogleAuthError, OSError, ValueError, TypeError, AttributeError) as exc:
        way = "check the file of gcp_key_path" if key_path else "run `gcloud auth application-default login`"
        raise SourceError(f"{shown} no credentials ({type(exc).__name__}); {way}") from None
    return account, account.project_id
