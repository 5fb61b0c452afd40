#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Programs that end in a call, exit, abort, terminate, and such that jump out
of calls or chain tail calls: the same messages and exit codes as the plain
program, and the call is stored."""

import signal

from harness import *

directory = scratch("endings")
ABORTED = -signal.SIGABRT
CASES = {  # argument: (exit code, SQL that is true)
    "exit": (3, "SELECT count(*) = 1 FROM calls WHERE function = 'exits' "
                "AND status = 'in_flight' AND args = '{\"code\":3}'"),
    "abort": (ABORTED, "SELECT count(*) = 1 FROM calls WHERE function = 'aborts' "
                       "AND status = 'in_flight'"),
    "noexcept": (ABORTED, "SELECT count(*) = 1 FROM calls WHERE function = 'promises' "
                          "AND error_message = 'promised not to'"),
    "constructor": (ABORTED, "SELECT count(*) = 1 FROM calls WHERE function = "
                             "'Promises::Promises' AND error_message = 'stoi'"),
    "uncaught": (ABORTED, "SELECT count(*) = 1 FROM calls WHERE function = 'uncaught' "
                          "AND error_type = 'int'"),
    "tail": (0, "SELECT calls_total = 3000001 FROM functions WHERE function = 'tail'"),
    # Without an outer monitored call, the jumped-over ones stay open; they take
    # the room that the next call gives back.
    "jump": (0, "SELECT calls_total = 21000 FROM functions WHERE function = 'jumps'"),
}

for level in ("-O0", "-O2"):
    plain = compile_plain("endings.cpp", directory / f"plain{level}", level)
    monitored = compile_monitored("endings.cpp", directory / f"monitored{level}", level, "-w")
    for how, (code, stored) in CASES.items():
        database = directory / f"{how}{level}.db"
        expected = run([plain, how], expect=code, env=environment("/nonexistent"))
        actual = run([monitored, how], expect=code, env=environment(database))
        what = f"{how} {level}"
        check_equal(actual.stdout, expected.stdout, f"{what}: output")
        check_equal(actual.stderr, expected.stderr, f"{what}: messages")
        if code == ABORTED:
            obsctl(database, "recover")
        check(single(database, stored) == 1, f"{what}: " + str(query(
            database, "SELECT function, status, args, error_type, error_message FROM calls "
                      "LIMIT 5")))
