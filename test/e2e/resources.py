#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Processor time and allocated bytes of calls: with no counter of bytes, with
libobs_malloc.so, with jemalloc's and with the program's own."""

from harness import *

directory = scratch("resources")
MALLOC = BUILD / "lib" / "libobs_malloc.so"
JEMALLOC = "libjemalloc.so.2"
COLUMNS = "SELECT cpu_ns, allocated_bytes FROM calls WHERE function = "


def of(database, call):
    rows = query(database, f"{COLUMNS}'{call}' ORDER BY started_ns")
    check(rows, f"{call} is not in {database}")
    return rows


def check_cpu(database):
    """What does not depend on how bytes are counted."""
    (first, _), *_ = of(database, "busy")
    check(30e6 <= first < 60e6, f"busy(30) took {first} ns of processor time")
    check(of(database, "idle")[0][0] < 10e6, f"idle: {of(database, 'idle')}")
    check(10e6 <= of(database, "nested")[0][0] < 40e6, f"nested: {of(database, 'nested')}")
    on_thread, = query(database, COLUMNS + "'busy' AND args = '{\"milliseconds\":5}'")
    check(5e6 <= on_thread[0] < 30e6, f"another thread: {on_thread}")
    check(4e6 <= of(database, "Class::inherits")[0][0] < 30e6, "inherited")
    check_equal(of(database, "Class::unmeasured"), [(None, None)], "resources=false")
    check_equal(of(database, "plain"), [(None, None)], "not asked for")
    check_equal(of(database, "unsampled"), [(None, None)], "recorded as it failed")
    failed = [cpu for cpu, _ in of(database, "fails")]
    check_equal(len(failed), 4, "calls that failed")
    check(failed == sorted(failed, reverse=True) and failed[0] >= 3e6, f"fails: {failed}")
    check_equal(query(database, "SELECT DISTINCT status, error_type, length(error_message) FROM calls"
                      " WHERE function = 'fails'"), [("error", "std::runtime_error", 100)], "fails")
    check_equal(single(database, "SELECT count(cpu_ns) FROM calls WHERE function = 'deep'"), 1001,
                "deep calls")
    check_equal(single(database, "SELECT length(result) FROM calls WHERE function = 'nested'"), 1002,
                "results that are beside the exit")
    check_equal(single(database, "SELECT result FROM calls WHERE function = 'busy'"), "30", "a result")


def check_bytes(database, at_least, at_most):
    """`at_least` and `at_most`: of what rounding up may add."""
    spans = {"busy": (0, 0), "idle": (0, 0), "nested": (51_001, 51_001),
             "everyWay": (16_024, 16_024)}  # aligned: rounded up by operator new
    for call, (low, high) in spans.items():
        used = of(database, call)[0][1]
        check(low * at_least <= used <= high * at_most, f"{call} allocated {used} bytes")
    used = [allocated for _, allocated in of(database, "fails")]
    check(used == sorted(used, reverse=True) and used[-1] > 100, f"fails: {used}")


for level in "-O0", "-O2":
    program = compile_monitored("resources.cpp", directory / f"plain{level}", level)
    database = directory / f"none{level}.db"
    run([program], env=environment(database))
    check_cpu(database)
    check_equal(single(database, "SELECT count(allocated_bytes) FROM calls"), 0, "without a counter")
    shown = obsctl(database, "calls", "--id", single(
        database, "SELECT id FROM calls WHERE function = 'nested'")).stdout
    check("cpu time" in shown and "not counted: link -lobs_malloc" in shown, shown)

preloaded = directory / "preloaded.db"
run([program], env=environment(preloaded, LD_PRELOAD=MALLOC, GLIBC=1))
check_cpu(preloaded)
check_bytes(preloaded, 1, 1)
check_equal(of(preloaded, "wholePages")[0][1], 8192, "pvalloc")
shown = obsctl(preloaded, "calls", "--where", "allocated > 50000 and cpu > 5ms").stdout
check("nested" in shown and "busy" not in shown.replace("busy(", ""), shown)
row, = json.loads(obsctl(preloaded, "--json", "calls", "--where", "function = nested").stdout)
check_equal(row["allocated_bytes"], 51_001, "as JSON")
shown = obsctl(preloaded, "calls", "--id", row["id"]).stdout
check("51,001 bytes" in shown, shown)

linked = directory / "linked.db"
run([compile_monitored("resources.cpp", directory / "linked", "-O2", "-lobs_malloc")],
    env=environment(linked))
check_bytes(linked, 1, 1)

own = directory / "own.db"
run([compile_monitored("resources.cpp", directory / "own", "-O2", "-DOWN_COUNTER")],
    env=environment(own))
check_equal(of(own, "idle")[0][1], 1000, "the program's own counter")

jemalloc = directory / "jemalloc.db"
run([program], env=environment(jemalloc, LD_PRELOAD=JEMALLOC))
check_cpu(jemalloc)
check_bytes(jemalloc, 1, 1.5)

# Killed: what has returned is complete, what has not has no end to measure at.
killed = directory / "killed.db"
run([program, "killed"], env=environment(killed), expect=-9)
obsctl(killed, "recover")
check_equal(query(killed, "SELECT status, cpu_ns >= 2000000 FROM calls WHERE function = 'killed'"
                  " ORDER BY started_ns"), [("ok", 1), ("in_flight", None)], "killed")
check_equal(single(killed, "SELECT args FROM calls WHERE status = 'in_flight'"), '{"now":true}',
            "arguments of what is in flight")
