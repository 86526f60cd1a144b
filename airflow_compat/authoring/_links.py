"""Links of operators, which Airflow's UI shows as buttons."""

from __future__ import annotations

import abc
from typing import Any, ClassVar


class BaseOperatorLink(abc.ABC):
    """A link to another system. Subclasses override `name` and `get_link`."""

    operators: ClassVar[list[type]] = []

    @property
    @abc.abstractmethod
    def name(self) -> str:
        """The text of the button."""

    @property
    def xcom_key(self) -> str:
        return f"_link_{type(self).__name__}"

    @abc.abstractmethod
    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Return the URL for a task instance."""
