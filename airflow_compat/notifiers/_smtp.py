"""Mail, through an SMTP connection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .._airflow.connection import Connection
from ..errors import NotificationError
from .base import NotifierContext, ReadyNotifier
from .connection import read_connection
from .mail import Addresses, Mail, deliver
from .mail_texts import report, report_subject


class SmtpNotifier(ReadyNotifier):
    """Send a mail, as `airflow.providers.smtp.notifications.smtp.SmtpNotifier` does.

    The connection is of type `smtp`. Its extra may have `from_email`, `timeout`, `retry_limit`, `disable_ssl`,
    `disable_tls`, `ssl_context`, `auth_type`, `access_token`, and `subject_template` and `html_content_template`, the
    paths of files. As in Airflow SSL and STARTTLS are both on, and most servers have one: set `disable_tls` for port
    465, `disable_ssl` for 587. Prefect's own way is the `EmailServerCredentials` block of prefect-email.

    Args:
        to: Addresses: a list, or text with commas or semicolons between them.
        from_email: The sender; None is the connection's `from_email`.
        subject: None is the connection's template, else Airflow's own subject.
        html_content: The text as HTML; None is `template`, else the connection's template, else Airflow's own report.
        files: Paths of attachments.
        cc: More addresses.
        bcc: Addresses that nobody sees.
        mime_subtype: Of the multipart message.
        mime_charset: Of the text.
        custom_headers: More headers.
        smtp_conn_id: The connection's id; None is `smtp_default`.
        auth_type: `basic`, or `oauth2` with the connection's `access_token`.
        template: The path of a file with the HTML, which is rendered.
        context: What `await notifier` works with.

    Calling it raises `NotificationError` where the mail can't be sent.
    """

    template_fields: Sequence[str] = (
        "from_email",
        "to",
        "subject",
        "html_content",
        "files",
        "cc",
        "bcc",
        "mime_subtype",
        "mime_charset",
        "custom_headers",
        "smtp_conn_id",
    )

    def __init__(  # noqa: PLR0917 - Airflow's order
        self,
        to: Addresses,
        from_email: str | None = None,
        subject: str | None = None,
        html_content: str | None = None,
        files: Iterable[str] | None = None,
        cc: Addresses | None = None,
        bcc: Addresses | None = None,
        mime_subtype: str = "mixed",
        mime_charset: str = "utf-8",
        custom_headers: Mapping[str, Any] | None = None,
        smtp_conn_id: str | None = None,
        auth_type: str = "basic",
        *,
        template: str | None = None,
        context: NotifierContext | None = None,
    ) -> None:
        super().__init__(context)
        self.to = to
        self.from_email = from_email
        self.subject = subject
        self.html_content = html_content
        self.files = files
        self.cc = cc
        self.bcc = bcc
        self.mime_subtype = mime_subtype
        self.mime_charset = mime_charset
        self.custom_headers = custom_headers
        self.smtp_conn_id: str = smtp_conn_id or "smtp_default"
        self.auth_type = auth_type
        if html_content is None and template is not None:
            self.html_content = _one_line(read_template(type(self).__name__, template))

    def notify(self, context: NotifierContext) -> None:
        """Send the mail."""
        name = type(self).__name__
        connection = read_connection(name, self.smtp_conn_id, "smtp", "email")
        sender = self.from_email or self._from_connection(connection, "from_email", context)
        if not sender:
            raise NotificationError(
                f"{name}: there is no sender; write from_email, or put it into the extra of {self.smtp_conn_id!r}"
            )
        mail = Mail(
            sender=sender,
            to=self.to,
            subject=self.subject
            or self._from_connection(connection, "subject_template", context)
            or self.default_subject(context),
            html=self.html_content
            or self._from_connection(connection, "html_content_template", context)
            or self.default_html(context),
            files=self.files or (),
            cc=self.cc,
            bcc=self.bcc,
            mime_subtype=self.mime_subtype,
            mime_charset=self.mime_charset,
            headers=self.custom_headers,
        )
        deliver(name, connection, mail, self.auth_type)

    def default_subject(self, context: NotifierContext) -> str:
        """The subject where none is given."""
        return report_subject(context)

    def default_html(self, context: NotifierContext) -> str:
        """The text where none is given."""
        return report(context)

    def _from_connection(self, connection: Connection, name: str, context: NotifierContext) -> str | None:
        """What the connection has for it, rendered; of a template, the path stands there."""
        value = connection.extra_dejson.get(name)
        if not value:
            return None
        if name.endswith("_template"):
            value = _one_line(read_template(type(self).__name__, value))
        return str(self.render_template(value, context))


def read_template(name: str, path: str) -> str:
    """The text of a template's file.

    Args:
        name: The notifier, for messages.
        path: The file's path.

    Raises:
        NotificationError: It can't be read.
    """
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotificationError(
            f"{name}: template {path!r} can't be read ({type(error).__name__}); correct the path"
        ) from None


def _one_line(text: str) -> str:
    """As the provider reads a template."""
    return text.replace("\n", "").strip()
