"""What `cms/worker.py` and `cms/server.py` stand on inside granian, which promises none of it to anybody.

Where one of these fails, granian has changed there: read what it does now in its own file before its version is let in.
"""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from granian._granian import CallbackScheduler, RSGIWorker
from granian.constants import RuntimeModes
from granian.server.common import WORKERS_METHODS
from granian.server.mp import MPServer, WorkerProcess

from cms.server import Server

# What `serve_requests` is given in place of granian's own, in this order.
GIVEN_TO_WORKERS = (
    "worker_id callback sock ipc loop runtime_mode runtime_threads runtime_blocking_threads blocking_threads"
    " blocking_threads_idle_timeout backpressure task_impl http_mode http1_settings http2_settings websockets"
    " static_path log_access_fmt ssl_ctx scope_opts metrics"
)
REPLACED = {  # by Server, with what each is given
    "_init_shared_socket": "self",
    "_spawn_workers": "self spawn_target target_loader",
    "_respawn_workers": "self workers spawn_target target_loader delay",
    "_stop_workers": "self",
    "_spawn_worker": "self idx target callback_loader",
}


def test_a_worker_is_given_what_ours_takes() -> None:
    assert _parameters(MPServer._spawn_rsgi_worker) == GIVEN_TO_WORKERS, "see cms/worker.py, serve_requests"


@pytest.mark.parametrize("name", REPLACED)
def test_what_the_server_replaces_is_asked_for_as_before(name: str) -> None:
    assert _parameters(getattr(MPServer, name, lambda: None)) == REPLACED[name], "see cms/server.py, Server"


def test_nothing_else_of_granians_is_replaced() -> None:
    ours = {name for name in vars(Server) if not name.startswith("__") and hasattr(MPServer, name)}
    assert ours == {*REPLACED, "_spawn_rsgi_worker"}


def test_a_server_has_what_ours_fills_in() -> None:
    server = Server("127.0.0.1", 0, 1)
    missing = {"_ssp", "_shd", "_sfd", "wrks", "respawned_wrks"} - vars(server).keys()
    assert not missing, "see cms/server.py, Server"


def test_requests_come_to_a_scheduler_that_is_replaced() -> None:
    assert hasattr(CallbackScheduler, "_schedule_fn"), "see cms/worker.py, Scheduler"
    assert hasattr(RSGIWorker, WORKERS_METHODS[RuntimeModes.st][False]), "see cms/worker.py, serve_requests"


def test_a_worker_can_be_asked_and_told_to_end() -> None:
    for name in ("wrap_target", "_watch", "terminate", "kill", "join"):
        assert hasattr(WorkerProcess, name), "see cms/server.py, _end"


def _parameters(function: Callable[..., Any]) -> str:
    return " ".join(inspect.signature(inspect.unwrap(function)).parameters)
