#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A program with one of each kind of function, parameter and result, all of
them marked: it prints the same as the plain one, and every call is stored."""

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
    "tryint": ({"x": 0}, 0),
    "lam::(lambda)": ({"y": 4}, 7),
    "defarg": ({"a": 1, "b": 4, "s": "def"}, 5),
    "Crtp<CI>::c": ({}, 9),
    "aref": ({"s": "tmp"}, "tmp"),
    "outer::inner::g": ({"x": 2}, 2),
}
ERRORS = {
    "FT::FT": ("int", "3"),
    "nr": ("std::logic_error", "never"),
    "nested_exc": ("std::_Nested_exception<std::logic_error>", "outer"),
    "throws_struct": ("NonStd", ""),
}

for name, flags in {
    "cxx17": ["-std=c++17", "-O0"],
    "cxx20": ["-std=c++20", "-O2"],
    "asan": ["-std=c++23", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
}.items():
    plain = compile_plain(source, directory / f"{name}_plain", "-w", *flags)
    monitored = compile_monitored(source, directory / f"{name}_monitored", "-w", *flags)
    database = directory / f"{name}.db"
    expected = run([plain], env=environment("/nonexistent"))
    actual = run([monitored], env=environment(database))
    check_equal(actual.stdout, expected.stdout, f"{name}: output")
    check_equal(actual.stderr, expected.stderr, f"{name}: messages")

    rows = query(database, "SELECT function, args, result, status FROM calls ORDER BY id")
    check(len(rows) >= (80 if name == "cxx17" else 86), f"{name}: {len(rows)} calls")
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
