"""Stand-ins for `airflow.utils.email`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...notifiers import SmtpNotifier
from ...notifiers._mail import addresses


def send_email(  # noqa: PLR0917 - Airflow's order
    to: str | Iterable[str],
    subject: str,
    html_content: str,
    files: list[str] | None = None,
    dryrun: bool = False,
    cc: str | Iterable[str] | None = None,
    bcc: str | Iterable[str] | None = None,
    mime_subtype: str = "mixed",
    mime_charset: str = "utf-8",
    conn_id: str | None = None,
    custom_headers: dict[str, Any] | None = None,
    **kwargs: Any,
) -> None:
    """Send a mail through an SMTP connection, by default `smtp_default`."""
    if dryrun:
        return
    SmtpNotifier(
        to=to,
        subject=subject,
        html_content=html_content,
        files=files,
        cc=cc,
        bcc=bcc,
        mime_subtype=mime_subtype,
        mime_charset=mime_charset,
        custom_headers=custom_headers,
        smtp_conn_id=conn_id or "smtp_default",
        from_email=kwargs.get("from_email"),
    ).notify({})


send_email_smtp = send_email
"""Airflow's second name for `send_email`."""


def get_email_address_list(addresses_given: str | Iterable[str]) -> list[str]:
    """Return the mail addresses in a text or collection."""
    return addresses(addresses_given)
