#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Errors that are returned are recorded like exceptions, sampled or not, with
code, message and arguments; nothing is allocated for it on the calling thread."""

from harness import *

NOT_FOUND = ("absl::StatusCode::kNotFound", "no such user", "kNotFound")
EXPECTED = {
    "status": NOT_FOUND,
    "statusOr": NOT_FOUND,
    "reference": NOT_FOUND,
    "systemCode": ("generic:13", "Permission denied", 13),
    "ownCode": ("weather:7", "", 7),
    "enumerator": ("ParseError::kBadDigit", "", "kBadDigit"),
    "text": ("std::string", "bad digit", None),
    "structure": ("Place", '{"line":3,"why":"\\"x\\""}', {"line": 3, "why": '"x"'}),
    "nested": ("generic:110", "Connection timed out", 110),
    "nothing": NOT_FOUND,
    "hook": ("db::Busy", "the database is busy", None),
    "unnamed": ("db::Unnamed", "busy", None),
    "withoutResult": NOT_FOUND,
    "withoutArguments": NOT_FOUND,
    "secretResult": NOT_FOUND,
    "guarded": NOT_FOUND,
    "coroutine": NOT_FOUND,
}

directory = scratch("returned_errors")
for rate in (1, 0):
    database = directory / f"rate_{rate}.db"
    program = compile_monitored(
        "returned_errors.cpp", directory / "program", "-std=c++23", f"-DRATE={rate}",
        "-labsl_status", "-labsl_statusor", "-labsl_strings", "-labsl_cord")
    printed = run([program], env=environment(database)).stdout
    check_equal(printed.strip(), "0", "allocations")

    rows = query(database, """
      SELECT function, args, result, error_type, error_message, error_detail,
             duration_ns IS NOT NULL
      FROM calls WHERE status = 'error' AND function <> 'thrower' ORDER BY function""")
    errors = {function: (kind, message, json.loads(detail).get("code"))
              for function, _, _, kind, message, detail, _ in rows}
    check_equal(errors, EXPECTED, "errors")
    check_equal(len(rows), len(EXPECTED) + 1, "one row an error")  # status is called twice
    captured = {} if rate else {"captured": "at_return"}
    for function, args, result, _, _, detail, timed in rows:
        check_equal(json.loads(detail)["returned"], True, f"{function} is said to have returned it")
        check_equal(result, None, f"{function}: the result is told by the error")
        check_equal(timed, rate, f"{function}: has a duration")
        expected = None if function == "withoutArguments" else {"fails": True, **captured}
        check_equal(args and json.loads(args), expected, f"arguments of {function}")

    # Well, switched off, or left by an exception in spite of it.
    check_equal(single(database, "SELECT count(*) FROM calls WHERE status = 'ok' AND "
                       "json_extract(args, '$.fails') = 0"), 19 if rate else 0, "good calls")
    check_equal(query(database, "SELECT status FROM calls WHERE function = 'switchedOff'"),
                [("ok",), ("ok",)] if rate else [], "errors=exceptions")
    [*_, (error, kind)] = query(database, """
      SELECT error_type, json_extract(args, '$.captured') FROM calls
      WHERE function = 'thrower' AND status = 'error' ORDER BY id""")
    check_equal((error, kind), ("std::runtime_error", None if rate else "at_throw"), "thrower")
    if rate:
        check_equal(query(database, """
          SELECT parent.function FROM calls JOIN calls parent ON parent.id = calls.parent_id
          WHERE calls.function = 'Guard::~Guard'"""), [("guarded",)] * 2, "what is inside")
    check_equal(single(database, "SELECT calls_total FROM functions WHERE function = 'hot'"),
                1000, "calls that succeed are counted")
    check_equal(single(database, "SELECT count(*) FROM calls WHERE function = 'hot'"), 0,
                "and no more")
    shown = obsctl(database, "errors", "--grouped", "--function", "systemCode").stdout
    check("generic:13: Permission denied" in shown, f"obsctl errors: {shown}")
