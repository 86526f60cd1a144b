"""The `except` clauses of ported code catch the errors of airflow_compat."""

from __future__ import annotations

import pickle

import pytest

from airflow_compat import errors, exceptions
from airflow_compat.errors import AirflowCompatError
from airflow_compat.exceptions import AirflowException, AirflowNotFoundException

LEAVES = [
    leaf
    for leaf in vars(errors).values()
    if isinstance(leaf, type) and issubclass(leaf, AirflowCompatError) and leaf is not AirflowCompatError
]
MESSAGE = "variable 'k' isn't defined.\nImport it with `airflow-compat import variables.json`."


@pytest.mark.parametrize(
    ("raised", "caught"),
    [
        (errors.ConnectionNotFoundError, AirflowNotFoundException),
        (errors.ConnectionNotFoundError, AirflowException),
        (errors.InvalidConnectionError, AirflowException),
        (errors.InvalidConnectionError, ValueError),
        (errors.VariableNotFoundError, KeyError),
        (errors.VariableNotFoundError, AirflowException),
        (errors.InvalidExportError, ValueError),
        (errors.InvalidNameError, ValueError),
        (errors.MissingPackageError, ImportError),
        (errors.BlockTypeError, TypeError),
        (errors.ServerUnreachableError, errors.ServerError),
        (errors.ServerUnreachableError, ConnectionError),
        (errors.NameTakenError, errors.ServerError),
        (errors.PoolNotReadyError, errors.PoolError),
        (errors.PoolNotReadyError, LookupError),
        (errors.PoolTimeoutError, errors.PoolError),
        (errors.PoolTimeoutError, TimeoutError),
        (errors.PoolLeaseLostError, errors.PoolError),
        (errors.InvalidCallbackError, TypeError),
        (errors.UnsupportedFeatureError, AttributeError),
        (errors.UnsupportedFeatureError, KeyError),
    ],
)
def test_except_clauses_of_ported_code_catch_our_errors(raised: type[Exception], caught: type[Exception]) -> None:
    def ported_code() -> str:
        try:
            raise raised(MESSAGE)
        except caught as exc:
            return str(exc)

    assert ported_code() == MESSAGE


@pytest.mark.parametrize("leaf", LEAVES)
def test_every_error_is_caught_by_the_base_and_shows_plain_text(leaf: type[Exception]) -> None:
    error = leaf(MESSAGE)
    assert isinstance(error, AirflowCompatError)
    assert str(error) == f"{error}" == MESSAGE


@pytest.mark.parametrize("leaf", LEAVES)
def test_every_error_can_be_pickled(leaf: type[Exception]) -> None:
    error = pickle.loads(pickle.dumps(leaf(MESSAGE)))
    assert type(error) is leaf
    assert str(error) == MESSAGE


@pytest.mark.parametrize("leaf", [*LEAVES, errors.UnsupportedFeatureWarning])
def test_every_error_has_a_docstring(leaf: type[Exception]) -> None:
    assert leaf.__doc__
    assert "__doc__" in vars(leaf)


def test_not_found_is_404_as_in_airflow() -> None:
    assert AirflowException.status_code == 500
    assert AirflowNotFoundException.status_code == errors.ConnectionNotFoundError.status_code == 404


def test_airflows_exceptions_are_not_our_errors() -> None:
    # `except AirflowCompatError` must not swallow what DAG code raises itself.
    for name in ("AirflowException", "AirflowNotFoundException"):
        assert not issubclass(getattr(exceptions, name), AirflowCompatError)


def test_warning_is_a_user_warning() -> None:
    assert issubclass(errors.UnsupportedFeatureWarning, UserWarning)
    assert not issubclass(errors.UnsupportedFeatureWarning, AirflowCompatError)
