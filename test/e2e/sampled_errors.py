#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""sample=0.01 and one error in a thousand of a million calls: all errors are
stored with type, message and arguments; the number of calls is exact."""

from harness import *

CALLS, ERRORS = 1_000_000, 1_000

directory = scratch("sampled_errors")
database = directory / "obs.db"
program = compile_monitored("sampled_errors.cpp", directory / "program", "-O2")
printed = run([program], env=environment(database)).stdout
check_equal(printed.split()[0], str(ERRORS), "errors caught by the program")

rows = query(database, """
  SELECT json_extract(args, '$.number'), json_extract(args, '$.text'), error_type, error_message
  FROM calls WHERE status = 'error' ORDER BY 1""")
check_equal(rows, [(n, "line", "std::invalid_argument", f"bad number {n} in line")
                   for n in range(999, CALLS, 1000)], "errors")
[(calls, recorded, errors, dropped)] = query(
    database, "SELECT calls_total, recorded, errors, dropped FROM functions")
check_equal(calls, CALLS, "calls_total")
check_equal(errors, ERRORS, "functions.errors")
check_equal(dropped, 0, "dropped")
check_equal(recorded, single(database, "SELECT count(*) FROM calls"), "recorded")
# 10,000 sampled calls are expected; five standard deviations are 500.
check(9_500 < recorded - ERRORS * 0.99 < 10_500, f"{recorded} calls recorded, not some 11,000")
check_equal(single(database, """
  SELECT count(*) FROM calls WHERE status = 'ok'
  AND CAST(result AS INTEGER) <> 2 * json_extract(args, '$.number')"""), 0, "wrong results")
