"""Makes all checks of a flow's code.

If the server can't be asked, the result of the checks that need the server is `unknown`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from prefect import Flow

from ..errors import DagFileError, ServerError
from ._checks import Check, address_check
from ._flow_code import FlowCode
from ._flow_server import alert_checks, answers_for, storage_check
from ._load_flow import load_flow
from ._needs import NOT_CHECKED, Answer, Need, merge, need_checks, unknown_checks
from ._server import answering_server


def flow_checks(flow: Flow[..., Any] | str) -> tuple[Check, ...]:
    """See `airflow_compat.doctor.check_flow`."""
    flow = load_flow(flow) if isinstance(flow, str) else flow
    if not isinstance(flow, Flow):
        raise DagFileError(f"check_flow got a {type(flow).__name__}; pass a function with @flow, or an entrypoint")
    code = FlowCode(flow)
    needs = merge(code.needs)
    answers: dict[Need, Answer] = {}
    more: list[Check] = []
    server = answering_server()
    if server.kind in ("own", "cloud") and not server.error:
        try:
            more.append(storage_check(flow))
            answers.update(answers_for(needs))
            more += alert_checks(code.alerts)
        except ServerError as exc:
            server = replace(server, error=str(exc))
    asked = {check.subject for check in more}
    unasked = ["result storage", *(f"alert {alert.key}" for alert in code.alerts)]
    more += [Check(subject, "unknown", NOT_CHECKED) for subject in unasked if subject not in asked]
    # Without a configured server, a flow can't find any of its objects, so the result is `problem` instead of `note`.
    address = address_check(server)
    address = replace(address, result="problem") if address.result == "note" else address
    return (address, *need_checks(needs, answers), *more, *unknown_checks(code.unknown))
