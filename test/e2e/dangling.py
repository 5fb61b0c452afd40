#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The arguments of an unsampled call that fails are read when it does. What
they refer to may be gone by then, and the program must not notice."""

from harness import *

CUT = "..."
LENGTHY = "x" * 100
EXPECTED = {
    "view": {"text": "... (5 bytes)"},
    "ownView": {"text": "... (5 bytes)"},
    "number": {"value": 0},
    "text": {"value": CUT},
    "object": {"value": {"id": CUT, "prices": CUT}},
    "numbers": {"values": CUT},
    "texts": {"values": CUT},
    "list": {"values": CUT},
    "tree": {"values": CUT},
    "table": {"values": CUT},
    "pointer": {"value": CUT},
    "shape": {"value": {"sides": CUT}},
    "reused": None,  # whatever lies there now
    "garbage": None,
    "present": {"value": {"id": LENGTHY, "prices": [1, 2]}, "name": LENGTHY, "note": "note",
                "map": {"k": [1, 2], LENGTHY: []}, "shape": {"sides": 4}, "pointer": 5},
}

directory = scratch("dangling")
for flag in ("-O0", "-O2"):
    program = compile_monitored("dangling.cpp", directory / f"dangling{flag}", flag)
    database = directory / f"dangling{flag}.db"
    run([program], env=environment(database))
    rows = query(database, "SELECT function, status, args FROM calls ORDER BY id")
    check_equal([row[:2] for row in rows], [(name, "error") for name in EXPECTED], flag)
    for function, _, args in rows:
        recorded = json.loads(args)
        check_equal(recorded.pop("captured"), "at_throw", f"{function} {flag}")
        if EXPECTED[function] is not None:
            check_equal(recorded, EXPECTED[function], f"{function} {flag}")
