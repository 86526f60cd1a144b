"""Print at the end how many snippets the pages have, and how many of them were run."""

from __future__ import annotations

import pytest
from tally import missing, summary


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-snippet", action="store_true", help="fail unless every snippet of the pages was run")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.getoption("--every-snippet", default=False) and missing():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if told := summary():
        terminalreporter.write_line(told)
    if config.getoption("--every-snippet", default=False):
        for snippet in missing():
            terminalreporter.write_line(f"not run: {snippet}", red=True)
