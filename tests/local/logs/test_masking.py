"""This process logs no secret, for all loggers, handlers and forms. Needs no server."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from uuid import uuid4

import pytest
from prefect.logging.formatters import JsonFormatter
from pydantic import SecretStr

from airflow_compat import logs
from airflow_compat.errors import InvalidArgumentError


@pytest.fixture
def secret() -> str:
    """Return a secret that no other test uses."""
    return f"s3:cr/et {uuid4().hex}"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Return the output of a user's own handler."""
    yield from _handled(logging.Formatter("%(message)s"))


@pytest.fixture
def json_stream() -> Iterator[io.StringIO]:
    """Return the same output as Prefect's JSON, with all attributes of a record."""
    yield from _handled(JsonFormatter("default", "", "%"))


def _handled(formatter: logging.Formatter) -> Iterator[io.StringIO]:
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(formatter)
    LOG.addHandler(handler)
    yield text
    LOG.removeHandler(handler)
    logs.enable_masking()


LOG = logging.getLogger("airflow.task.tests")
LOG.setLevel(logging.INFO)


class _Holder:
    def __init__(self, held: str) -> None:
        self.held = held

    def __str__(self) -> str:
        return f"<{self.held}>"


def test_importing_changes_nothing() -> None:
    code = """
        import logging, sys
        import airflow_compat.artifacts, airflow_compat.connections, airflow_compat.logs
        airflow_compat.logs.forward("airflow.task")
        assert logging.getLogRecordFactory() is logging.LogRecord
        assert not logging.getLogger("airflow.task").handlers
        assert "prefect" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, timeout=240)


def test_message_and_arguments_are_masked(stream: io.StringIO, secret: str) -> None:
    logs.mask(secret)

    LOG.info(f"the {secret}")  # noqa: G004
    LOG.info("%s, %r, %s", secret, {"a": secret}, _Holder(secret))
    LOG.info("%(one)s", {"one": secret})

    assert stream.getvalue() == "the ***\n***, {'a': '***'}, <***>\n***\n"


def test_exceptions_causes_and_tracebacks_are_masked(stream: io.StringIO, secret: str) -> None:
    logs.mask(secret)
    raised = ValueError("outer", secret)

    try:
        try:
            raise KeyError(secret)
        except KeyError as inner:
            raise raised from inner
    except ValueError:
        LOG.exception("failed", stack_info=True)

    assert secret not in stream.getvalue()
    assert "KeyError: '***'" in stream.getvalue()
    assert "ValueError: ('outer', '***')" in stream.getvalue()
    # Code that goes on with it finds it as it was.
    assert raised.args == ("outer", secret)


def test_stack_is_masked(stream: io.StringIO) -> None:
    logs.mask("written-into-the-code")

    LOG.info("where", stack_info=True)  # written-into-the-code

    assert 'LOG.info("where", stack_info=True)  # ***' in stream.getvalue()
    assert "written-into-the-code" not in stream.getvalue()


def test_message_without_a_secret_is_unchanged(secret: str) -> None:
    logs.mask(secret)
    seen: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = seen.append  # type: ignore[method-assign]
    LOG.addHandler(handler)

    try:
        raise ValueError("plain")
    except ValueError as exc:
        LOG.error("%s is %d", "a", 1, exc_info=exc)
    LOG.removeHandler(handler)

    assert (seen[0].msg, seen[0].args) == ("%s is %d", ("a", 1))
    assert seen[0].exc_info


def test_extra_is_masked_for_existing_handlers(json_stream: io.StringIO, secret: str) -> None:
    handler = LOG.handlers[-1]
    logging.getLogger("airflow.task").addHandler(handler)
    LOG.removeHandler(handler)
    logs.mask(secret)

    LOG.info("a", extra={"told": {"deep": [secret]}, "other": 1})

    logging.getLogger("airflow.task").removeHandler(handler)
    assert secret not in json_stream.getvalue()
    assert '"told":{"deep":["***"]},"other":1' in json_stream.getvalue()


def test_unformattable_message_shows_no_secret(
    stream: io.StringIO, secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.mask(secret)
    message = f"%d {secret}"
    # The tests' own handler would raise.
    LOG.propagate = False
    LOG.info(message, secret)
    LOG.propagate = True

    told = capsys.readouterr().err
    assert "Message: '%d ***'\nArguments: ('***',)" in told
    assert secret not in told + stream.getvalue()


def test_argument_with_failing_repr_does_not_raise(stream: io.StringIO, secret: str) -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError(secret)

    logs.mask(secret)
    logging.raiseExceptions, before = False, logging.raiseExceptions
    try:
        LOG.info("%s", Broken())
        LOG.info("goes on")
    finally:
        logging.raiseExceptions = before

    assert stream.getvalue() == "goes on\n"


def test_other_record_factory_is_kept_and_may_call_ours(stream: io.StringIO, secret: str) -> None:
    logs.mask(secret)
    ours = logging.getLogRecordFactory()
    calls: list[str] = []

    def wrapping(*args: object, **kwargs: object) -> logging.LogRecord:
        calls.append("wrapping")
        return ours(*args, **kwargs)

    logging.setLogRecordFactory(wrapping)
    try:
        logs.enable_masking()
        LOG.info("a %s", secret)
    finally:
        logging.setLogRecordFactory(ours)

    assert stream.getvalue() == "a ***\n"
    assert calls


def test_later_record_factory_is_wrapped_too(stream: io.StringIO, secret: str) -> None:
    ours = logging.getLogRecordFactory()
    logging.setLogRecordFactory(logging.LogRecord)
    try:
        logs.mask(secret)
        LOG.info("a %s", secret)
    finally:
        logging.setLogRecordFactory(ours)

    assert stream.getvalue() == "a ***\n"


def test_masking_can_be_switched_off_and_on(stream: io.StringIO, secret: str) -> None:
    logs.mask(secret)
    logs.disable_masking()
    LOG.info(secret)
    logs.enable_masking()
    LOG.info(secret)

    assert stream.getvalue() == f"{secret}\n***\n"


def test_shorter_secrets_can_be_masked(stream: io.StringIO) -> None:
    logs.mask("q7z")
    LOG.info("q7z")
    logs.enable_masking(min_length=3)
    LOG.info("q7z")

    assert stream.getvalue() == "q7z\n***\n"


def test_too_short_secret_causes_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    logs.mask("q8z")

    assert "too short" in caplog.text
    assert "q8z" not in caplog.text


def test_pydantic_secrets_are_masked(stream: io.StringIO, secret: str) -> None:
    logs.mask(SecretStr(secret))
    LOG.info(secret)

    assert stream.getvalue() == "***\n"


@pytest.mark.parametrize("value", [12345678, 1.5, b"bytes-of-it", object()])
def test_non_text_is_refused(value: object) -> None:
    with pytest.raises(InvalidArgumentError, match="Pass the object's text"):
        logs.mask(value)


@pytest.mark.parametrize("length", [0, -1, True, "5"])
def test_invalid_length_is_refused(length: int) -> None:
    with pytest.raises(InvalidArgumentError, match="min_length"):
        logs.enable_masking(min_length=length)


def test_unknown_level_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="loud"):
        logs.forward("airflow.task", level="loud")
