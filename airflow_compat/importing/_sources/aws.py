"""What the two sources of AWS share: the client, and how an answer that is an error is said.

Credentials are boto3's own business: its environment variables, profiles and roles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..errors import MissingPackageError, SourceError

# boto3's own, and not Airflow's: how AWS is reached.
CLIENT_ARGUMENTS: dict[str, str | None] = {"region_name": None, "profile_name": None, "endpoint_url": None}


@contextmanager
def client(service: str, given: Mapping[str, str | None], shown: str) -> Iterator[Any]:
    """A client that gives up within seconds; the errors of what is done with it are ours.

    Raises:
        MissingPackageError: boto3 isn't installed.
        SourceError: AWS can't be reached, or refuses.
    """
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError as exc:
        raise MissingPackageError(
            f"{shown} needs the package boto3: pip install 'airflow-compat[aws]'", name=exc.name
        ) from None

    config = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 2})
    try:
        session = boto3.Session(profile_name=given["profile_name"], region_name=given["region_name"])
        yield session.client(service, endpoint_url=given["endpoint_url"], config=config)
    except SourceError:
        # A ValueError, too, and said already.
        raise
    except ClientError as exc:
        raise SourceError(f"{shown} AWS refuses ({code(exc)}); check the credentials and what they may read") from None
    except (BotoCoreError, ValueError) as exc:
        raise SourceError(
            f"{shown} AWS can't be asked ({type(exc).__name__}); check the credentials, region_name and endpoint_url"
        ) from None


def code(error: Any) -> str:
    """The code of a ClientError, such as AccessDeniedException; its text may quote what was sent."""
    return str(error.response.get("Error", {}).get("Code", "unknown"))
