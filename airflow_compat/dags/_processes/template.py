"""The template: the process that loads the DAG file once, and forks the children.

The children are forks of this process, so they have the loaded file without loading the file again.

The template has only one thread, so it can be forked safely. The flow's process has several threads, so it can't be
forked safely.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from .._flow import flow_of_source
from .._instances import text_of
from .child import serve
from .messages import ANSWER, EXIT_CODE, REQUEST, RUNNING, UNKNOWN

if TYPE_CHECKING:
    from .._flow import DagFlow
    from .messages import RunFacts


def main(descriptor: int) -> None:
    """Fork children until the flow's process ends or closes the connection.

    Args:
        descriptor: The file descriptor of the connection. The facts about the run are read from standard input.
    """
    control = socket.socket(fileno=descriptor)
    control.set_inheritable(False)
    facts: RunFacts = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the flow's process
    # Until now, the environment also contained the Prefect settings of the flow's process. Prefect has already read its
    # settings, when it was imported.
    os.environ.clear()
    os.environ.update(facts.environ)
    flow: DagFlow | str
    try:
        flow = flow_of_source(facts.source, facts.dag_id)
    except Exception as error:  # noqa: BLE001 - the tasks fail with it
        flow = text_of(error)
    gc.freeze()
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, REQUEST.size, 1)
        if not request:
            os._exit(0)
        kind, process = REQUEST.unpack(request)
        if kind == EXIT_CODE:
            control.sendall(ANSWER.pack(_exit_code(process)))
            continue
        sys.stdout.flush()
        process = os.fork()
        if not process:
            os.setsid()
            control.close()
            serve(descriptors[0], facts, flow)
        os.close(descriptors[0])
        control.sendall(ANSWER.pack(process))


def _exit_code(process: int) -> int:
    try:
        ended, status = os.waitpid(process, os.WNOHANG)
    except ChildProcessError:
        return UNKNOWN
    if not ended:
        return RUNNING
    # End the processes that the child's tasks have started.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process, signal.SIGKILL)
    return os.waitstatus_to_exitcode(status)
