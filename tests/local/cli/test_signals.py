"""A command that is ended by a signal cleans up."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from airflow_compat.cli._signals import signals_raise

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def _default_handlers() -> Iterator[None]:
    before = {each: signal.signal(each, signal.SIG_DFL) for each in _SIGNALS}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_only_the_first_signal_raises(number: signal.Signals, code: int) -> None:
    cleaned: list[str] = []

    @signals_raise()
    def command() -> None:
        assert signal.SIG_DFL not in map(signal.getsignal, _SIGNALS)
        try:
            signal.raise_signal(number)
        finally:
            for each in _SIGNALS:
                signal.raise_signal(each)
            cleaned.append("cleaned")

    with pytest.raises(SystemExit) as ended:
        command()
    assert (ended.value.code, cleaned) == (code, ["cleaned"])
    assert [signal.getsignal(each) for each in _SIGNALS] == [signal.SIG_DFL, signal.SIG_DFL]


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with signals_raise():
        signal.raise_signal(signal.SIGHUP)
    assert [signal.getsignal(each) for each in _SIGNALS] == [signal.SIG_DFL, signal.SIG_IGN]
