"""The notifiers that send mail through an SMTP connection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .._airflow.connection import Connection
from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from ..errors import NotificationError
from ._base import NotifierContext, ReadyNotifier
from ._connection import read_connection
from ._mail import Addresses, Mail, deliver
from ._mail_texts import alert_html, alert_subject, exception_html, report, report_subject

# Airflow's default sender.
_SENDER = "airflow@airflow"


class SmtpNotifier(ReadyNotifier):
    """Send a mail, as `airflow.providers.smtp.notifications.smtp.SmtpNotifier` does.

    The connection is of type `smtp`. The connection's extra may have the keys `from_email`, `timeout`, `retry_limit`,
    `disable_ssl`, `disable_tls`, `ssl_context`, `auth_type` and `access_token`, and, with paths of files,
    `subject_template` and `html_content_template`. As in Airflow, both SSL and STARTTLS are on by default. Set
    `disable_tls` for a server on port 465, and `disable_ssl` for a server on port 587. Prefect's own counterpart is the
    `EmailServerCredentials` block of prefect-email.

    Args:
        to: The recipients' addresses: a list, or text in which commas or semicolons separate them.
        from_email: The sender. Defaults to `from_email` in the connection's extra.
        subject: The subject. Defaults to the template that the connection names, or else to the subject that Airflow
            uses.
        html_content: The HTML text. Defaults to the template in `template`, or else to the template that the connection
            names, or else to Airflow's report on the task.
        files: Paths of attachments.
        cc: Addresses that receive a copy.
        bcc: Addresses that receive a copy, hidden from the other recipients.
        mime_subtype: The subtype of the multipart message, such as `mixed` or `alternative`.
        mime_charset: The text's character encoding.
        custom_headers: More headers.
        smtp_conn_id: The connection's id. Defaults to `smtp_default`.
        auth_type: `basic`, or `oauth2`, for which the connection's extra must have an `access_token`.
        template: The path of a file with a template for the HTML text.
        context: The context that `await notifier` uses.
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
            self.html_content = _one_line(_read_template(type(self).__name__, template))

    def notify(self, context: NotifierContext) -> None:
        name = type(self).__name__
        connection = read_connection(name, self.smtp_conn_id, "smtp", "email")
        sender = self.from_email or self._from_connection(connection, "from_email", context)
        if not sender:
            raise NotificationError(
                f"{name}: no sender is given. Pass from_email, or set from_email in the extra of connection "
                f"{self.smtp_conn_id!r}"
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
        """Return the subject for mails for which no subject was passed."""
        return report_subject(context)

    def default_html(self, context: NotifierContext) -> str:
        """Return the text for mails for which no text was passed."""
        return report(context)

    def _from_connection(self, connection: Connection, name: str, context: NotifierContext) -> str | None:
        """Return a value of the connection's extra, with templates rendered.

        For templates, the extra contains the path of a file.
        """
        value = connection.extra_dejson.get(name)
        if not value:
            return None
        if name.endswith("_template"):
            value = _one_line(_read_template(type(self).__name__, value))
        return str(self.render_template(value, context))


class EmailAlert(SmtpNotifier):
    """Send the mail that Airflow sends for `email_on_failure` and `email_on_retry`.

    Besides the context, the templates may use `exception`, `exception_html`, `try_number` and `max_tries`. The
    arguments replace the settings in Airflow's `[email]` section.

    Args:
        to: The recipients' addresses, as in a task's argument `email`: a list, or text in which commas or semicolons
            separate them.
        from_email: The sender. Defaults to `from_email` in the connection's extra, or else to `airflow@airflow`.
        subject_template: The path of a file with a template for the subject. Defaults to the subject that Airflow uses.
        html_content_template: The path of a file with a template for the HTML text. Defaults to the text that Airflow
            uses.
        smtp_conn_id: The connection's id.
        airflow_version: With "2", HTML in an error's text is not escaped, as in Airflow 2.11. With "3", HTML in an
            error's text is escaped.

    Raises:
        NotificationError: A template can't be read, or, when the notifier is called, the mail can't be sent.

    Example:
        ```python
        from prefect import task

        from airflow_compat import on_failure
        from airflow_compat.notifiers import EmailAlert

        @on_failure(EmailAlert("oncall@example.com"))
        @task
        def load(): ...
        ```
    """

    def __init__(
        self,
        to: Addresses,
        *,
        from_email: str | None = None,
        subject_template: str | None = None,
        html_content_template: str | None = None,
        smtp_conn_id: str = "smtp_default",
        airflow_version: AirflowVersion = DEFAULT_VERSION,
    ) -> None:
        name = type(self).__name__
        super().__init__(
            to,
            from_email,
            subject=None if subject_template is None else _read_template(name, subject_template),
            html_content=None if html_content_template is None else _read_template(name, html_content_template),
            smtp_conn_id=smtp_conn_id,
        )
        self.airflow_version = airflow_version

    def default_subject(self, context: NotifierContext) -> str:
        return alert_subject(context["ti"])

    def default_html(self, context: NotifierContext) -> str:
        return alert_html(context["ti"], context["exception_html"])

    def _update_context(self, context: NotifierContext) -> NotifierContext:
        context["exception_html"] = exception_html(context.setdefault("exception", None), self.airflow_version)
        context["try_number"] = context["ti"].try_number
        context["max_tries"] = context["ti"].max_tries
        return super()._update_context(context)

    def _from_connection(self, connection: Connection, name: str, context: NotifierContext) -> str | None:
        # EmailAlert does not use the connection's templates, which are only for SmtpNotifier. In Airflow, the templates
        # of these mails come from Airflow's configuration.
        if name != "from_email":
            return None
        return super()._from_connection(connection, name, context) or _SENDER


def _read_template(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotificationError(
            f"{name}: template {path!r} can't be read ({type(error).__name__}). Correct the path"
        ) from None


def _one_line(text: str) -> str:
    return text.replace("\n", "").strip()
