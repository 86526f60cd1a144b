"""What notifications are sent to in tests: an HTTP and an SMTP server on loopback, and what arrived there."""

from __future__ import annotations

import base64
import contextlib
import email
import json
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from http_servers import Handler, Server

DATA = Path(__file__).parent / "data"

# Headers whose values say something about the message.
_HEADERS = ("authorization", "content-type")


@dataclass
class Target:
    """A server: where it is, what it answers, and what arrived."""

    url: str
    status: int = 200
    answer: str = '{"ok": true, "dedup_key": "d"}'
    headers: dict[str, str] = field(default_factory=dict)
    received: list[dict[str, Any]] = field(default_factory=list)


@contextlib.contextmanager
def http_target() -> Iterator[Target]:
    """A server that keeps each POST."""

    class Keeper(Handler):
        def respond(self) -> None:
            body = self.body()
            headers = {name: self.headers[name].partition(";")[0] for name in _HEADERS if self.headers[name]}
            target.received.append({"path": self.path, "headers": headers, "json": json.loads(body)})
            self.send_response(target.status)
            for name, value in target.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(target.answer.encode())

    server = Server(Keeper)
    target = Target(server.url)
    with server:
        yield target


@contextlib.contextmanager
def smtp_target(tls: ssl.SSLContext | None = None, start_tls: ssl.SSLContext | None = None) -> Iterator[Target]:
    """A mail server that keeps each mail, and lets `etl` in with `open-sesame`."""
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult, LoginPassword

    class Handler:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
            if target.status != 200:
                return f"{target.status} no"
            target.received.append(
                {
                    "from": envelope.mail_from,
                    "to": envelope.rcpt_tos,
                    "login": (session.auth_data or b"").decode() if isinstance(session.auth_data, bytes) else None,
                    **read_mail(envelope.content),
                }
            )
            return "250 kept"

        async def auth_XOAUTH2(self, server: Any, args: list[str]) -> Any:  # noqa: N802 - aiosmtpd's name
            text = base64.b64decode(args[1]).decode()
            if "Bearer open-sesame\x01" not in text:
                return AuthResult(success=False, handled=False)
            return AuthResult(success=True, auth_data=text.split("\x01")[0].encode())

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
        if isinstance(data, LoginPassword) and (data.login, data.password) == (b"etl", b"open-sesame"):
            return AuthResult(success=True, auth_data=data.login)
        return AuthResult(success=False, handled=False)

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(
        Handler(),
        hostname="127.0.0.1",
        port=port,
        ssl_context=tls,
        tls_context=start_tls,
        authenticator=authenticate,
        auth_require_tls=False,
        # On a busy machine, more than its own 5 s.
        ready_timeout=60,
    )
    target = Target(str(port))
    controller.start()
    try:
        yield target
    finally:
        controller.stop()


def read_mail(content: bytes) -> dict[str, Any]:
    """A mail's headers and parts, without date, boundary and blanks between tags."""
    message = email.message_from_bytes(content)
    left_out = ("date", "content-type", "mime-version", "x-peer", "x-mailfrom", "x-rcptto")
    headers = {
        name: " ".join(str(email.header.make_header(email.header.decode_header(value))).split())
        for name, value in message.items()
        if name.lower() not in left_out
    }
    parts = []
    for part in message.get_payload():
        held = part.get_payload(decode=True)
        text = held.decode(part.get_content_charset()) if part.get_content_maintype() == "text" else held.hex()
        parts.append(
            {
                "type": part.get_content_type(),
                "charset": part.get_content_charset(),
                "content": re.sub(r">\s+<", "><", text.replace("\r\n", "\n")).strip(),
                "file": part.get_filename(),
                "id": part["Content-ID"],
            }
        )
    return {"subtype": message.get_content_subtype(), "headers": headers, "parts": parts}


def filled(value: Any, names: dict[str, str]) -> Any:
    """A case's value with its `<HTTP>`, `<SMTP>`, `<FOLDER>` filled in."""
    text = json.dumps(value)
    for name, held in names.items():
        text = text.replace(f"<{name}>", held)
    return json.loads(text)


def context_of(case: dict[str, Any]) -> dict[str, Any]:
    """A case's context, whose objects have attributes; `dag` is left for the caller to replace."""
    context = dict(case["context"])
    for name in ("ti", "dag"):
        if name in context:
            context[name] = SimpleNamespace(**context[name])
    context["slas"] = [SimpleNamespace(**sla) for sla in context.pop("slas", [])]
    if not context["slas"]:
        del context["slas"]
    return context
