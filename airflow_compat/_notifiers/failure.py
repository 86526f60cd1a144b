"""What the channels say in a `NotificationError`."""

from __future__ import annotations


def advice(status: int) -> str:
    """What to do about an HTTP status."""
    if status in (401, 403):
        return "check the secret in the connection, and what it is allowed to do"
    if status in (404, 410):
        return "the address is gone or mistyped: make a new webhook, or correct the connection"
    if status == 429:
        return "the service limits how often it is called: send less, or later"
    if status >= 500:
        return "the service itself failed: try again later"
    return "compare the message with what the service takes"
