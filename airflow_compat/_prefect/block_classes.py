"""The classes behind the block types: imported only when one is needed, since a provider's package costs a second."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..errors import MissingPackageError

if TYPE_CHECKING:
    from prefect.blocks.core import Block


@dataclass(frozen=True)
class _Home:
    module: str
    name: str
    extra: str = ""


_CLASSES = {
    "airflow-connection": _Home(f"{__package__}.airflow_block", "AirflowConnection"),
    "aws-credentials": _Home("prefect_aws", "AwsCredentials", "aws"),
    "secret": _Home("prefect.blocks.system", "Secret"),
    "sqlalchemy-connector": _Home("prefect_sqlalchemy", "SqlAlchemyConnector", "sqlalchemy"),
}


def block_class(type_slug: str) -> type[Block]:
    """The class of a block type that we know.

    Raises:
        MissingPackageError: Its package isn't installed.
    """
    home = _CLASSES[type_slug]
    try:
        return getattr(import_module(home.module), home.name)  # type: ignore[no-any-return]
    except ImportError as exc:
        package = home.module.partition(".")[0]
        if exc.name is None or exc.name.partition(".")[0] != package:
            raise
        raise MissingPackageError(
            f"{home.name} needs the package {package.replace('_', '-')}: pip install 'airflow-compat[{home.extra}]'",
            name=package,
        ) from exc


def block_from_data(type_slug: str, data: dict[str, Any]) -> Block:
    """A fresh block of a type that we know."""
    return block_class(type_slug).model_validate(data)
