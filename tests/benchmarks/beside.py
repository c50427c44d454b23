"""Another comment server, measured beside this one: Isso, which does nothing else."""

import http.client
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ASKED_FOR = "isso==0.14.* gunicorn"
SETTINGS = """[general]
dbpath = {folder}/isso.db
host = http://127.0.0.1/
[moderation]
enabled = true
[guard]
enabled = false
[server]
listen = http://127.0.0.1:{port}
"""
NEW = "/new?uri=%2Fcat"
LUA = """
local n = math.random(1000000000)
request = function()
  n = n + 1
  local said = "Number " .. n .. " says that the tide comes in twice a day and that nobody on the quay minds it much."
  local body = '{"author":"Dan","email":"dan@example.org","title":"Cat","text":"' .. said .. '"}'
  return wrk.format("POST", nil, {["Content-Type"]="application/json", ["Origin"]="http://127.0.0.1"}, body)
end
"""


def is_there(python: str) -> bool:
    """Tell whether a Python has what is measured."""
    asked = [python, "-c", "import isso, gunicorn"]
    return bool(python) and subprocess.run(asked, capture_output=True, check=False).returncode == 0


@contextmanager
def isso(python: str, folder: Path, port: int, workers: int) -> Iterator[int]:
    """Serve an empty Isso that moderates, by gunicorn without --preload (its thread would hang); give its process."""
    settings = folder / "isso.cfg"
    settings.write_text(SETTINGS.format(folder=folder, port=port))
    command = [
        python,
        "-m",
        "gunicorn",
        "-w",
        str(workers),
        "-b",
        f"127.0.0.1:{port}",
        "isso.run:application",
    ]
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "ISSO_SETTINGS": str(settings)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _send_first(port)
            yield process.pid
        finally:
            process.terminate()


def _send_first(port: int) -> None:
    """Send the first comment until it is taken: the thread is there then."""
    body = json.dumps({"author": "Dan", "email": "dan@example.org", "title": "Cat", "text": "First of all."})
    headers = {"Content-Type": "application/json", "Origin": "http://127.0.0.1"}
    until = time.monotonic() + 60
    while time.monotonic() < until:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("POST", NEW, body, headers)
            if connection.getresponse().status == 202:  # taken, and held
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise SystemExit("Isso does not take comments")
