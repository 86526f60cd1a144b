"""Names on a server whose block types are not installed yet."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import Barrier
from uuid import uuid4

import pytest
from patient_client import patient_client
from prefect.blocks.system import Secret
from prefect.client.schemas.actions import BlockTypeCreate
from prefect.exceptions import ObjectNotFound

from airflow_compat.dags._server import take_name

# A new server has no block types.
pytestmark = pytest.mark.usefixtures("own_server")
_RUNS = 8


def test_runs_that_begin_at_once_on_a_new_server_get_their_names() -> None:
    with pytest.raises(ObjectNotFound):
        patient_client().read_block_type_by_slug("secret")
    barrier = Barrier(_RUNS)

    def take(number: int) -> object:
        barrier.wait()
        return take_name(f"name-{number}", uuid4())

    with ThreadPoolExecutor(_RUNS) as threads:
        taken = [threads.submit(copy_context().run, take, number) for number in range(_RUNS)]
        assert [each.result() for each in taken] == [None] * _RUNS


def test_a_name_is_taken_between_the_registrations_of_the_type_and_of_its_schema() -> None:
    patient_client().create_block_type(BlockTypeCreate(name="Secret", slug=Secret.get_block_type_slug()))

    assert take_name("name", uuid4()) is None
