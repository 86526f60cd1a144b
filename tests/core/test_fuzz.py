"""Mutated exports, URIs and environment values give an object, or our own error without secrets."""

from __future__ import annotations

import json
import random
import traceback
from collections.abc import Callable

import pytest
from examples import number

from airflow_compat import importing
from airflow_compat._airflow.connection import Connection
from airflow_compat._airflow.export_data import Export, Problem
from airflow_compat._airflow.exports import parse_export
from airflow_compat._airflow.variable import VariableRecord
from airflow_compat.errors import AirflowCompatError

SECRETS = ("qxzjkwvq", "wvqxkzjq")
NUMBER = number(4000)

URIS = [
    "postgres://user:qxzjkwvq@db.example:5432/sales?sslmode=require&options=-c%20x%3D1",
    "http://user:qxzjkwvq@https%3A%2F%2Fapi.example/v1?__extra__=%7B%22token%22%3A%20%22wvqxkzjq%22%7D",
    "aws://AKIA:qxzjkwvq@/?region_name=eu-west-1&aws_session_token=wvqxkzjq",
    "ftp://u:qxzjkwvq@[::1]:21/d",
    "http://https://user:qxzjkwvq@h:443/v1?k=wvqxkzjq",
]
FIELDS = {
    "conn_type": "postgres",
    "host": "db.example",
    "login": "user",
    "password": SECRETS[0],
    "port": 5432,
    "schema": "sales",
    "extra": {"token": SECRETS[1], "a": [1, None, {"b": 2.5}]},
}
JSONS = [json.dumps(FIELDS), json.dumps({**FIELDS, "extra": json.dumps(FIELDS["extra"])})]
EXPORTS = [
    json.dumps({"pg": FIELDS, "web": {"conn_type": "http", "password": SECRETS[1]}}),
    json.dumps({"api_key": SECRETS[0], "settings": {"description": "d", "value": {"token": SECRETS[1]}}, "n": 5}),
    json.dumps({"default_pool": {"slots": 128, "description": SECRETS[0], "include_deferred": False}}),
]
# What tends to break parsers, put in at random places.
SHARDS = [
    *"://@?#[]{}\"'\\,%&=+ \t\n\0",
    "://",
    "%",
    "%ff",
    "%2F",
    "\u2100",
    "\ud800",
    "\U0001f512",
    "[" * 2000,
    '{"a":' * 2000,
    "9" * 5000,
    "NaN",
    "null",
    "1e999",
    "\\ud800",
    "__extra__",
    ":65536",
    ":-1",
    "é" * 300,
]


def _mutated(text: str, chance: random.Random) -> str:
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.choice((0, 0, 1, 2, 8, 64)))
        text = text[:start] + chance.choice(("", chance.choice(SHARDS), text[end : end + 9])) + text[end:]
    return text[: chance.randrange(len(text) + 1)] if chance.random() < 0.1 else text


def _as_bytes(text: str, chance: random.Random) -> bytes:
    data = bytearray(text.encode(chance.choice(("utf-8", "utf-8", "utf-8", "utf-16")), "surrogatepass"))
    if data and chance.random() < 0.3:
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def _export(text: str, chance: random.Random) -> Export:
    return parse_export(
        _as_bytes(text, chance), chance.choice(("connections.json", "variables.json", "pools.json", "x"))
    )


def _environment(text: str, _: random.Random) -> Export:
    export = importing.read("env:", environ={"AIRFLOW_CONN_PG": text, "AIRFLOW_VAR_REGION": text})
    assert export.variables == (VariableRecord("region", text),)
    assert len(export.connections) + len(export.problems) == 1
    return export


TARGETS: dict[str, tuple[list[str], Callable[[str, random.Random], object]]] = {
    "uri": (URIS, lambda text, _: Connection.from_uri(text, "pg")),
    "uri-cli": (URIS, lambda text, _: Connection.from_uri(text, "pg", parser="cli")),
    "json": (JSONS, lambda text, _: Connection.from_json(text, "pg")),
    "export": (EXPORTS, _export),
    "export-twice": (EXPORTS[:1], _export),
    "environment-uri": (URIS, _environment),
    "environment-json": (JSONS, _environment),
}


@pytest.mark.parametrize("target", TARGETS)
def test_input_gives_an_object_or_our_own_error(target: str) -> None:
    seeds, parse = TARGETS[target]
    chance = random.Random(target)
    outcomes = {"object": 0, "error": 0}
    for _ in range(NUMBER):
        text = _mutated(chance.choice(seeds), chance)
        error = None
        problems: tuple[Problem, ...] = ()
        try:
            found = parse(text, chance)
            assert found is not None
            problems = found.problems if isinstance(found, Export) else ()
        except AirflowCompatError as exc:
            error = exc
        outcomes["error" if error or problems else "object"] += 1
        for secret in SECRETS:
            assert not any(secret in problem.reason for problem in problems), (text, problems)
        if error:
            assert error.__context__ is None
            shown = "".join(traceback.TracebackException.from_exception(error, limit=-1, capture_locals=True).format())
            for secret in SECRETS:
                assert secret not in shown, (text, shown)
    assert min(outcomes.values()) > NUMBER / 50
