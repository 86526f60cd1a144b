"""The mail that Airflow itself sends when a task fails or is retried: `email_on_failure` and `email_on_retry`."""

from __future__ import annotations

from .._airflow.connection import Connection
from .._airflow.version import DEFAULT_VERSION, AirflowVersion
from .base import NotifierContext
from .mail import Addresses
from .mail_texts import alert_html, alert_subject, exception_html
from .smtp import SmtpNotifier, read_template

# What Airflow sends from, where its configuration names nobody.
_SENDER = "airflow@airflow"


class EmailAlert(SmtpNotifier):
    """Send the mail that Airflow sends for `email_on_failure` and `email_on_retry`, with its subject and text.

    Templates may use `exception`, `exception_html`, `try_number` and `max_tries` besides the context. In Airflow they
    and the sender stand in the `[email]` section of its configuration, which nothing here reads.

    Args:
        to: The task's `email`: a list, or text with commas or semicolons between the addresses.
        from_email: The sender, Airflow's `[email] from_email`; None is the connection's, else `airflow@airflow`.
        subject_template: The path of a file with the subject, which is rendered; None is Airflow's own subject.
        html_content_template: The path of a file with the text as HTML, which is rendered; None is Airflow's own text.
        smtp_conn_id: The connection's id.
        airflow_version: "2" leaves the HTML in an error's text as it is, as 2.11 does; "3" escapes it.

    Raises:
        NotificationError: A template can't be read; or on calling it, the mail can't be sent.

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
            subject=None if subject_template is None else read_template(name, subject_template),
            html_content=None if html_content_template is None else read_template(name, html_content_template),
            smtp_conn_id=smtp_conn_id,
        )
        self.airflow_version = airflow_version

    def default_subject(self, context: NotifierContext) -> str:
        """Airflow's own subject."""
        return alert_subject(context["ti"])

    def default_html(self, context: NotifierContext) -> str:
        """Airflow's own text."""
        return alert_html(context["ti"], context["exception_html"])

    def _update_context(self, context: NotifierContext) -> NotifierContext:
        error = context.setdefault("exception", None)
        context["exception_html"] = exception_html(error, self.airflow_version)
        context["try_number"] = context["ti"].try_number
        context["max_tries"] = context["ti"].max_tries
        return super()._update_context(context)

    def _from_connection(self, connection: Connection, name: str, context: NotifierContext) -> str | None:
        # The connection's own templates are SmtpNotifier's; an alert has those of the configuration.
        if name != "from_email":
            return None
        return super()._from_connection(connection, name, context) or _SENDER
