#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Monitored libraries that come and go, several of them in a process, and a
process with an SQLite and an abseil of its own."""

from harness import *

directory = scratch("libraries")
LIBRARIES = []
for name in ("a", "b"):
    LIBRARIES.append(compile_monitored("libraries/library.cpp", directory / f"{name}.so", "-O2",
                                       "-w", "-fPIC", "-shared", f"-DLIBRARY={name}"))
monitored = compile_monitored("libraries/loader.cpp", directory / "monitored", "-O2")
plain = compile_plain("libraries/loader.cpp", directory / "plain", "-O2")


def check_books(database):
    for function, calls, recorded, dropped, rate in query(
            database, "SELECT function, calls_total, recorded, dropped, sample_rate FROM functions"):
        if rate == 1:
            check_equal(recorded + dropped, calls, f"{database}: {function}")
    check_equal(single(database, "PRAGMA integrity_check"), "ok", "integrity")


# Both libraries in a program that is monitored itself, and in one that is not,
# a thousand times. What they leave behind is read after they are gone.
TIMES = 1000
for program, own in ((monitored, {"own": TIMES}), (plain, {})):
    database = directory / f"{program.name}.db"
    done = run([program, TIMES, *LIBRARIES], env=environment(database, OBS_DRAIN_INTERVAL="1s"))
    grown_kb, collectors = map(int, done.stdout.split())
    check(grown_kb < 8192, f"{program.name}: {grown_kb} KB more after 900 times")
    check_equal(collectors, 1, f"{program.name}: runtimes")
    check_books(database)
    expected = dict(own)
    for name in ("a", "b"):
        expected |= {f"library_{name}::plus": TIMES, f"library_{name}::take": 2 * TIMES,
                     f"library_{name}::sampled": 2 * TIMES}
    check_equal(dict(query(database, "SELECT function, calls_total FROM functions")), expected,
                f"{program.name}: calls")
    check_equal(single(database, "SELECT count(DISTINCT process_id) FROM calls"), 1, "processes")
    for name in ("a", "b"):
        errors = query(database, """
            SELECT DISTINCT function, error_type, error_message, json_extract(args, '$.n')
            FROM calls WHERE status = 'error' AND function LIKE ? ORDER BY 1""",
                       f"library_{name}::%")
        check_equal(errors, [(f"library_{name}::sampled", "std::string", "odd", 1),
                             (f"library_{name}::take", f"library_{name}::Failure", '{"code":7}', None)],
                    "errors")
        args, result = query(database, """
            SELECT args, result FROM calls WHERE function = ? AND status = 'ok'
            ORDER BY id DESC LIMIT 1""", f"library_{name}::take")[0]
        args = json.loads(args)
        args["item"].pop("callback")  # the library is gone, and with it its symbols
        check_equal(args, {"item": {"color": "Green", "name": "an item", "tags": ["one", "two"]},
                           "text": "text"}, "arguments")
        check_equal(result, '"Green"', "result")

# A program that exports other functions under the names of SQLite and abseil.
impostor = compile_monitored("libraries/impostor.cpp", directory / "impostor", "-rdynamic")
database = directory / "impostor.db"
check_equal(run([impostor], env=environment(database)).stdout, "end\n", "impostor")
check_equal(query(database, "SELECT calls_total, recorded, errors, dropped FROM functions"),
            [(1000, 1000, 100, 0)], "impostor: functions")
