"""Creates the client for Google Secret Manager, and converts the client's errors.

The argument `gcp_key_path` is the path of a service account's key file. Without `gcp_key_path`, Google's library itself
finds the credentials: in GOOGLE_APPLICATION_CREDENTIALS, the gcloud login, or the machine's service account.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ...errors import MissingPackageError, SourceError

CLIENT_ARGUMENTS: dict[str, str | None] = {"project_id": None, "gcp_key_path": None, "endpoint_url": None}

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


@contextmanager
def client(given: Mapping[str, str | None], shown: str) -> Iterator[tuple[Any, str]]:
    """Yield a Secret Manager client and the project id. In the `with` block, the client's errors become `SourceError`.

    Raises:
        MissingPackageError: google-cloud-secret-manager is missing.
        SourceError: The credentials or the project id are missing or invalid, or Google is unreachable or refuses the
            request.
    """
    try:
        from google.api_core.exceptions import ClientError, GoogleAPIError
        from google.auth.exceptions import GoogleAuthError
        from google.cloud.secretmanager import SecretManagerServiceClient
        from google.protobuf.json_format import ParseError
    except ImportError as exc:
        raise MissingPackageError(
            f"{shown} needs the package google-cloud-secret-manager. Run `pip install 'airflow-compat[gcp]'`.",
            name=exc.name,
        ) from None

    credentials, own_project = _credentials(given["gcp_key_path"], shown)
    project = given["project_id"] or own_project or ""
    # Project ids may have a domain, such as example.com:my-project.
    if not re.fullmatch(r"[\w.:-]+", project, re.ASCII):
        raise SourceError(
            f"{shown} {'project_id is not a project id' if project else 'the credentials name no project'}. Use "
            f"{shown}?project_id=my-project."
        )
    options = {"api_endpoint": given["endpoint_url"]} if given["endpoint_url"] else None
    try:
        # Use HTTP, which reports errors immediately, instead of gRPC, which retries for a minute.
        with SecretManagerServiceClient(credentials=credentials, transport="rest", client_options=options) as service:
            yield service, project
    except ClientError as exc:
        raise SourceError(
            f"{shown} Google refuses the request ({type(exc).__name__}). Check project_id, and that the credentials "
            "may list secrets (secretmanager.secrets.list)."
        ) from None
    # OSError is raised if the connection breaks, ParseError if the answer does not come from Google.
    except (GoogleAPIError, GoogleAuthError, OSError, ParseError) as exc:
        raise SourceError(
            f"{shown} Google can't be reached ({type(exc).__name__}). Check the network, credentials and endpoint_url."
        ) from None


def _credentials(key_path: str | None, shown: str) -> tuple[Any, str | None]:

    import google.auth
    from google.auth.exceptions import GoogleAuthError
    from google.oauth2.service_account import Credentials

    default: Any = google.auth.default
    from_file: Any = Credentials.from_service_account_file
    try:
        if not key_path:
            return default(scopes=_SCOPES)  # type: ignore[no-any-return]
        account = from_file(key_path, scopes=_SCOPES)
    # TypeError and AttributeError are raised if the key file's JSON does not have the expected structure. The message
    # omits the error's text, which may quote the file.
    except (GoogleAuthError, OSError, ValueError, TypeError, AttributeError) as exc:
        way = "Check the file of gcp_key_path." if key_path else "Run `gcloud auth application-default login`."
        raise SourceError(f"{shown} Google's credentials can't be loaded ({type(exc).__name__}). {way}") from None
    return account, account.project_id
