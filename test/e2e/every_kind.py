#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A program with parameters and results of each kind of type: it prints the same
as the plain one, and every call is stored."""

import concurrent.futures

from harness import *

directory = scratch("every_kind")
source = PROGRAMS / "every_kind.cpp"

SAMPLES = {  # function: (arguments, result), of its first call
    "fptr": ({"arr": [1, 2, 3]}, 1),
    "en": ({"o": "B0", "b": "X", "f": 3}, "B0"),
    "mo": ({"p": 3, "l": ["a"]}, [3, ["a"]]),
    "addr": ({"a": {"x": 5}}, 5),
    "over": ({"o": {"c": "x"}}, {"c": "x"}),
    "big": ({"b": {"a": "[int[5000] with 5000 items]"}}, {"a": "[int[5000] with 5000 items]"}),
    "path": ({"p": "/x", "d": "[std::filesystem::directory_iterator]"}, "/x"),
}
ERRORS = {
    "nested_exc": ("std::logic_error", "outer"),
    "throws_struct": ("NonStd", '{"code":5}'),
}

MODES = {
    "cxx17": ["-std=c++17", "-O0"],
    "asan": ["-std=c++23", "-O1", *SANITIZED],
}


def check_mode(name, flags):
    plain = compile_plain(source, directory / f"{name}_plain", "-w", *flags)
    monitored = compile_monitored(source, directory / f"{name}_monitored", "-w", *flags)
    database = directory / f"{name}.db"
    expected = run([plain], env=environment("/nonexistent"))
    actual = run([monitored], env=environment(database))
    check_equal(actual.stdout, expected.stdout, f"{name}: output")
    check_equal(actual.stderr, expected.stderr, f"{name}: messages")

    rows = query(database, "SELECT function, args, result, status FROM calls ORDER BY id")
    check(len(rows) == (40 if name == "cxx17" else 45), f"{name}: {len(rows)} calls")
    stored = {}
    for function, args, result, status in rows:
        stored.setdefault(function, (json.loads(args), json.loads(result or "null")))
    for function, (args, result) in SAMPLES.items():
        check(function in stored, f"{name}: {function} is not stored")
        got = {key: stored[function][0][key] for key in args}
        check_equal((got, stored[function][1]), (args, result), f"{name}: {function}")
    for function, error in ERRORS.items():
        check(error in query(database, "SELECT error_type, coalesce(error_message, '') FROM calls "
                             "WHERE function = ? AND status = 'error'", function),
              f"{name}: the error of {function}")


with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
    for result in [pool.submit(check_mode, *mode) for mode in MODES.items()]:
        result.result()
