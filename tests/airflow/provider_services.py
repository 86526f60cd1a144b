"""The services that the DAGs of `provider_dags` use, on the loopback interface."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import provider_cases
from notification_targets import Target, http_target, smtp_target

_MOTO = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(port=0, verbose=False)
server.start()
print(*server.get_host_and_port(), flush=True)
sys.stdin.read()
"""


class Services:
    """The services.

    Attributes:
        http: The address of the HTTP server of `provider_cases`.
        aws: The URL of moto's server.
        ssh: The port of a server for SSH and SFTP, which shows `files`.
        web: A server that takes messages as Slack and Discord do.
        mail: A mail server.
        kubernetes: The URL of the fake of the Kubernetes API.
    """

    def __init__(self, files: Path) -> None:
        self.files = files
        self.http = self.aws = self.kubernetes = ""
        self.ssh = 0
        self.web, self.mail = Target(""), Target("")
        self.pods: dict[str, Any] = {}

    def connections(self, home: Path) -> dict[str, dict[str, Any]]:
        """The connections in Airflow's JSON form."""
        remote = {"host": "127.0.0.1", "port": self.ssh, "login": "etl", "password": "secret"}
        trusting = {"no_host_key_check": "true", "allow_host_key_change": "true"}
        web = {"host": f"{self.web.url}/", "password": "token"}
        cluster = {"cluster": {"server": self.kubernetes}, "name": "c"}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [cluster],
            "contexts": [{"context": {"cluster": "c", "user": "u"}, "name": "x"}],
            "users": [{"name": "u", "user": {"token": "token"}}],
            "current-context": "x",
        }
        aws = {"endpoint_url": self.aws, "region_name": "us-east-1"}
        mail = {"disable_ssl": True, "disable_tls": True}
        slack = {"base_url": f"{self.web.url}/api/"}
        return {
            **provider_cases.connections(home, self.http),
            "case_aws": {"conn_type": "aws", "login": "key", "password": "secret", "extra": aws},
            "case_ssh": {"conn_type": "ssh", **remote, "extra": trusting},
            "case_sftp": {"conn_type": "sftp", **remote, "extra": trusting},
            "case_slack": {"conn_type": "slack", "password": "xoxb-token", "extra": slack},
            "case_webhook": {"conn_type": "slackwebhook", **web},
            "case_discord": {"conn_type": "discord", **web, "extra": {"webhook_endpoint": "webhooks/1/token"}},
            "case_smtp": {
                "conn_type": "smtp",
                "host": "127.0.0.1",
                "port": int(self.mail.url),
                "login": "etl",
                "password": "open-sesame",
                "extra": mail,
            },
            "case_kubernetes": {"conn_type": "kubernetes", "extra": {"kube_config": json.dumps(config)}},
        }

    def reset(self) -> list[Any]:
        """Forget everything, and return the messages and mails that arrived."""
        arrived = [*self.web.received, *self.mail.received]
        self.web.received.clear()
        self.mail.received.clear()
        self.pods.clear()
        urllib.request.urlopen(urllib.request.Request(f"{self.aws}/moto-api/reset", method="POST")).close()
        for each in self.files.iterdir():
            shutil.rmtree(each)
        return sorted(arrived, key=str)


@contextlib.contextmanager
def services(folder: Path, python: str) -> Iterator[Services]:
    """Start the services.

    Args:
        folder: A folder for the files of the SFTP server.
        python: A Python that has moto.
    """
    found = Services(folder)
    with contextlib.ExitStack() as stack:
        found.http = stack.enter_context(provider_cases.http_server())
        found.aws = stack.enter_context(_moto(python))
        found.ssh = stack.enter_context(_ssh_server(folder))
        found.web = stack.enter_context(http_target())
        found.mail = stack.enter_context(smtp_target())
        found.kubernetes = stack.enter_context(_kubernetes(found.pods))
        yield found


@contextlib.contextmanager
def _moto(python: str) -> Iterator[str]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    with subprocess.Popen(
        [python, "-c", _MOTO], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            _, port = process.stdout.readline().split()
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


@contextlib.contextmanager
def _ssh_server(folder: Path) -> Iterator[int]:
    """A server for SSH and SFTP by asyncssh, which runs commands in a shell."""
    import asyncssh

    class Server(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            return True

        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == ("etl", "secret")

    async def run(process: Any) -> None:
        pipe = asyncio.subprocess.PIPE
        child = await asyncio.create_subprocess_shell(process.command, stdout=pipe, stderr=pipe)
        output, errors = await child.communicate()
        process.stdout.write(output.decode())
        process.stderr.write(errors.decode())
        process.exit(child.returncode or 0)

    async def serve() -> None:
        server = await asyncssh.create_server(
            Server,
            "127.0.0.1",
            0,
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            process_factory=run,
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(folder)),
        )
        ports.append(server.get_port())
        stop.append(asyncio.Event())
        started.set()
        async with server:
            await stop[0].wait()

    ports: list[int] = []
    stop: list[asyncio.Event] = []
    started, loop = Event(), asyncio.new_event_loop()
    thread = Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert started.wait(240)
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(stop[0].set)
        thread.join()
        loop.close()


class _FakeKubernetes(BaseHTTPRequestHandler):
    """A fake of the Kubernetes API: each pod ends at once, with the exit code that its command names."""

    def _answer(self) -> None:
        pods: dict[str, Any] = self.server.pods  # type: ignore[attr-defined]
        url = urlsplit(self.path)
        parts = url.path.strip("/").split("/")[4:]
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if parts == ["pods"] and self.command == "POST":
            pod = json.loads(body)
            pods[pod["metadata"]["name"]] = _ended(pod)
            self._send(201, pod)
        elif parts == ["pods"]:
            selector = parse_qs(url.query).get("labelSelector", [""])[0]
            found = [pod for pod in pods.values() if _matches(pod["metadata"]["labels"], selector)]
            self._send(200, {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": found})
        elif parts[:1] == ["events"]:
            self._send(200, {"kind": "EventList", "apiVersion": "v1", "metadata": {}, "items": []})
        elif parts[:1] == ["pods"] and parts[1] in pods:
            self._answer_for_pod(pods[parts[1]], parts[2:], body)
        else:
            self._send(404, {"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404})

    def _answer_for_pod(self, pod: dict[str, Any], rest: list[str], body: bytes) -> None:
        if rest == ["log"]:
            self._send(200, "2024-01-01T00:00:00.000000000Z a line of the pod\n")
            return
        if self.command == "PATCH":
            pod["metadata"]["labels"].update(json.loads(body)["metadata"].get("labels", {}))
        elif self.command == "DELETE":
            del self.server.pods[pod["metadata"]["name"]]  # type: ignore[attr-defined]
        self._send(200, pod)

    def _send(self, status: int, answer: Any) -> None:
        text = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if isinstance(answer, str) else "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815 - the names of the base class

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


@contextlib.contextmanager
def _kubernetes(pods: dict[str, Any]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _FakeKubernetes) as server:
        server.pods = pods  # type: ignore[attr-defined]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _ended(pod: dict[str, Any]) -> dict[str, Any]:
    command = pod["spec"]["containers"][0]["args"][0]
    code = int(command.removeprefix("exit ")) if command.startswith("exit ") else 0
    at = "2024-01-01T00:00:00Z"
    state = {"terminated": {"exitCode": code, "reason": "Error" if code else "Completed", "finishedAt": at}}
    container = {"name": "base", "image": "busybox", "imageID": "", "ready": False, "restartCount": 0, "state": state}
    phase = "Failed" if code else "Succeeded"
    metadata = {**pod["metadata"], "uid": "1", "creationTimestamp": at}
    return {**pod, "metadata": metadata, "status": {"phase": phase, "containerStatuses": [container], "startTime": at}}


def _matches(labels: dict[str, str], selector: str) -> bool:
    """Return True if a selector of labels, such as `a=b,!c,d!=e`, selects them."""
    for part in filter(None, selector.split(",")):
        name, is_equal, value = part.partition("=")
        if part.startswith("!"):
            wrong = part[1:] in labels
        elif name.endswith("!"):
            wrong = labels.get(name[:-1]) == value
        else:
            wrong = name not in labels if not is_equal else labels.get(name) != value.lstrip("=")
        if wrong:
            return False
    return True
