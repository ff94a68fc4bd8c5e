"""`rongqiao guarantee …`: what an operator or auditor asks of the guarantee service's books."""

import json
import sys
import time

import grpc

from app.assembly import build, make_context
from libs.chassis import codec
from libs.chassis.problems import Problem
from libs.chassis.settings import Settings
from services.guarantee.operations.audit import audit as audit_books


def audit(as_json: bool) -> int:
    """Recompute every hash, balance and limit from the first entry; 1 and the first difference where there is one."""
    service = build("guarantee", make_context(Settings(), lambda peer: grpc.insecure_channel(f"{peer}:0")))
    began = time.perf_counter()
    try:
        with service.database.read() as tx:
            found = audit_books(tx)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    finally:
        service.close()
        service.database.close()
    if as_json:
        print(json.dumps(codec.dump(found), ensure_ascii=False, indent=2))
    else:
        seconds = time.perf_counter() - began
        print(f"{found.books} books, {found.entries:,} entries, {seconds:.1f} s; root {found.root}")
        print("checked: " + ", ".join(found.checks))
        print(found.difference or "no difference")
    return 1 if found.difference else 0
