"""`rongqiao run`: the whole platform, with demo data on its first start, until Ctrl-C."""

import os
import signal
import sys
import threading
from pathlib import Path

from app.assembly import SERVICES
from app.demo import seeding
from app.engines import EngineError
from app.server import PortTaken, Served, serve_all
from app.supervisor import NotStarted, Platform
from libs.chassis import telemetry
from libs.chassis.settings import Settings


def run(mode: str, port: int, home: Path) -> int:
    try:
        _run_full(port, home / "full") if mode == "full" else _run_embedded(port, home)
    except (PortTaken, NotStarted, EngineError) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def _run_embedded(port: int, home: Path) -> None:
    settings = Settings(port=port, home=home, log_level=os.environ.get("RONGQIAO_LOG_LEVEL", "WARNING"))
    telemetry.configure_logging(settings.log_level)
    telemetry.configure_traces("embedded", settings.otlp_endpoint)

    def greet(served: Served) -> None:
        seeding.welcome(served.url, {"": served.grpc_address}, home)

    serve_all(settings, SERVICES, greet)


def _run_full(port: int, home: Path) -> None:
    platform = Platform(home, port)
    stop = threading.Event()

    def end(_number: int, _frame: object) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    try:
        platform.start()
        seeding.welcome(platform.url, platform.grpc, home)
        stop.wait()
    finally:
        platform.stop()
