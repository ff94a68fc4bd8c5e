"""The doors of matching beside a bare hello of the same servers, each in a process of its own, in one run.

HTTP load comes from wrk (apt-get install wrk), gRPC load from Python clients in processes of their own, as no native
one is packaged. Firms ask for themselves; a match counts with all that it keeps: record, trace, fact, key.
`python -m benchmarks.serving`.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import grpc
import httpx

from app import engines
from benchmarks.measure import keep, p50, p99, show
from benchmarks.servers import PARTIES, PRODUCTS, party, serve, serve_hello
from libs.chassis.ids import new_id
from libs.chassis.principal import Principal, Role
from libs.chassis.settings import Keys
from libs.chassis.tokens import issue
from rongqiao.matching.v1 import matching_pb2 as pb

SECONDS, WARM_SECONDS, CONNECTIONS = 8, 2, 32
LONGEST_REST = 0.5  # seconds between two requests of a connection, on average
CLIENTS, OUTSTANDING = 2, 8  # gRPC: processes, and calls under way in each
ECHO = "/bench.Echo/Echo"
MATCH = "/rongqiao.matching.v1.Matching/Match"


# The load


def body(number: int) -> dict[str, Any]:
    return {
        "party": party(number % PARTIES),
        "amount_fen": 20_000_000 + number % 50 * 1_000_000,
        "term_months": (6, 12, 12, 24)[number % 4],
    }


def tokens(keys: str) -> Sequence[str]:
    """Of every party, which asks for itself; `keys` as JSON, none where nobody signs in."""
    if not keys:
        return ()
    own = Keys.model_validate_json(keys)
    askers = (Principal(f"acc_{number}", Role.SME, party(number)) for number in range(PARTIES))
    return [issue(own, one) for one in askers]


_LUA = """
local number, bodies, tokens = 0, {%(bodies)s}, {%(tokens)s}
local thread_id = 0
function setup(thread) thread:set("thread_id", thread_id); thread_id = thread_id + 1 end
function request()
  number = number + 1
  if #bodies == 0 then return wrk.format("GET", "/hello") end
  local place = number %% #bodies + 1
  local headers = {["Authorization"] = "Bearer " .. tokens[place], ["Content-Type"] = "application/json",
                   ["Idempotency-Key"] = "%(run)s-" .. thread_id .. "-" .. number}
  return wrk.format("POST", "/v1/matches", headers, bodies[place])
end
local pause = %(pause)f
if pause > 0 then
  function delay() return -pause * math.log(1 - math.random()) end
end
function done(summary, latency, requests)
  io.write(string.format("\\nFOUND %%d %%d %%d %%d %%d\\n", summary.requests, summary.duration,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
"""


@dataclass(frozen=True)
class Load:
    rps: float
    p50_ms: float
    p99_ms: float


def wrk(port: int, folder: Path, keys: str = "", rate: float = 0.0, seconds: int = SECONDS) -> Load:
    """As many requests as CONNECTIONS bring about, or about `rate` a second, at moments of chance.

    A low rate comes over few connections: the server closes one that rests, which wrk would count as an error.
    """
    bodies = ", ".join(f"'{json.dumps(body(number))}'" for number in range(PARTIES)) if keys else ""
    held = ", ".join(f"'{token}'" for token in tokens(keys))
    connections = max(1, min(CONNECTIONS, int(rate * LONGEST_REST))) if rate else CONNECTIONS
    pause = connections / rate * 1_000 if rate else 0.0
    script = folder / "load.lua"
    script.write_text(_LUA % {"bodies": bodies, "tokens": held, "run": new_id("run"), "pause": pause})
    url = f"http://127.0.0.1:{port}"
    told = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "-s", str(script), url],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = told.rpartition("FOUND ")[2].split()
    requests, micros, errors, middle, late = map(int, found[:5])
    if errors:
        raise RuntimeError(f"{errors} of {requests} requests failed:\n{told}")
    return Load(requests / micros * 1e6, middle / 1e3, late / 1e3)


def call_many(port: int, method: str, keys: str, rate: float, seconds: float) -> Sequence[float]:
    """Milliseconds of each call of one client process: OUTSTANDING threads, each a call after the other."""
    taken: list[list[float]] = [[] for _ in range(OUTSTANDING)]
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    call = channel.unary_unary(method)  # bytes in, bytes out: the client does as little as it can
    held = tokens(keys)
    until = time.perf_counter() + seconds

    def repeat(own: int) -> None:
        random, number = Random(own), own
        while time.perf_counter() < until:
            if rate:
                time.sleep(random.expovariate(rate / OUTSTANDING))
            number += OUTSTANDING
            request = pb.MatchRequest(**body(number)).SerializeToString()
            headers = _headers(held[number % PARTIES]) if held else None
            began = time.perf_counter()
            call(request, metadata=headers)
            taken[own].append((time.perf_counter() - began) * 1e3)

    threads = [threading.Thread(target=repeat, args=(own,)) for own in range(OUTSTANDING)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    channel.close()
    return [one for part in taken for one in part]


def _headers(token: str) -> Sequence[tuple[str, str]]:
    return ("authorization", f"Bearer {token}"), ("idempotency-key", new_id("key"))


def grpc_load(port: int, method: str, keys: str = "", rate: float = 0.0, seconds: float = SECONDS) -> Load:
    clients = [
        _python("call", port, method, keys, rate / CLIENTS, seconds, stdout=subprocess.PIPE)
        for _ in range(CLIENTS)
    ]
    times: list[float] = []
    for client in clients:
        out, _ = client.communicate()
        times += json.loads(out)
    return Load(len(times) / seconds, p50(times), p99(times))


# All of it


def measure(url: str, folder: Path, label: str, figures: dict[str, object]) -> None:
    """Figures of one database under `<label>` in front of their names; "" for the first."""
    keys = Keys.make().model_dump_json()
    with _serving("serve", url, keys) as (port, grpc_port), _serving("hello") as (bare, bare_grpc):
        _hello_and_match(
            figures,
            label,
            "http",
            lambda *more: wrk(bare, folder, "", *more),
            lambda *more: wrk(port, folder, keys, *more),
        )
        _hello_and_match(
            figures,
            label,
            "grpc",
            lambda *more: grpc_load(bare_grpc, ECHO, "", *more),
            lambda *more: grpc_load(grpc_port, MATCH, keys, *more),
        )


def _hello_and_match(
    figures: dict[str, object], label: str, door: str, hello: Callable[..., Load], match: Callable[..., Load]
) -> None:
    """Interleaved, and the better of two of each: the machine drifts, and other work runs beside."""
    for load in (hello, match):
        load(0.0, WARM_SECONDS)
    bare, full = (max((load(), load()), key=lambda one: one.rps) for load in (hello, match))
    half = match(full.rps / 2)
    figures[f"{label}{door}_rps"] = round(full.rps)
    figures[f"{label}{door}_hello_rps"] = round(bare.rps)
    figures[f"{label}{door}_share"] = round(full.rps / bare.rps, 3)
    figures[f"{label}{door}_half_rps"] = round(half.rps)
    figures[f"{label}{door}_p50_ms"], figures[f"{label}{door}_p99_ms"] = half.p50_ms, half.p99_ms


@contextmanager
def _serving(what: str, *setting: str) -> Iterator[tuple[int, int]]:
    port, grpc_port = engines.free_port(), engines.free_port()
    process = _python(what, *setting, port, grpc_port)
    try:
        _await(port, process)
        yield port, grpc_port
    finally:
        process.kill()
        process.wait()


def _await(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        try:
            httpx.get(f"http://127.0.0.1:{port}/")
            return
        except httpx.TransportError:
            if process.poll() is not None:
                raise RuntimeError("the server ended before it served") from None
            time.sleep(0.1)
    raise RuntimeError("the server does not come up")


def _python(what: str, *told: object, **more: Any) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "benchmarks.serving", what, *(json.dumps(one) for one in told)]
    return subprocess.Popen(command, **more)


def measure_all(figures: dict[str, object]) -> None:
    """Both doors on SQLite, and under postgres_ on PostgreSQL."""
    if shutil.which("wrk") is None:
        raise SystemExit("Load comes from wrk: apt-get install wrk.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # the database's own account goes through it
        measure(f"sqlite:///{folder / 'matching.db'}", folder, "", figures)
        postgres = engines.start_postgres(folder / "postgres", engines.free_port())
        try:
            measure(postgres.url, folder, "postgres_", figures)
        finally:
            postgres.stop()


def run() -> None:
    figures: dict[str, object] = {"products": PRODUCTS}
    measure_all(figures)
    show("serving", ("figure", "value"), [[name, value] for name, value in figures.items()])
    print(f"written to {keep('serving', figures)}")


def main() -> None:
    what, *told = sys.argv[1:] or ["run"]
    values = [json.loads(one) for one in told]
    if what == "serve":
        serve(*values)
    elif what == "hello":
        serve_hello(*values)
    elif what == "call":
        print(json.dumps(call_many(*values)))
    else:
        run()


if __name__ == "__main__":
    main()
