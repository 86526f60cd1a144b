"""Generated files in and near the formats around Airflow, imported into a real Prefect server.

Each file ends in an import, a note or a refusal. A search of the server's database finds secrets only in encrypted
fields. The seed is fixed; `nox -s stress` imports 2,000 files.
"""

from __future__ import annotations

import json
import random
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from own_server import OwnServer, running

from airflow_compat import importing
from airflow_compat.errors import AirflowCompatError

SEED = 17
CONTROL = "q" * 12
# In no id, word or message; looks the same quoted, escaped and in JSON.
_LETTERS = "qxzjkwv"
_SECRET = re.compile(f"[{_LETTERS}]{{12}}")
_NUMBERS = (2**63, 2**64, -(10**30), 10**400, float("nan"), float("inf"), 2**31, -1, 0, 1.5)
_TEXTS = ("", " ", "a\0b", "\ud800", "é" * 40, "y" * 6000, "~", "null", "yes", "{}", "[1]")


class Maker:
    """Makes files from a fixed seed. `secrets` are the texts that must stay encrypted."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.number = 0
        self.stem = ""

    def secret(self) -> str:
        return "".join(self.chance.choices(_LETTERS, k=12))

    def id(self, prefix: str) -> str:
        self.number += 1
        odd = self.chance.choice(("", "", "", ".X", "-é", " y", "y" * 255, "\ud800"))
        return f"{prefix}{self.number}{odd}"

    def one_of(self, *choices: Any) -> Any:
        return self.chance.choice(choices)

    def odd(self) -> Any:
        """A harmless value that parsers and encoders often handle badly."""
        value = self.one_of(*_NUMBERS, *_TEXTS, None, True, [], {})
        for _ in range(self.chance.choice((0, 0, 1, 3, 300))):
            value = [value] if self.chance.random() < 0.5 else {"k": value}
        return value

    def marked(self) -> str:
        """Text with a secret in a place that has a name."""
        secret = self.secret()
        scheme = self.one_of("postgres", "http", "google-cloud-platform", "google_cloud_platform", "aws", "my_type", "")
        login = self.one_of(f"u:{secret}@", f":{secret}@", f"u:1/{secret}@", f"u:1?{secret}@", f"u:1#{secret}@")
        text = f"{scheme}://{login}h:5432/db" + self.one_of("", "?n=5", f"?token={self.secret()}")
        return self.one_of(
            text,
            text,
            f'"{text}"',
            f"'{text}'",
            f"Bearer {secret}",
            f"user:{secret}@host",
            f"http://https://u:{secret}@h",
            f"http://h/?__extra__={quote(json.dumps({'a': secret}))}",
            json.dumps({"conn_type": "http", "password": secret}),
        )

    def uri(self) -> str:
        """A valid or invalid connection URI."""
        secret = self.secret()
        return self.one_of(self.marked(), self.marked(), secret, f"http:/{secret}", f"token-{secret}", f":/{secret}")

    def fields(self) -> dict[str, Any]:
        extra = self.one_of({"p": self.secret()}, {"a": {"token": self.secret()}}, {"n": self.odd()}, {}, "no JSON")
        fields = {
            "conn_type": self.one_of("postgres", "http", "sftp", "aws", "redis", "google_cloud_platform", "snowflake"),
            "host": self.one_of("h", "h", f"https://u:{self.secret()}@h", f"https://h/?password={self.secret()}"),
            "login": self.one_of("u", None, ""),
            "password": self.one_of(self.secret(), self.secret(), None, "", self.odd()),
            "port": self.one_of(5432, "5432", None, self.odd()),
            "schema": self.one_of("db", None, "https"),
            "extra": self.one_of(extra, json.dumps(extra)),
            "description": self.one_of(None, "d", f"password={self.secret()}"),
        }
        kept = {name: value for name, value in fields.items() if name == "conn_type" or self.chance.random() < 0.8}
        return kept | self.one_of({}, {}, {}, {"team_name": "t"}, {"hots": self.secret()}, {"uri": self.uri()})

    def variable(self) -> Any:
        secret = self.secret()
        value = self.one_of(
            "plain",
            self.odd(),
            {"password": secret},
            {"a": [{"b": {"api_key": secret}}]},
            json.dumps({"x": {"secret": secret}}),
            f"postgres://u:{secret}@h/db",
            {"url": f"https://h/?access_token={secret}"},
            f"-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----",
            self.fields(),
        )
        return self.one_of(value, value, {"value": value, "description": "d"})

    def pool(self) -> Any:
        slots = self.one_of(1, 128, -1, -2, "3", None, self.odd())
        return self.one_of({"slots": slots, "description": "d", "include_deferred": False}, {"slots": slots}, slots)

    def connections(self) -> dict[str, Any]:
        texts = self.uri if self.stem == "connections" else self.marked
        return {self.id("c"): self.one_of(self.fields(), self.fields(), texts(), [texts()]) for _ in "123"}

    def variables(self) -> dict[str, Any]:
        return {self.id("v"): self.variable() for _ in "123"}

    def pools(self) -> dict[str, Any]:
        return {self.id("p"): self.pool() for _ in "12"}

    def mixture(self) -> dict[str, Any]:
        return self.one_of(self.connections() | self.variables(), self.variables() | self.pools(), self.variables())

    def rest(self) -> Any:
        """Answers of the REST API and of `airflow ... list -o json`, whole and for one entry."""
        listed = [{"conn_id": id_, "connection_id": id_, **self.fields()} for id_ in self.connections()]
        keyed = [{"key": id_, "value": self.secret(), "description": None} for id_ in self.variables()]
        kind, entries = self.one_of(("connections", listed), ("variables", keyed))
        return self.one_of(
            {kind: entries, "total_entries": len(entries)}, entries, entries[0], {kind: entries}, {"data": listed}
        )

    def settings(self) -> Any:
        """The Astro CLI's file."""
        names = {"conn_type", "host", "schema", "login", "password", "port", "extra"}
        connections = [
            {"conn_id": id_}
            | {
                key if key.startswith("conn_") else f"conn_{key}": value
                for key, value in self.fields().items()
                if key in names
            }
            for id_ in ("a", "b")
        ]
        connections.append({"conn_id": self.id("c"), "conn_uri": self.uri()})
        for each in connections[:2]:
            each["conn_id"] = self.id("c")
        variables = [{"variable_name": self.id("v"), "variable_value": self.variable()} for _ in "12"]
        pools = [{"pool_name": self.id("p"), "pool_slot": self.odd()}, {"pool_name": None}]
        held = {"connections": connections, "variables": variables, "pools": pools}
        return self.one_of({"airflow": held}, {"airflow": held}, held, {"airflow": held, "x": 1})

    def environment(self, *, prefixed: bool) -> str:
        lines = ["# mine", "", "FOO=bar"] if prefixed else []
        for _ in "1234":
            prefix = self.one_of("AIRFLOW_CONN_", "AIRFLOW_VAR_", "export AIRFLOW_CONN_", "") if prefixed else ""
            name = self.id("N").encode("ascii", "ignore").decode().replace(" ", "").replace(".", "_").replace("-", "_")
            # Nothing tells a variable's whole value that has a harmless name from a secret.
            is_variable = "VAR_" in prefix or (self.stem == "variables" and not prefixed)
            value = self.one_of(self.marked(), "plain") if is_variable else self.uri()
            lines.append(f"{prefix}{name}={value}")
        if prefixed:
            lines.append(f"AIRFLOW__CORE__FERNET_KEY={self.secret()}")
        return "\n".join(lines)

    def file(self, folder: Path) -> str:
        """Write a file and return the source to read."""
        self.stem = stem = self.one_of("connections", "variables", "pools", "export", "airflow_settings", "")
        if self.chance.random() < 0.25:
            prefixed = self.chance.random() < 0.6
            path = folder / f"{stem}.env"
            path.write_text(self.environment(prefixed=prefixed), errors="ignore")
            return f"env:{path}" if prefixed and self.chance.random() < 0.6 else str(path)
        content = self.one_of(
            self.connections, self.variables, self.pools, self.mixture, self.rest, self.settings, self.settings
        )()
        if self.chance.random() < 0.3:
            path = folder / f"{stem or 'x'}.yaml"
            path.write_text(yaml.safe_dump(content), errors="ignore")
        else:
            path = folder / f"{stem or 'x'}.json"
            path.write_text(json.dumps(content))
        return str(path)


def _read(maker: Maker, folder: Path, number: int, counted: Counter[str]) -> importing.Export:
    """Read several files together; each is read or refused as a whole."""
    export = importing.Export()
    for _ in range(number):
        source = maker.file(folder)
        refusal = ""
        try:
            export += importing.read(source)
            counted["file read"] += 1
        except AirflowCompatError as exc:
            refusal = str(exc)
            counted["file refused"] += 1
        assert not _SECRET.search(refusal)
        Path(source.removeprefix("env:")).unlink()
    return export


def _import(export: importing.Export, counted: Counter[str]) -> None:
    for outcome in importing.apply(importing.plan(export)):
        item = outcome.item
        assert not _SECRET.search(json.dumps(item.as_dict())), item
        # What the plan says, applying does.
        assert outcome.error == "", (item.as_dict(), outcome.error)
        # `{"data": ...}` is a variable of one id in several files.
        assert item.action in ("create", "refused") or item.id == "data", item.as_dict()
        assert item.action == "create" or item.notes
        counted[f"{item.kind} {item.action}"] += 1


def _stored(database: Path) -> Iterator[tuple[str, str]]:
    """All values of the server's database as text, with table and column."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            cursor = connection.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            for row in cursor:
                yield from ((f"{table}.{name}", str(value)) for name, value in zip(names, row, strict=True))
    connection.close()


@pytest.mark.parametrize(
    "number", [300, pytest.param(2000, marks=[pytest.mark.stress, pytest.mark.timeout(3600)])], ids=str
)
def test_generated_files_leave_no_secret_in_plain_text(number: int, tmp_path: Path) -> None:
    database = tmp_path / "prefect.db"
    # SQLite, whose file the test can read as a whole.
    own = {
        "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{database}",
        "PREFECT_API_DATABASE_MIGRATE_ON_START": "true",
    }
    counted: Counter[str] = Counter()
    with running(OwnServer(tmp_path / "home", environment=own)) as server:
        maker = Maker(SEED)
        for _ in range(number // 50):
            _import(_read(maker, tmp_path, 50, counted), counted)
        # The search must find what is plain.
        (tmp_path / "variables.json").write_text(json.dumps({"harmless": CONTROL}))
        _import(importing.read(tmp_path / "variables.json"), counted)
        server.stop()
    print(dict(sorted(counted.items())))  # The figures of a long run: pytest -s.
    values = list(_stored(database))
    found = {(place, value[:200]) for place, value in values if _SECRET.search(value)}
    # The event of its creation may be stored by then, too.
    assert "variable.value" in {place for place, _ in found}
    assert [(place, value) for place, value in found if CONTROL not in value] == []
    for kind in ("variable", "connection", "pool"):
        assert counted[f"{kind} create"] > number / 100
