"""A mail as MIME, and the server that it goes to: what Airflow's `SmtpHook` does with a connection."""

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
from .connection import seconds

Addresses = str | Iterable[str]


@dataclass(frozen=True)
class Mail:
    """What is to be sent.

    Attributes:
        to: Addresses: a list, or text with commas or semicolons between them.
        files: Paths of attachments.
        mime_subtype: Of the multipart message: `mixed`, `alternative`, ...
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
        """All who get it: in bcc too."""
        return [*addresses(self.to), *addresses(self.cc or ()), *addresses(self.bcc or ())]

    def as_string(self) -> str:
        """The message as SMTP carries it."""
        message = MIMEMultipart(self.mime_subtype)
        # A line break can't stand in a header, and an error's text in the subject may have one.
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
    """The addresses, one by one; a separator at the end stands for none.

    Raises:
        NotificationError: One of them is no text.
    """
    if isinstance(given, str):
        return [address for each in given.replace(";", ",").split(",") if (address := each.strip())]
    found = list(given)
    if not all(isinstance(address, str) for address in found):
        raise NotificationError(f"a mail's addresses are {found!r}; write text, or a list of texts")
    return found


def deliver(name: str, connection: Connection, mail: Mail, auth_type: str) -> None:
    """Send the mail through the connection's server.

    SSL unless the extra has `disable_ssl`, and STARTTLS unless it has `disable_tls`, as in Airflow. The extra's
    `retry_limit`, 5 unless it is given, says how often connecting and sending are tried again.

    Args:
        name: The notifier, for messages.
        connection: Of type `smtp`.
        mail: What to send.
        auth_type: `basic` or `oauth2`; the extra's goes before it.

    Raises:
        NotificationError: The connection is incomplete, the server can't be reached, or it refused.
    """
    problem = _incomplete(connection, auth_type)
    try:
        problem = problem or _attempt(name, connection, mail, auth_type)
    except OSError as error:
        problem = f"attachment {error.filename!r} can't be read ({error.strerror}); correct files"
    except (MessageError, ValueError, LookupError) as error:
        problem = f"the mail can't be written ({type(error).__name__}); correct its headers, mime_charset and subtype"
    if problem:
        raise NotificationError(f"{name}: connection {connection.conn_id!r}: {problem}")


def _incomplete(connection: Connection, auth_type: str) -> str:
    extra = connection.extra_dejson.get
    if not connection.host:
        return "it has no host; give it the mail server's"
    if extra("ssl_context") not in (None, "default", "none"):
        return "ssl_context in its extra is neither 'default' nor 'none'; write one of them"
    if extra("auth_type", auth_type) not in ("basic", "oauth2"):
        return "auth_type is neither 'basic' nor 'oauth2'; write one of them"
    if extra("auth_type", auth_type) == "oauth2" and not extra("access_token"):
        return "oauth2 needs an access_token in its extra; none is fetched here for a client_id"
    if extra("auth_type", auth_type) == "oauth2" and not (connection.login or extra("from_email")):
        return "oauth2 needs a login, or from_email in its extra"
    return "" if str(extra("retry_limit", 5)).isdigit() else "retry_limit in its extra is no whole number; write one"


def _attempt(name: str, connection: Connection, mail: Mail, auth_type: str) -> str:
    """Send the mail; what went wrong, or nothing.

    What smtplib raises comes by the password in its frames, so none of it goes on.
    """
    text, recipients, timeout = mail.as_string(), mail.recipients(), seconds(name, connection, None)
    tries = int(connection.extra_dejson.get("retry_limit", 5)) + 1
    problem = ""
    server: smtplib.SMTP | None = None
    for _ in range(tries):
        try:
            server = _connect(connection, timeout)
            break
        except smtplib.SMTPServerDisconnected:
            problem = "the server hung up; check host, port, and that disable_ssl and disable_tls fit the port"
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
    # Without it a server refuses to log anybody in, by a code that smtplib's `auth` takes for success.
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
            # Some got it, which Airflow takes for all.
            return f"the server refused {', '.join(refused)}; correct the addresses" if refused else ""
    return ""


def _tls(connection: Connection) -> ssl.SSLContext | None:
    return None if connection.extra_dejson.get("ssl_context") == "none" else ssl.create_default_context()


def _xoauth2(connection: Connection) -> str:
    user = connection.login or connection.extra_dejson["from_email"]
    return f"user={user}\x01auth=Bearer {connection.extra_dejson['access_token']}\x01\x01"


def _problem(error: smtplib.SMTPException | OSError) -> str:
    """What the error says, without the server's own words."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"the server refused the login (SMTP {error.smtp_code}); check login and password"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "the server has no STARTTLS or no login; set disable_tls in the extra, or take login and password out"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = ", ".join(f"{address} (SMTP {code})" for address, (code, _) in error.recipients.items())
        return f"the server refused all recipients: {codes}; correct the addresses"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"the server refused the mail (SMTP {error.smtp_code}); check the sender, and what the server lets in"
    if isinstance(error, ssl.SSLError):
        return (
            f"TLS failed ({error.reason or type(error).__name__}); set disable_ssl in the extra for a port that starts "
            "in plain text, or correct the certificate"
        )
    return (
        f"the server did not answer ({getattr(error, 'strerror', None) or type(error).__name__}); check host and port"
    )
