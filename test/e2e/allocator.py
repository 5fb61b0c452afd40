#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A program that monitors its operator new and delete: its own allocations are
stored, those of the runtime, which uses the same operators, are not."""

from harness import *

directory = scratch("allocator")
for name in ("O0", "O2"):
    program = compile_monitored("allocator.cpp", directory / name, f"-{name}")
    database = directory / f"{name}.db"
    check_equal(run([program], env=environment(database, OBS_DRAIN_INTERVAL="10ms"),
                    timeout=60).stdout, "ok\n", "output")
    calls = dict(query(database, "SELECT function, count(*) FROM calls GROUP BY function"))
    check_equal(calls["work"], 4, f"{name}: work")
    # Two texts and their array, three times; the same with one in the thread.
    check(11 <= calls["operator new"] <= 30, f"{name}: {calls['operator new']} allocations")
    check_equal(calls["operator new"], calls["operator delete"], f"{name}: balance")
    threads = single(database, "SELECT count(DISTINCT thread_id) FROM calls")
    check_equal(threads, 2, f"{name}: threads")
