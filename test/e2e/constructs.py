#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each construct of the language, marked: the program prints the same as the
plain one, and each call is stored as the `//@` lines of its source tell. The
second argument picks one of the programs."""

import collections
import concurrent.futures

from harness import *

MODES = {
    "cxx17_O0": ["-std=c++17", "-O0"],
    "cxx17_O2": ["-std=c++17", "-O2"],
    "cxx23_O0": ["-std=c++23", "-O0"],
    "cxx23_O2": ["-std=c++23", "-O2"],
    "cxx20_asan": ["-std=c++20", "-O1", *SANITIZED],
}
ANYTHING = "*"


def expected_calls(source, flags):
    """The `//@` lines that the preprocessor leaves."""
    text = run([CLANG, "-E", "-C", "-w", *flags, source]).stdout
    for line in text.splitlines():
        if not line.lstrip().startswith("//@ "):
            continue
        line = line.lstrip()[4:]
        at = line.index(" {")
        args, size = json.JSONDecoder().raw_decode(line[at + 1:])
        end = line[at + 1 + size:].strip()
        if end.startswith("= "):
            end = {"result": json.loads(end[2:])}
        elif end.startswith("throws "):
            early = end.startswith("throws early ")
            kind, _, message = end[len("throws early " if early else "throws "):].partition(": ")
            if early:
                args["captured"] = "at_throw"
            end = {"error": (kind.rstrip(":"), message)}
        else:
            end = {"status": end or "ok"}
        yield line[:at], args, end


def stored_calls(database):
    rows = query(database, "SELECT function, args, status, result, error_type, error_message "
                           "FROM calls ORDER BY id")
    for function, args, status, result, kind, message in rows:
        if status == "error":
            end = {"error": (kind, message or "")}
        elif result is not None:
            end = {"result": json.loads(result)}
        else:
            end = {"status": status}
        yield function, json.loads(args or "{}"), end


def matches(expected, actual):
    if expected == ANYTHING:
        return True
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(
            matches(expected[key], actual[key]) for key in expected)
    return type(expected) == type(actual) and expected == actual


def check_calls(source, flags, database, what):
    """The same calls in any order: what is missing, and what is too much."""
    missing = []
    stored = list(stored_calls(database))
    for name, args, end in expected_calls(source, flags):
        for call in stored:
            if call[0] == name and matches(args, call[1]) and matches(end, call[2]):
                stored.remove(call)
                break
        else:
            missing.append((name, args, end))
    check(not missing and not stored, f"{what}: the calls differ\n" + "\n".join(
        [f"  missing: {call}" for call in missing] + [f"  stored:  {call}" for call in stored]))


def check_mode(name, mode):
    flags = MODES[mode]
    source = PROGRAMS / f"{name}.cpp"
    base = scratch(f"constructs_{name}_{mode}")
    others = sorted(PROGRAMS.glob(f"{name}_*.cpp"))
    plain = compile_plain(source, base / "plain", "-w", *flags, *others)
    monitored = compile_monitored(source, base / "monitored", "-w", *flags, *others)
    database = base / "obs.db"
    expected = run([plain], env=environment("/nonexistent"))
    actual = run([monitored], env=environment(database))
    check_equal(actual.stdout, expected.stdout, f"{name} {mode}: output")
    check_equal(actual.stderr, expected.stderr, f"{name} {mode}: messages")
    check_calls(source, flags, database, f"{name} {mode}")


with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
    for result in [pool.submit(check_mode, sys.argv[2], mode) for mode in (sys.argv[3:] or MODES)]:
        result.result()
