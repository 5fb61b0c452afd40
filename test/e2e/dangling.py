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
    "span": {"values": "[(anonymous namespace)::Span with 4 items]", "behind": 5},
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
for number, flags in enumerate((["-O0"], ["-O2"], ["-O1", *SANITIZED])):
    program = compile_monitored("dangling.cpp", directory / f"dangling{number}", *flags)
    database = directory / f"dangling{number}.db"
    # What it takes away is never destroyed.
    run([program], env=environment(database, ASAN_OPTIONS="detect_leaks=0"))
    rows = query(database, "SELECT function, status, args FROM calls ORDER BY id")
    check_equal([row[:2] for row in rows], [(name, "error") for name in EXPECTED], flags)
    for function, _, args in rows:
        recorded = json.loads(args)
        check_equal(recorded.pop("captured"), "at_throw", f"{function} {flags}")
        if EXPECTED[function] is not None:
            check_equal(recorded, EXPECTED[function], f"{function} {flags}")
