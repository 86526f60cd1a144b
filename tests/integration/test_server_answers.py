"""The server's reason for refusing a request is in our error, without the request's secrets."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest
from patient_client import patient_client
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate

from airflow_compat import work_pools
from airflow_compat._prefect.answers import server_detail
from airflow_compat._prefect.client import kept_client
from airflow_compat._prefect.failures import server_call
from airflow_compat._prefect.limits import update_limit
from airflow_compat._prefect.specs import LimitSpec
from airflow_compat.backfills._server import cancel_run
from airflow_compat.errors import NameTakenError, ServerError
from airflow_compat.work_pools import WorkPoolSpec
from airflow_compat.work_pools._server import create_work_pool

SECRET = "quartz-Tern-41"


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(ServerError) as caught:
        server_call(call)()
    assert SECRET not in repr(caught.value)
    return str(caught.value)


def test_a_refused_template_is_explained(unique: str) -> None:
    template = {
        "job_configuration": {"command": "{{ nowhere }}", "env": {"TOKEN": SECRET}},
        "variables": {"properties": {"a": {"type": "string", "default": SECRET}}},
    }
    data = {"name": unique, "type": "process", "base_job_template": template}
    said = refusal(lambda: create_work_pool(data))
    assert "answered 422 Unprocessable" in said
    assert "base_job_template: The variables specified in the job configuration template must be present" in said
    assert "undeclared variable(s): nowhere." in said


def test_a_value_that_the_server_quotes_is_masked(unique: str) -> None:
    pool = WorkPoolSpec(unique, "kubernetes")
    work_pools.apply([pool])
    body = {"work_pool_name": unique, "name": unique, "job_variables": {"image": [SECRET], "labels": {"a": 123456789}}}

    def create() -> None:
        client = kept_client()
        client.request("POST", "/deployments/", json={**body, "flow_id": str(client.create_flow_from_name(unique))})

    said = refusal(create)
    assert "Error creating deployment" in said
    assert "***" in said
    assert "123456789" not in said
    patient_client().delete_work_pool(unique)


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/variables/", {"name": "NOT LEGAL", "value": SECRET}, "name: "),
        ("/variables/", {"name": "legal", "value": SECRET, "tags": SECRET}, "tags: Input should be a valid list"),
        ("/flow_runs/", {"name": SECRET}, "flow_id: Field required"),
        ("/deployments/filter", {"limit": 10**6}, "Invalid limit"),
        ("/work_pools/", {"name": "prefect-own", "type": "process"}, "reserved for internal use"),
    ],
)
def test_each_form_of_an_error_answer_is_understood(path: str, body: dict[str, object], expected: str) -> None:
    assert expected in refusal(lambda: kept_client().request("POST", path, json=body))  # type: ignore[arg-type]


def test_an_answer_without_a_reason_points_at_the_log() -> None:
    said = refusal(lambda: kept_client().request("GET", "/nowhere"))  # type: ignore[arg-type]
    assert "answered 404 Not Found (Not Found)" in said
    request = httpx.Request("GET", "http://127.0.0.1/")
    for answer in (httpx.Response(500, text="<html>"), httpx.Response(400, json=["a"]), httpx.Response(400, json={})):
        answer.request = request
        assert server_detail(answer) == ""


def test_missing_object_is_a_server_error(unique: str) -> None:
    with pytest.raises(ServerError, match="answered 404 Not Found"):
        update_limit(LimitSpec(unique, 3))
    assert cancel_run(str(uuid4())) == "the run was deleted in the meantime"


def test_taken_name_has_the_reason(unique: str) -> None:
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=unique, type="process"))
        with pytest.raises(NameTakenError, match=r"in the meantime \(.+\); repeat the call or command"):
            create_work_pool({"name": unique, "type": "process"})
        client.delete_work_pool(unique)


@pytest.mark.parametrize("sent", ["abc", "open-sesame", "line\nbreak 'quoted\"", "ünïcode-text", 123456, [["deep"]]])
def test_sent_values_are_never_shown(sent: object) -> None:
    request = httpx.Request("POST", "http://127.0.0.1/", json={"name": "shop", "data": {"password": sent}})
    text = sent if isinstance(sent, str) else "deep" if isinstance(sent, list) else str(sent)
    details = [
        f"{text!r} is not of type 'object'",
        f"1 error for shop [type=string, input_value={text[:2]}...{text[-2:]}, input_type=str]",
    ]
    for detail in details:
        said = server_detail(httpx.Response(422, json={"detail": detail}, request=request))
        assert repr(text) not in said
        assert f"{text[:2]}..." not in said
        assert "***" in said
