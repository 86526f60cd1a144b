"""Converts `slack` connections to `SlackCredentials` blocks and back: the password is the token."""

from __future__ import annotations

from .field_map import FieldLocation, FieldMap

HOME = FieldMap(
    block="SlackCredentials",
    conn_type="slack",
    fields={"password": FieldLocation("token", masked=True)},
    required=("password",),
    neutral={"base_url": "https://www.slack.com/api/"},
)
