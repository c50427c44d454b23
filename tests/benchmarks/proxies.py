"""Nginx, measured beside this program: a file sent as it is, and pages that a site has baked for it."""

import getpass
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.served import free_port

HTTP = "access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; default_type text/html;"


@contextmanager
def nginx(folder: Path, workers: int, http: str) -> Iterator[int]:
    """Run nginx with what stands inside `http { }`; give its process."""
    settings = folder / "nginx.conf"
    settings.write_text(
        f"user {getpass.getuser()}; daemon off; worker_processes {workers}; pid {folder}/nginx.pid;\n"
        f"error_log stderr; events {{ worker_connections 4096; }} http {{ {HTTP}\n{http} }}\n"
    )
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    with subprocess.Popen([program, "-c", str(settings)], stderr=subprocess.DEVNULL) as process:
        try:
            yield process.pid
        finally:
            process.terminate()


def file_server(port: int, root: Path, *, is_careless: bool = True) -> str:
    """Return a server that sends the files in `root`: as fast as nginx can, if it may be a minute late to see a change."""
    cache = "open_file_cache max=1000;" if is_careless else ""
    return f"server {{ listen 127.0.0.1:{port}; root {root}; {cache} add_header Content-Encoding br; }}"


def bake(instance: Path, baked: Path, port: int) -> str:
    """Bake a site's pages; return the server for them as `cms deploy nginx` prints it, with nobody behind it."""
    told = {"CMS_INSTANCE": str(instance), "CMS_BAKE_FOLDER": str(baked)}
    _cms("bake", **told)
    printed = _cms("deploy", "nginx", "--bind", f"127.0.0.1:{free_port()}", **told)
    return printed.replace("listen 80;", f"listen 127.0.0.1:{port};").replace("/var/log/nginx", str(instance))


def _cms(*command: str, **told: str) -> str:
    ran = [sys.executable, "-m", "cms.cli", *command]
    return subprocess.run(ran, env={**os.environ, **told}, check=True, capture_output=True, text=True).stdout
