"""A local fake of Google Secret Manager's HTTP API."""

from __future__ import annotations

import base64
import re
from urllib.parse import parse_qs, unquote, urlsplit

from http_servers import Handler, Server

PASSWORD = "quartz-Tern-41"
"""In every error that the fake gives."""
PAGE = 2


class FakeSecretManager(Server):
    """The service's secrets by name. A status instead of bytes is the answer for that secret."""

    secrets: dict[str, bytes | int]
    project = "my-project"
    busy = 0
    """How many requests get a 503 before the service answers."""
    listing: int | None = None
    """A status in the place of the list."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.secrets = {}
        self.tokens: set[str] = set()


class _Handler(Handler):
    server: FakeSecretManager

    def respond(self) -> None:
        if self.command == "POST":
            self._log_in()
            return
        url = urlsplit(unquote(self.path))
        self.server.tokens.add(self.headers["Authorization"].removeprefix("Bearer "))
        if self.server.busy:
            self.server.busy -= 1
            self._refuse(503)
        elif url.path == f"/v1/projects/{self.server.project}/secrets":
            self._list(parse_qs(url.query))
        # Secrets are named by the project's number.
        elif match := re.fullmatch(r"/v1/projects/1234/secrets/([\w-]+)/versions/latest:access", url.path):
            value = self.server.secrets[match[1]]
            if isinstance(value, int):
                self._refuse(value)
            else:
                self.send_json(200, {"payload": {"data": base64.b64encode(value).decode()}})
        else:
            self._refuse(403)

    def _log_in(self) -> None:
        """Return the token of a login."""
        self.body()
        kind = {"token_type": "Bearer", "issued_token_type": "urn:ietf:params:oauth:token-type:access_token"}
        self.send_json(200, {"access_token": "token-of-the-login", "expires_in": 3600, **kind})

    def _list(self, query: dict[str, list[str]]) -> None:
        if self.server.listing is not None:
            return self._refuse(self.server.listing)
        names = sorted(self.server.secrets)
        start = int(query.get("pageToken", ["0"])[0])
        page = [{"name": f"projects/1234/secrets/{name}"} for name in names[start : start + PAGE]]
        more = {"nextPageToken": str(start + PAGE)} if start + PAGE < len(names) else {}
        return self.send_json(200, {"secrets": page, **more})

    def _refuse(self, status: int) -> None:
        self.send_json(status, {"error": {"code": status, "message": PASSWORD}})


class Website(_Handler):
    def respond(self) -> None:
        self.send(200, f'<html>"{PASSWORD}"'.encode())
