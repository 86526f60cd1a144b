"""Looking connections up: the order, the errors, and a block that opens a real database."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import sqlite3
import sys
from pathlib import Path

import pytest
from prefect.blocks.system import Secret
from prefect_sqlalchemy import ConnectionComponents, SqlAlchemyConnector
from sqlalchemy import text

from airflow_compat import (
    AirflowConnection,
    BaseHook,
    Connection,
    aget_connection,
    aload_block,
    connections,
    get_connection,
    importing,
    load_block,
)
from airflow_compat._airflow.export_data import Export
from airflow_compat.errors import (
    BlockTypeError,
    ConnectionNotFoundError,
    InvalidConnectionError,
    MissingPackageError,
)
from airflow_compat.exceptions import AirflowNotFoundException


def test_the_environment_is_the_last_place_and_the_native_block_the_first(
    unique: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"AIRFLOW_CONN_{unique.upper()}_DB", "postgresql://u:p@env.example:1/x?sslmode=require")
    assert get_connection(f"{unique}_db").host == "env.example"
    assert load_block(f"{unique}_db", SqlAlchemyConnector).connect_args == {"sslmode": "require"}
    AirflowConnection(conn_id=f"{unique}_db", conn_type="postgres", host="airflow.example").save(f"{unique}-db")
    assert get_connection(f"{unique}_db").host == "airflow.example"
    SqlAlchemyConnector(
        connection_info=ConnectionComponents(driver="postgresql+pg8000", host="native.example", database="d")
    ).save(f"{unique}-db")
    assert BaseHook.get_connection(f"{unique}_db").host == "native.example"


def test_an_id_that_the_locale_lacks_is_not_in_the_environment(unique: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.environ, "encodekey", lambda name: name.encode("ascii"))
    with pytest.raises(ConnectionNotFoundError):
        get_connection(f"{unique}_sp\u00e4ti")
    assert connections.where_kept(f"{unique}_sp\u00e4ti") is None


def test_json_in_the_environment(unique: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"AIRFLOW_CONN_{unique.upper()}", '{"conn_type": "http", "host": "https://api.example"}')
    assert get_connection(unique).host == "https://api.example"
    monkeypatch.setenv(f"AIRFLOW_CONN_{unique.upper()}", '{"conn_type": "http", "password": "quartz-Tern", ')
    with pytest.raises(InvalidConnectionError, match=unique) as caught:
        get_connection(unique)
    assert "quartz" not in str(caught.value)


def test_blanks_around_the_environments_text_do_not_count(unique: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for written in ('\n {"conn_type": "http", "host": "api"} ', " http://api\n"):
        monkeypatch.setenv(f"AIRFLOW_CONN_{unique.upper()}", written)
        assert get_connection(unique).host == "api"
    monkeypatch.setenv(f"AIRFLOW_CONN_{unique.upper()}", "")
    with pytest.raises(ConnectionNotFoundError):
        get_connection(unique)


def test_an_unknown_id_says_what_was_tried_in_order_and_what_is_near(unique: str) -> None:
    AirflowConnection(conn_id=f"{unique}_sftp", conn_type="sftp").save(f"{unique}-sftp")
    with pytest.raises(ConnectionNotFoundError) as caught:
        get_connection(f"{unique}_sftpp")
    message = str(caught.value)
    native, ours = f"native block {unique}-sftpp (sqlalchemy-connector, ", f"airflow-connection/{unique}-sftpp"
    environment = f"AIRFLOW_CONN_{unique.upper()}_SFTPP"
    assert message.index(native) < message.index(ours) < message.index(environment)
    assert f"{unique}_sftp" in message.split("nearest ids:")[1]
    with pytest.raises(AirflowNotFoundException):
        load_block(f"{unique}_sftpp")


def test_a_near_id_is_the_one_that_get_connection_takes(unique: str) -> None:
    export = Export(connections=(Connection(f"{unique}_Prod", "postgres", host="h"),))
    assert importing.apply(importing.plan(export))[0].done
    with pytest.raises(ConnectionNotFoundError, match=f"nearest ids: {unique}_Prod"):
        get_connection(f"{unique}_Prd")


def test_a_block_of_another_connection_or_kind_is_not_taken(unique: str) -> None:
    AirflowConnection(conn_id=f"{unique}_a_b", conn_type="http").save(f"{unique}-a-b")
    Secret(value="x").save(f"{unique}-other")
    with pytest.raises(ConnectionNotFoundError):
        get_connection(f"{unique}-a_b")
    with pytest.raises(ConnectionNotFoundError):
        get_connection(f"{unique}_other")


def test_another_class_than_asked_for_is_an_error(unique: str) -> None:
    AirflowConnection(conn_id=unique, conn_type="http").save(unique)
    with pytest.raises(BlockTypeError, match="has the class AirflowConnection, not SqlAlchemyConnector"):
        load_block(unique, SqlAlchemyConnector)


def test_a_missing_package_names_its_extra(unique: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"AIRFLOW_CONN_{unique.upper()}", "postgres://h/d")
    monkeypatch.setitem(sys.modules, "prefect_sqlalchemy", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'airflow-compat\[sqlalchemy\]'"):
        load_block(unique)
    assert get_connection(unique).schema == "d"


def test_a_sqlite_block_opens_the_file_and_each_load_is_fresh(
    unique: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "Übung.db"
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE t (x)")
        database.execute("INSERT INTO t VALUES (1), (2)")
    database.close()
    monkeypatch.setenv(f"AIRFLOW_CONN_{unique.upper()}", json.dumps({"conn_type": "sqlite", "host": str(file)}))
    for _ in range(2):
        with load_block(unique, SqlAlchemyConnector) as connector:
            assert connector.fetch_all("SELECT x FROM t ORDER BY x") == [(1,), (2,)]


def test_a_postgres_block_opens_a_real_database(unique: str, postgres: dict[str, str]) -> None:
    connection = Connection(
        f"{unique}_pg", "postgres", host=postgres["host"], port=int(postgres["port"]), login="postgres",
        schema="postgres", extra='{"application_name": "ported"}',
    )  # fmt: skip
    assert importing.apply(importing.plan(Export(connections=(connection,))))[0].done
    with load_block(f"{unique}_pg", SqlAlchemyConnector) as connector, connector.get_connection() as database:
        assert database.execute(text("SELECT current_setting('application_name')")).scalar() == "ported"


async def _load(conn_id: str) -> list[tuple[str | None, object]]:
    plain = (get_connection(conn_id).host, load_block(conn_id))
    twins = ((await aget_connection(conn_id)).host, await aload_block(conn_id, AirflowConnection))
    return [plain, twins, ((await aget_connection(conn_id)).host, await aload_block(conn_id))]


def test_in_an_event_loop_as_elsewhere(unique: str) -> None:
    import asyncio

    AirflowConnection(conn_id=unique, conn_type="http", host="h").save(unique)
    for host, block in asyncio.run(_load(unique)):
        assert host == "h"
        assert isinstance(block, AirflowConnection)


def test_connection_get_is_get_connection(monkeypatch: pytest.MonkeyPatch, unique: str) -> None:
    monkeypatch.setenv(f"AIRFLOW_CONN_{unique.upper()}", "postgres://u:quartz-Tern-41@h/db")
    found = Connection.get(unique)
    assert found == get_connection(unique) == asyncio.run(Connection.async_get(unique))
    assert type(found) is Connection
    assert type(pickle.loads(pickle.dumps(found))) is Connection
    assert "quartz" not in repr(found)
    with pytest.raises(ConnectionNotFoundError):
        Connection.get(f"{unique}-none")


def test_every_connection_that_is_handed_out_is_of_the_public_class(
    unique: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"AIRFLOW_CONN_{unique.upper()}_ENV", "ftp://u:quartz-Tern-41@h/d")
    AirflowConnection(conn_id=f"{unique}_own", conn_type="sftp", password="quartz-Tern-41").save(f"{unique}-own")
    file = tmp_path / "connections.json"
    file.write_text(
        json.dumps({f"{unique}_file": {"conn_type": "postgres", "host": "h", "password": "quartz-Tern-41"}})
    )
    export = importing.read(file, "env:", environ={"AIRFLOW_CONN_E": '{"conn_type": "http"}'})
    assert importing.apply(importing.plan(export, only=[f"{unique}_file"]))[0].done
    handed = [
        *export.connections,
        *(get_connection(f"{unique}_{name}") for name in ("env", "own", "file")),
        BaseHook.get_connection(f"{unique}_own"),
        asyncio.run(aget_connection(f"{unique}_file")),
        Connection.from_uri("ftp://h"),
        Connection.from_json('{"conn_type": "ftp"}'),
    ]
    assert {type(connection) for connection in handed} == {Connection}
    assert pickle.loads(pickle.dumps(handed)) == handed
    assert "quartz" not in repr(handed)


def test_what_is_equal_is_equal_wherever_it_comes_from(unique: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read = importing.read("env:", environ={f"AIRFLOW_CONN_{unique.upper()}": "ftp://u:p@h/d"}).connections[0]
    block = AirflowConnection(conn_id=unique, conn_type="ftp", host="h", login="u", password="p", schema="d")
    monkeypatch.setenv(f"AIRFLOW_CONN_{unique.upper()}", "ftp://u:p@h/d")
    same = [read, Connection.get(unique), Connection.from_uri("ftp://u:p@h/d", unique), block.as_connection()]
    assert len(set(same)) == 1
    assert all(one == other for one in same for other in same)
    assert Connection.from_uri("ftp://h", unique) not in same


@pytest.mark.parametrize("conn_id", [5, None, "", b"x", "\ud800", "a\udfff"])
def test_an_id_that_is_no_text_is_a_connection_that_is_not_there(conn_id: object) -> None:
    for find in (get_connection, load_block, Connection.get):
        with pytest.raises(ConnectionNotFoundError, match="isn't defined, because an id must be"):
            find(conn_id)
