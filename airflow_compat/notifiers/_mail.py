"""Builds a MIME mail, and sends the mail through an SMTP connection, as Airflow's `SmtpHook` does."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.errors import MessageError
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formatdate
from pathlib import Path
from typing import Any

from .._airflow.connection import Connection
from ..errors import NotificationError
from ._connection import seconds

Addresses = str | Iterable[str]


@dataclass(frozen=True)
class Mail:
    """A mail to send.

    Attributes:
        to: The recipients' addresses: a list, or text in which commas or semicolons separate the addresses.
        files: Paths of attachments.
        mime_subtype: The subtype of the multipart message: `mixed`, `alternative`, ...
    """

    sender: str
    to: Addresses
    subject: str
    html: str = field(repr=False)
    files: Iterable[str] = ()
    cc: Addresses | None = None
    bcc: Addresses | None = None
    mime_subtype: str = "mixed"
    mime_charset: str = "utf-8"
    headers: Mapping[str, Any] | None = None

    def recipients(self) -> list[str]:
        return [*addresses(self.to), *addresses(self.cc or ()), *addresses(self.bcc or ())]

    def as_string(self) -> str:
        message = MIMEMultipart(self.mime_subtype)
        # Remove line breaks, which mail headers can't contain: the subject may contain an error's text with several
        # lines.
        message["Subject"] = " ".join(self.subject.splitlines())
        message["From"] = self.sender
        message["To"] = ", ".join(addresses(self.to))
        if self.cc:
            message["CC"] = ", ".join(addresses(self.cc))
        message["Date"] = formatdate(localtime=True)
        message.attach(MIMEText(self.html, "html", self.mime_charset))
        for path in map(Path, self.files):
            part = MIMEApplication(path.read_bytes(), Name=path.name)
            part.add_header("Content-Disposition", "attachment", filename=path.name)
            part["Content-ID"] = f"<{path.name}>"
            message.attach(part)
        for key, value in (self.headers or {}).items():
            message[key] = value
        return message.as_string()


def addresses(given: Addresses) -> list[str]:
    """Return the addresses as a list. A comma or semicolon at the end is ignored.

    Raises:
        NotificationError: An address is not text.
    """
    if isinstance(given, str):
        return [address for each in given.replace(";", ",").split(",") if (address := each.strip())]
    found = list(given)
    if not all(isinstance(address, str) for address in found):
        raise NotificationError(f"The mail addresses are {found!r}. Pass text, or a list of texts")
    return found


def deliver(name: str, connection: Connection, mail: Mail, auth_type: str) -> None:
    """Send the mail through the mail server that the connection names.

    As in Airflow, SSL is used unless `disable_ssl` is set in the connection's extra, and STARTTLS unless `disable_tls`
    is set there. Connecting is retried up to `retry_limit` times, and so is sending. `retry_limit` is a key of the
    connection's extra, and defaults to 5. `auth_type` in the connection's extra overrides the argument.

    Raises:
        NotificationError: The connection is incomplete, or the server is unreachable or refuses the mail.
    """
    problem = _incomplete(connection, auth_type)
    try:
        problem = problem or _attempt(name, connection, mail, auth_type)
    except OSError as error:
        problem = f"attachment {error.filename!r} can't be read ({error.strerror}). Correct the paths in files="
    except (MessageError, ValueError, LookupError) as error:
        problem = f"the mail can't be written ({type(error).__name__}). Check the headers, mime_charset and subtype"
    if problem:
        raise NotificationError(f"{name}: connection {connection.conn_id!r}: {problem}")


def _incomplete(connection: Connection, auth_type: str) -> str:
    extra = connection.extra_dejson.get
    if not connection.host:
        return "the connection has no host. Set the mail server as host"
    if extra("ssl_context") not in (None, "default", "none"):
        return "ssl_context in the connection's extra is neither 'default' nor 'none'. Set one of the two"
    if extra("auth_type", auth_type) not in ("basic", "oauth2"):
        return "auth_type is neither 'basic' nor 'oauth2'. Set one of the two"
    if extra("auth_type", auth_type) == "oauth2" and not extra("access_token"):
        return (
            "oauth2 needs an access_token in the connection's extra. Add the token; a client_id alone is not supported"
        )
    if extra("auth_type", auth_type) == "oauth2" and not (connection.login or extra("from_email")):
        return "oauth2 needs a login, or from_email in the connection's extra. Add one of the two"
    return (
        ""
        if str(extra("retry_limit", 5)).isdigit()
        else "retry_limit in the connection's extra is not a whole number. Set a whole number"
    )


def _attempt(name: str, connection: Connection, mail: Mail, auth_type: str) -> str:
    # Return a problem as text instead of an error, because the tracebacks of smtplib's errors refer to the password.
    text, recipients, timeout = mail.as_string(), mail.recipients(), seconds(name, connection, None)
    tries = int(connection.extra_dejson.get("retry_limit", 5)) + 1
    problem = ""
    server: smtplib.SMTP | None = None
    for _ in range(tries):
        try:
            server = _connect(connection, timeout)
            break
        except smtplib.SMTPServerDisconnected:
            problem = (
                "the server closed the connection. Check host, port, disable_ssl and disable_tls of the connection"
            )
        except (smtplib.SMTPException, OSError) as error:
            return _problem(error)
    if server is None:
        return problem
    try:
        _log_in(server, connection, auth_type)
        return _send(server, mail.sender, recipients, text, tries)
    except (smtplib.SMTPException, OSError) as error:
        return _problem(error)
    finally:
        with contextlib.suppress(smtplib.SMTPException, OSError):
            server.quit()


def _connect(connection: Connection, timeout: float) -> smtplib.SMTP:
    host, port = connection.host or "", connection.port or 0
    if connection.extra_dejson.get("disable_ssl"):
        return smtplib.SMTP(host, port, timeout=timeout)
    return smtplib.SMTP_SSL(host, port, timeout=timeout, context=_tls(connection))


def _log_in(server: smtplib.SMTP, connection: Connection, auth_type: str) -> None:
    if not connection.extra_dejson.get("disable_tls"):
        server.starttls(context=_tls(connection))
    # Send EHLO first: without it, the server refuses the login with a code that smtplib's `auth` treats as success.
    server.ehlo_or_helo_if_needed()
    if connection.extra_dejson.get("auth_type", auth_type) == "oauth2":
        server.auth("XOAUTH2", lambda _=None: _xoauth2(connection))
    elif connection.login and connection.password:
        server.login(connection.login, connection.password)


def _send(server: smtplib.SMTP, sender: str, recipients: list[str], text: str, tries: int) -> str:
    for left in reversed(range(tries)):
        try:
            refused = server.sendmail(sender, recipients, text)
        except (smtplib.SMTPException, OSError):
            if not left:
                raise
        else:
            # If the server refused only some recipients, report an error, although Airflow reports a success.
            return f"the server refused {', '.join(refused)}. Correct these addresses" if refused else ""
    return ""


def _tls(connection: Connection) -> ssl.SSLContext | None:
    return None if connection.extra_dejson.get("ssl_context") == "none" else ssl.create_default_context()


def _xoauth2(connection: Connection) -> str:
    user = connection.login or connection.extra_dejson["from_email"]
    return f"user={user}\x01auth=Bearer {connection.extra_dejson['access_token']}\x01\x01"


def _problem(error: smtplib.SMTPException | OSError) -> str:
    """Return a description of the error that contains no text from the server."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"the server refused the login (SMTP {error.smtp_code}). Check login and password"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return (
            "the server does not support STARTTLS or login. Set disable_tls in the extra, or remove login and password"
        )
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = ", ".join(f"{address} (SMTP {code})" for address, (code, _) in error.recipients.items())
        return f"the server refused all recipients: {codes}. Correct the addresses"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"the server refused the mail (SMTP {error.smtp_code}). Check the sender and the server's rules"
    if isinstance(error, ssl.SSLError):
        return (
            f"TLS failed ({error.reason or type(error).__name__}). Set disable_ssl in the extra for a port without "
            "SSL, or correct the certificate"
        )
    return (
        f"the server did not answer ({getattr(error, 'strerror', None) or type(error).__name__}). Check host and port"
    )
