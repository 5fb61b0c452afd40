#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""8 threads with 100,000 calls each: all are stored with their values if the
queue is large enough; with the default queue the books balance exactly."""

from harness import *

THREADS, CALLS = 8, 100_000
TOTAL = THREADS * CALLS

directory = scratch("every_call")
program = compile_monitored("every_call.cpp", directory / "program", "-O2")

large = directory / "large.db"
run([program, THREADS, CALLS], env=environment(large, OBS_QUEUE_NORMAL=1_000_000))
check_equal(sorted(p.name for p in directory.glob("large.db*")), ["large.db"],
            "the file stands alone when the program is over")
check_equal(single(large, "SELECT count(*) FROM calls WHERE status = 'ok'"), TOTAL, "rows")
right = """
  SELECT count(DISTINCT t * 1000000 + i) FROM (
    SELECT json_extract(args, '$.thread') AS t, json_extract(args, '$.i') AS i,
           json_extract(args, '$.text') AS text, json(result) AS result, duration_ns
    FROM calls)
  WHERE t BETWEEN 0 AND 7 AND i BETWEEN 0 AND 99999 AND text = 'hello'
    AND CAST(result AS INTEGER) = t * 1000000000 + i * 3 + 5 AND duration_ns >= 0"""
check_equal(single(large, right), TOTAL, "calls with the right values")
check_equal(query(large, "SELECT calls_total, recorded, errors, dropped FROM functions"),
            [(TOTAL, TOTAL, 0, 0)], "functions")

default = directory / "default.db"
run([program, THREADS, CALLS], env=environment(default))
[(calls, recorded, dropped)] = query(
    default, "SELECT calls_total, recorded, dropped FROM functions")
check_equal(calls, TOTAL, "calls_total")
check_equal(recorded + dropped, TOTAL, "recorded + dropped")
check_equal(single(default, "SELECT count(*) FROM calls"), recorded, "rows, default queue")
if dropped:
    check("DROPPED" in obsctl(default, "stat").stdout, "stat does not show the drops")
