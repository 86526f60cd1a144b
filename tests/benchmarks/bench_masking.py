"""What masking adds to a log line, with 100 secrets that are known."""

from __future__ import annotations

import logging
import secrets

from measure import compare

from airflow_compat import logs

LINES = 1000
LOG = logging.getLogger("airflow.task.bench")


def _lines(message: str, *arguments: object) -> None:
    for _ in range(LINES):
        LOG.info(message, *arguments)


def _failures() -> None:
    for _ in range(LINES):
        try:
            raise ValueError("plain")
        except ValueError:
            LOG.exception("failed")


if __name__ == "__main__":
    LOG.addHandler(logging.NullHandler())
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
    known = [secrets.token_urlsafe(24) for _ in range(100)]
    plain = "loaded 12345 rows of shop.orders into the warehouse in 12.5 s, at s3://bucket/key"
    before = logging.getLogRecordFactory()
    logs.mask(known)
    masking = logging.getLogRecordFactory()

    def _with(factory: object, message: str, *arguments: object) -> None:
        logging.setLogRecordFactory(factory)  # type: ignore[arg-type]
        _lines(message, *arguments)

    compare(
        f"{LINES} lines, 100 secrets known",
        {
            "no masking": lambda: _with(before, plain),
            "masking, no secret in the line": lambda: _with(masking, plain),
            "masking, a secret in the line": lambda: _with(masking, "it is %s", known[50]),
        },
        runs=20,
    )
    compare(
        f"{LINES} exceptions, 100 secrets known",
        {
            "no masking": lambda: (logging.setLogRecordFactory(before), _failures()),
            "masking": lambda: (logging.setLogRecordFactory(masking), _failures()),
        },
        runs=10,
    )
