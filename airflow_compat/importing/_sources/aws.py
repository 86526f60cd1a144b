"""Creates the boto3 client for the two AWS sources, and converts the client's errors.

boto3 itself finds the AWS credentials, in environment variables, profiles or roles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ...errors import MissingPackageError, SourceError

# These arguments are boto3's, and not in Airflow's `backend_kwargs`.
CLIENT_ARGUMENTS: dict[str, str | None] = {"region_name": None, "profile_name": None, "endpoint_url": None}


@contextmanager
def client(service: str, given: Mapping[str, str | None], shown: str) -> Iterator[Any]:
    """Yield an AWS client with short timeouts. In the `with` block, the client's errors become `SourceError`.

    Raises:
        MissingPackageError: boto3 is missing.
        SourceError: AWS is unreachable or refuses the request.
    """
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError as exc:
        raise MissingPackageError(
            f"{shown} needs the package boto3. Run `pip install 'airflow-compat[aws]'`.", name=exc.name
        ) from None

    config = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 2})
    try:
        session = boto3.Session(profile_name=given["profile_name"], region_name=given["region_name"])
        yield session.client(service, endpoint_url=given["endpoint_url"], config=config)
    except SourceError:
        # Without this clause, `except ValueError` below would catch SourceError, which is a ValueError.
        raise
    except ClientError as exc:
        raise SourceError(
            f"{shown} AWS refuses the request ({code(exc)}). Check the credentials and their read permissions."
        ) from None
    except (BotoCoreError, ValueError) as exc:
        raise SourceError(
            f"{shown} AWS can't be reached ({type(exc).__name__}). Check the credentials, region_name and endpoint_url."
        ) from None


def code(error: Any) -> str:
    """Return the error's code, such as AccessDeniedException, because the error's text may quote the request."""
    return str(error.response.get("Error", {}).get("Code", "unknown"))
