"""What `cms/serving/worker.py` stands on inside granian, which promises none of it to anybody.

Where one of these fails, granian has changed there: read what it does now in its own file before its version is let in.
"""

import inspect
import socket
from collections.abc import Callable
from typing import Any

from granian._granian import CallbackScheduler, RSGIWorker, SocketHolder
from granian.constants import RuntimeModes
from granian.server.common import WORKERS_METHODS
from granian.server.mp import MPServer

# What granian's own server hands to a worker, of which `_given()` hands to RSGIWorker all that is not for Python.
HANDED_TO_WORKERS = (
    "worker_id callback sock ipc loop runtime_mode runtime_threads runtime_blocking_threads blocking_threads"
    " blocking_threads_idle_timeout backpressure task_impl http_mode http1_settings http2_settings websockets"
    " static_path log_access_fmt ssl_ctx scope_opts metrics"
)


def test_a_worker_is_made_of_what_ours_is_given() -> None:
    assert _parameters(MPServer._spawn_rsgi_worker) == HANDED_TO_WORKERS, "see cms/serving/worker.py, _given"


def test_requests_come_to_a_scheduler_that_is_replaced() -> None:
    assert hasattr(CallbackScheduler, "_schedule_fn"), "see cms/serving/worker.py, Scheduler"
    assert WORKERS_METHODS[RuntimeModes.st][False] == "serve_str", "see cms/serving/worker.py, serve_requests"
    assert hasattr(RSGIWorker, "serve_str"), "see cms/serving/worker.py, serve_requests"


def test_a_socket_is_served_that_was_opened_elsewhere() -> None:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        held = SocketHolder(opened.fileno(), False, 0)
        assert (held.get_fd(), held.is_uds()) == (opened.fileno(), False), "see cms/serving/worker.py, _given"


def _parameters(function: Callable[..., Any]) -> str:
    return " ".join(inspect.signature(inspect.unwrap(function)).parameters)
