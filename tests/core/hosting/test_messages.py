"""The messages between a run and a host."""

from __future__ import annotations

import pytest

from airflow_compat.hosting._child.messages import Answer, Ended, Mask, ProtocolError, decoded, encoded
from airflow_compat.hosting._child.run_requests import SetXCom


def test_a_message_comes_back() -> None:
    sent = Ended("failed", error=("ValueError", "two\nlines"))
    line = encoded(sent)

    assert line.count(b"\n") == 1
    assert decoded(line).state == "failed"
    assert tuple(decoded(line).error) == ("ValueError", "two\nlines")
    for other in (Answer({"a": 1}), SetXCom("key", None, "task", -1), Mask(None, "name")):
        assert decoded(encoded(other)) == other


@pytest.mark.parametrize(
    "line", [b"", b"garbage\n", b"[]\n", b'["NoSuchMessage",{}]\n', b'["Ended",{"no": 1}]\n', b"[" * 9999]
)
def test_other_lines_are_refused(line: bytes) -> None:
    with pytest.raises(ProtocolError, match="that are not a message"):
        decoded(line)
