"""How fast pages and comments are answered, each as a ratio to a yardstick measured in the same rounds.

Run: `python tests/benchmarks/speed.py [--only pages|baked|anew|posts] [--isso PYTHON] [--rounds N] [--seconds N] [--workers N]
[--json]`; needs wrk and nginx. The site is seeded here: on SQLite, or where `CMS_DATABASE_URL` names an empty
PostgreSQL database. Yardsticks: `nginx` sends the same bytes as a file, without a log, and looks once a minute
whether it has changed; beside the baked page, which it sends as `cms deploy nginx` has it, log included, also one that
looks at each request as it does by default (`nginx by default`); `ceiling` is our server answering the bytes as a
constant; `hello` is a bare Flask view; comments are sent without limits and with them, each from a network of its own,
as a proxy would say (`limited`); Isso takes comments too, where PYTHON is one that has it (see beside.py).
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

import beside
import proxies
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[2]))
from cms.config import load_settings  # found from any folder
from cms.db import open_database
from cms.pages.folder import PAGES
from tests.served import Served, free_port, served

HERE = Path(__file__).parent
CONNECTIONS = 16
POST_LUA = """
math.randomseed(os.time())  -- a round of its own texts: what was sent before is a repeat, which costs little
local n = math.random(1000000000)
request = function()
  n = n + 1
  local body = "%s&comment=Number+" .. n .. "+says+that+the+tide+comes+in+twice+a+day+and+that+nobody+on+the+quay+minds+it+much."
  -- each from a network of its own, as a proxy would say where limits are on
  local from = string.format("2001:%%x:%%x::9", math.floor(n / 65536) %% 65536, n %% 65536)
  return wrk.format("POST", nil, {["Content-Type"]="application/x-www-form-urlencoded", ["Sec-Fetch-Site"]="same-origin", ["X-Forwarded-For"]=from}, body)
end
local codes = {}
response = function(status) codes[status] = (codes[status] or 0) + 1; bad = (bad or 0) + (status == 303 and 0 or 1) end
"""
FIFTY = """SELECT a.slug FROM article a JOIN comment c ON c.article_id = a.id AND c.status = 'approved'
 WHERE a.language = 'en' GROUP BY a.id, a.slug ORDER BY abs(count(*) - 50) LIMIT 1"""


def main() -> None:
    """Measure, and print the table."""
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        figures = Measured(Path(folder), asked, running).figures()
    print(
        json.dumps(figures)
        if asked.json
        else "\n".join(f"{name}: {value}" for name, value in figures.items())
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("pages", "baked", "anew", "posts"), help="measure this part alone")
    parser.add_argument("--isso", default="", help=f"a Python that has {beside.ASKED_FOR}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


class Measured:
    """A seeded site, served with its store and without, beside the yardsticks."""

    def __init__(self, folder: Path, asked: argparse.Namespace, running: ExitStack) -> None:
        self.folder, self.asked, self.running = folder, asked, running
        self.instance = folder / "instance"
        self.instance.mkdir()
        place = {"CMS_INSTANCE": str(self.instance)}
        seed = [
            sys.executable,
            str(HERE / "seed.py"),
            "--articles",
            "300",
            "--comments",
            "3000",
            "--held",
            "100",
        ]
        subprocess.run(seed, env={**os.environ, **place}, check=True, stdout=subprocess.DEVNULL)
        options = {"workers": asked.workers, "CMS_RATE_LIMITS": "off"}
        began = time.perf_counter()
        self.site = running.enter_context(served(self.instance, **options))
        self.first_answer = time.perf_counter() - began
        self.storeless = running.enter_context(served(self.instance, **options, CMS_PAGE_STORE_BYTES="0"))
        self.article = f"/articles/{self._slug()}"

    def figures(self) -> dict[str, object]:
        """Return every ratio, and what it is made of in requests a second."""
        told: dict[str, object] = {"first 200 after cms serve, seconds": round(self.first_answer, 2)}
        pages = {"article": self.article, "front": "/", "archive": "/authors/author-1", "feed": "/feed.xml"}
        for name, path in pages.items() if self._is_asked("pages") else ():
            told |= self._kept(name, path)
        if self._is_asked("baked") and not os.environ.get(
            "CMS_DATABASE_URL"
        ):  # nobody bakes beside PostgreSQL
            told |= self._baked()
        if self._is_asked("anew"):
            told |= self._made_anew()
        if self._is_asked("posts"):
            told |= self._taken()
        told["memory after load, MB (PSS)"] = round(_pss(self.site), 1)
        return told

    def _is_asked(self, part: str) -> bool:
        return self.asked.only in {None, part}

    def _kept(self, name: str, path: str) -> dict[str, object]:
        answer = self.site.ask("GET", path, Accept_Encoding="br")
        nginx_port = free_port()
        file = self._file(f"{name}.html", answer.text)  # type: ignore[attr-defined]
        with ExitStack() as running:
            ceiling = running.enter_context(self._yardstick("ceiling", answer))
            nginx = running.enter_context(
                self._nginx(nginx_port, proxies.file_server(nginx_port, file.parent))
            )
            etag = answer.headers["ETag"]
            rates = self._rounds(
                {
                    "kept": lambda: self._wrk(self.site.port, path),
                    "ceiling": lambda: self._wrk(ceiling[0], "/"),
                    "nginx": lambda: self._wrk(nginx_port, f"/{file.name}"),
                    "304": lambda: self._wrk(self.site.port, path, "-H", f"If-None-Match: {etag}"),
                },
                {
                    "kept": self.site.process.pid,
                    "304": self.site.process.pid,
                    "ceiling": ceiling[1],
                    "nginx": nginx,
                },
            )
        return {
            f"{name}: kept / ceiling": _ratio(rates, "kept", "ceiling"),
            f"{name}: kept / nginx": _ratio(rates, "kept", "nginx"),
            f"{name}: 304 / ceiling": _ratio(rates, "304", "ceiling"),
            f"{name}: the same by processor time": {
                "kept / ceiling": _ratio(self.per_second, "kept", "ceiling"),
                "kept / nginx": _ratio(self.per_second, "kept", "nginx"),
                "304 / ceiling": _ratio(self.per_second, "304", "ceiling"),
            },
            f"{name}: requests a second": {key: round(median(found)) for key, found in rates.items()},
        }

    def _baked(self) -> dict[str, object]:
        """Measure an article that nginx sends by itself as long as it is true; all servers are one nginx's."""
        baked, port, plain_port, careless_port = self.folder / "baked", free_port(), free_port(), free_port()
        printed = proxies.bake(self.instance, baked, port)
        file = self._file("baked.html", (baked / PAGES / "br" / self.article[1:]).read_bytes())
        plain = proxies.file_server(plain_port, file.parent, is_careless=False)
        careless = proxies.file_server(careless_port, file.parent)
        with self._nginx(plain_port, f"{printed} {plain} {careless}") as nginx:
            rates = self._rounds(
                {
                    "baked": lambda: self._wrk(port, self.article),
                    "nginx by default": lambda: self._wrk(plain_port, f"/{file.name}"),
                    "nginx": lambda: self._wrk(careless_port, f"/{file.name}"),
                },
                {"baked": nginx, "nginx by default": nginx, "nginx": nginx},
            )
        told: dict[str, object] = {}
        for yardstick in ("nginx by default", "nginx"):
            told[f"article baked, through nginx / {yardstick}"] = _ratio(rates, "baked", yardstick)
            told[f"the same by processor time, baked / {yardstick}"] = _ratio(
                self.per_second, "baked", yardstick
            )
        return told | {
            "baked: requests a second": {key: round(median(found)) for key, found in rates.items()}
        }

    def _made_anew(self) -> dict[str, object]:
        with self._yardstick("hello", self.site.ask("GET", "/")) as hello:
            rates = self._rounds(
                {
                    "hello": lambda: self._wrk(hello[0], "/"),
                    "anew": lambda: self._wrk(self.storeless.port, self.article),
                },
                {"hello": hello[1], "anew": self.storeless.process.pid},
            )
        return {
            "article of 50 comments made anew / hello": _ratio(rates, "anew", "hello"),
            "the same by processor time": _ratio(self.per_second, "anew", "hello"),
            "made anew: requests a second": {key: round(median(found)) for key, found in rates.items()},
        }

    def _taken(self) -> dict[str, object]:
        """Measure comments that are sent: cleaned, judged, sealed and committed before they are answered."""
        slowest: dict[str, list[float]] = {"post": [], "limited": [], "isso": []}
        scripts = {name: self.folder / f"{name}.lua" for name in ("post", "isso")}
        scripts["post"].write_text(POST_LUA % self._fields())
        scripts["isso"].write_text(beside.LUA)
        path = f"{self.article}/comments"
        with ExitStack() as running:
            hello = running.enter_context(self._yardstick("hello", self.site.ask("GET", "/")))
            limited = running.enter_context(
                served(self.instance, workers=self.asked.workers, CMS_TRUSTED_PROXIES="1")
            )
            asked = {
                "hello": lambda: self._wrk(hello[0], "/"),
                "post": lambda: self._posts(self.site.port, path, scripts["post"], slowest["post"]),
                "limited": lambda: self._posts(limited.port, path, scripts["post"], slowest["limited"]),
            }
            parents = {
                "hello": hello[1],
                "post": self.site.process.pid,
                "limited": limited.process.pid,
            }
            if beside.is_there(self.asked.isso):
                port = free_port()
                isso = beside.isso(self.asked.isso, self.folder, port, self.asked.workers)
                parents["isso"] = running.enter_context(isso)
                asked["isso"] = lambda: self._posts(port, beside.NEW, scripts["isso"], slowest["isso"])
            rates = self._rounds(asked, parents)
        told: dict[str, object] = {
            "comment POST / hello": _ratio(rates, "post", "hello"),
            "the same by processor time, POST": _ratio(self.per_second, "post", "hello"),
            "comment POST p99, ms": round(median(slowest["post"]), 1),
            "comment POST with limits / without": _ratio(rates, "limited", "post"),
            "the same by processor time, limits": _ratio(self.per_second, "limited", "post"),
            "comments a second": {key: round(median(found)) for key, found in rates.items()},
        }
        if "isso" in rates:
            return told | {
                "comment POST / Isso": _ratio(rates, "post", "isso"),
                "the same by processor time, Isso": _ratio(self.per_second, "post", "isso"),
                "Isso p99, ms": round(median(slowest["isso"]), 1),
            }
        return told | {"comment POST / Isso": f"not measured: --isso names no Python with {beside.ASKED_FOR}"}

    def _rounds(
        self, asked: dict[str, Callable[[], float]], parents: dict[str, int]
    ) -> dict[str, list[float]]:
        """Return requests a second by the clock; those by the server's own processor time stay in `per_second`.

        The latter are what is left of a comparison on a machine that does much else.
        """
        rates: dict[str, list[float]] = {name: [] for name in asked}
        self.per_second: dict[str, list[float]] = {name: [] for name in asked}
        for _ in range(self.asked.rounds):
            for name, measure in asked.items():
                before = _processor_seconds(parents[name])
                rates[name].append(measure())
                spent = max(_processor_seconds(parents[name]) - before, 0.01)
                self.per_second[name].append(rates[name][-1] * self.asked.seconds / spent)
        return rates

    def _posts(self, port: int, path: str, script: Path, latencies: list[float]) -> float:
        told = self._run_wrk(port, path, "-s", str(script), "--latency")
        if "Non-2xx" in told:
            raise SystemExit(f"comments were refused:\n{told}")
        latencies.append(_milliseconds(re.search(r"99%\s+([\d.]+)(us|ms|s)", told)))
        return _rate(told)

    def _wrk(self, port: int, path: str, *more: str) -> float:
        told = self._run_wrk(port, path, "-H", "Accept-Encoding: br", *more)
        if "Non-2xx" in told and "If-None-Match" not in str(more):
            raise SystemExit(f"{path} was not answered:\n{told}")
        return _rate(told)

    def _run_wrk(self, port: int, path: str, *more: str) -> str:
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{self.asked.seconds}s", *more]
        done = subprocess.run(
            [*command, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True
        )
        return done.stdout

    def _slug(self) -> str:
        database = open_database(load_settings(instance=self.instance))
        with database.reading() as session:
            slug: str = session.execute(sa.text(FIFTY)).scalar_one()
        database.close()
        return slug

    def _fields(self) -> str:
        page = self.site.ask("GET", self.article).text.decode()  # type: ignore[attr-defined]
        token = re.search(r'name="token"[^>]*value="([^"]+)"', page)
        return urlencode({"token": token[1] if token else "", "name": "Dan", "email": "dan@example.org"})

    @contextmanager
    def _yardstick(self, kind: str, answer: object) -> Iterator[tuple[int, int]]:
        port, told = free_port(), self.folder / f"{kind}.json"
        headers = [pair for pair in answer.headers.items() if pair[0].lower() not in {"server", "date"}]  # type: ignore[attr-defined]
        told.write_text(json.dumps({"headers": headers, "body": answer.text.hex()}))  # type: ignore[attr-defined]
        command = [
            sys.executable,
            str(HERE / "yardsticks.py"),
            kind,
            str(port),
            str(self.asked.workers),
            str(told),
        ]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            try:
                _wait(port)
                yield port, process.pid
            finally:
                process.terminate()

    @contextmanager
    def _nginx(self, port: int, servers: str) -> Iterator[int]:
        with proxies.nginx(self.folder, self.asked.workers, servers) as pid:
            _wait(port)
            yield pid

    def _file(self, name: str, body: bytes) -> Path:
        path = self.folder / "www" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(body)
        return path


def _wait(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            Served(port, None, Path()).ask("GET", "/")  # type: ignore[arg-type]  # only its port is asked for
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("a yardstick does not answer")


def _ratio(rates: dict[str, list[float]], over: str, under: str) -> float:
    return round(median(a / b for a, b in zip(rates[over], rates[under], strict=True)), 3)


def _rate(told: str) -> float:
    found = re.search(r"Requests/sec:\s+([\d.]+)", told)
    if not found:
        raise SystemExit(told)
    return float(found[1])


def _milliseconds(found: re.Match[str] | None) -> float:
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]] if found else 0.0


def _processor_seconds(parent: int) -> float:
    """Return what a server's parent and its workers have used so far."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii").split()
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in [parent, *children]]
    return sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")


def _pss(server: Served) -> float:
    """Return the megabytes that parent and workers take, pages that they share counted once."""
    pids = [server.process.pid, *server.workers()]
    return (
        sum(
            int(line.split()[1])
            for pid in pids
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            if line.startswith("Pss:")
        )
        / 1024
    )


if __name__ == "__main__":
    main()
