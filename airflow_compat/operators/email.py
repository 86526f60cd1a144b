"""An operator that sends a mail (`airflow.providers.smtp.operators.smtp`; in Airflow 2, `airflow.operators.email`)."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

from ..authoring import BaseOperator
from ..notifiers import SmtpNotifier


class EmailOperator(BaseOperator):
    """Sends a mail through a connection of type `smtp`, as `SmtpNotifier` does.

    Args:
        to: The recipients' addresses: a list, or text in which commas or semicolons separate them.
        subject: The subject. Defaults to the template that the connection names.
        html_content: The HTML text. Defaults to the template that the connection names.
        from_email: The sender's address. Defaults to `from_email` in the connection's extra.
        files: Paths of attachments.
        cc: Addresses that receive a copy.
        bcc: Addresses that receive a copy, hidden from the other recipients.
        mime_subtype: The subtype of the multipart message.
        mime_charset: The text's character encoding.
        conn_id: The connection's id.
        custom_headers: More headers.
        kwargs: Arguments of `BaseOperator`.
    """

    template_fields: Sequence[str] = (
        "to",
        "subject",
        "html_content",
        "from_email",
        "files",
        "cc",
        "bcc",
        "mime_subtype",
        "mime_charset",
        "conn_id",
        "custom_headers",
    )
    template_fields_renderers: Mapping[str, str] = {"html_content": "html"}
    template_ext: Sequence[str] = (".html",)
    ui_color = "#e6faf9"

    def __init__(
        self,
        *,
        to: list[str] | str,
        subject: str | None = None,
        html_content: str | None = None,
        from_email: str | None = None,
        files: list[str] | None = None,
        cc: list[str] | str | None = None,
        bcc: list[str] | str | None = None,
        mime_subtype: str = "mixed",
        mime_charset: str = "utf-8",
        conn_id: str | None = None,
        custom_headers: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.to = to
        self.subject = subject
        self.html_content = html_content
        self.from_email = from_email
        self.files: list[str] = files or []
        self.cc = cc
        self.bcc = bcc
        self.mime_subtype = mime_subtype
        self.mime_charset = mime_charset
        self.conn_id = conn_id
        self.custom_headers = custom_headers

    def execute(self, context: MutableMapping[str, Any]) -> None:
        SmtpNotifier(
            self.to,
            from_email=self.from_email,
            subject=self.subject,
            html_content=self.html_content,
            files=self.files,
            cc=self.cc,
            bcc=self.bcc,
            mime_subtype=self.mime_subtype,
            mime_charset=self.mime_charset,
            custom_headers=self.custom_headers,
            smtp_conn_id=self.conn_id,
        ).notify(context)
