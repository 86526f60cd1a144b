"""Stores the context with which a test replaces the current context."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .._prefect.override import Override

if TYPE_CHECKING:
    from ._lazy_dict import Context


class CurrentContext(Protocol):
    """A test double of `airflow_compat.testing` that provides the context of a test."""

    context: Context


CONTEXTS: Override[CurrentContext] = Override("airflow_compat_fake_contexts")
