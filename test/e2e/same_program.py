#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A monitored program prints the same, with the same copies, moves and
destructions, at -O0, -O2 and under AddressSanitizer and UBSan; its calls are
stored with the right values; its own warnings are all there are."""

import difflib

from harness import *

directory = scratch("same_program")
source = PROGRAMS / "lifetimes.cpp"

EXPECTED = {  # function: [(arguments, result), ...]
    "byValue": [({"t": {"value_": 1}}, {"value_": 1})],
    "prvalue": [({"v": 2}, {"value_": 2})],
    "named": [({"v": 4}, {"value_": 4})],
    "either": [({"first": True}, {"value_": 1}), ({"first": False}, {"value_": 2})],
    "fixed": [({"v": 6}, {"value": 6})],
    "many": [({"n": 5}, [{"value_": n} for n in range(5)])],
    "maybe": [({"yes": True}, {"value_": 5}), ({"yes": False}, None)],
    "table": [({}, {"one": 1, "two": 2})],
    "recursive": [({"n": n}, n * (n + 1) // 2) for n in range(5, -1, -1)],
    "Machine::create": [({"v": 14}, {"value_": 14})],
    "Box<Tracked>::take": [({}, {"value_": 15})],
}

for name, flags in {
    "O0": ["-O0"],
    "O2": ["-O2"],
    "asan": ["-O1", "-g", *SANITIZED],
}.items():
    database = directory / f"{name}.db"
    plain = compile_plain(source, directory / f"{name}_plain", *flags)
    monitored = compile_monitored(source, directory / f"{name}_monitored", *flags)
    expected = run([plain], env=environment("/nonexistent"))
    actual = run([monitored], env=environment(database))
    check_equal(actual.stdout, expected.stdout, f"{name}: output")
    check_equal(actual.stderr, expected.stderr, f"{name}: messages")
    disabled = run([monitored], env=environment(directory / "none.db", OBS_DISABLE=1))
    check_equal(disabled.stdout, expected.stdout, f"{name}: output when disabled")
    check(not (directory / "none.db").exists(), f"{name}: a disabled run wrote a database")

    for function, calls in EXPECTED.items():
        rows = query(database, "SELECT args, result FROM calls WHERE function = ? "
                     "ORDER BY started_ns, id", function)
        values = [(json.loads(args), json.loads(result or "null")) for args, result in rows]
        check_equal(values, calls, f"{name}: {function}")
    check_equal(query(database, "SELECT error_type, error_message, json_extract(args, '$.now') "
                      "FROM calls WHERE status = 'error'"),
                [("std::runtime_error", "as asked", 1)], f"{name}: errors")
    # recursive(0) was called by recursive(1), and so on up to main.
    check_equal(single(database, """
      SELECT count(*) FROM calls c JOIN calls p ON p.id = c.parent_id
      WHERE c.function = 'recursive' AND p.function = 'recursive'
      AND json_extract(p.args, '$.n') = json_extract(c.args, '$.n') + 1"""), 5,
                f"{name}: callers")

# Warnings: the same lines with and without the plugin.
for file in ("lifetimes.cpp", "every_call.cpp", "sampled_errors.cpp", "quiet.cpp"):
    flags = ["-std=c++20", "-Weverything", "-c", PROGRAMS / file, "-o", directory / "warnings.o"]
    plain = run([CLANG, "-Wno-unknown-attributes", *flags])
    monitored = run([OBS_CXX, "-Wno-unknown-attributes", *flags])
    # -Wpadded comes where a type is first laid out, so the order is not promised.
    difference = list(difflib.unified_diff(sorted(plain.stderr.splitlines()),
                                           sorted(monitored.stderr.splitlines()), lineterm="", n=0))
    check(not difference, f"{file}: warnings under -Weverything:\n" + "\n".join(difference))
run([OBS_CXX, "-std=c++20", "-Weverything", "-Werror", "-Wno-c++98-compat",
     "-Wno-c++98-compat-pedantic", "-c", PROGRAMS / "quiet.cpp", "-o", directory / "quiet.o"])
