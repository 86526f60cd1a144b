"""The names of `airflow.utils.timezone`: moments with time zones. The default zone is `[core] default_timezone`."""

from __future__ import annotations

from ..dags._stand_ins.timezone import (
    coerce_datetime,
    convert_to_utc,
    datetime,
    from_timestamp,
    is_localized,
    is_naive,
    local_timezone,
    make_aware,
    make_naive,
    parse,
    parse_timezone,
    td_format,
    utc,
    utc_epoch,
    utcnow,
)

__all__ = [
    "coerce_datetime",
    "convert_to_utc",
    "datetime",
    "from_timestamp",
    "is_localized",
    "is_naive",
    "local_timezone",
    "make_aware",
    "make_naive",
    "parse",
    "parse_timezone",
    "td_format",
    "utc",
    "utc_epoch",
    "utcnow",
]
