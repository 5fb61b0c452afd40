#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is recorded of exceptions: type, message or value, the place of the
throw, and those nested in them, in each call that they leave."""

import re

from harness import *

SOURCE_FILE = PROGRAMS / "thrown_errors.cpp"
LINES = {}
for line, code in enumerate(SOURCE_FILE.read_text().splitlines(), 1):
    if mark := re.search(r"// at:(\w+)", code):
        LINES[mark[1]] = f"{SOURCE_FILE}:{line}"

AT = "vector::_M_range_check: __n (which is 3) >= this->size() (which is 0)"
EXPECTED = [
    ("std::runtime_error", "standard", {"thrown_at": LINES["standard"]}),
    ("int", "42", {"thrown_at": LINES["number"]}),
    ("char const*", "text", {"thrown_at": LINES["text"]}),
    ("std::string", "string", {"thrown_at": LINES["string"]}),
    ("Fault", "1", {"thrown_at": LINES["fault"]}),
    ("Parcel", "", {"thrown_at": LINES["built"]}),
    ("Parcel", "", {"thrown_at": LINES["copied"]}),
    ("std::out_of_range", AT, {}),
    ("std::logic_error", "again", {"thrown_at": LINES["again"]}),
    ("std::logic_error", "outer", {"nested": [
        {"type": "std::runtime_error", "message": "middle"},
        {"type": "std::out_of_range", "message": "inner", "thrown_at": LINES["inner"]}]}),
    ("std::out_of_range", AT, {}),
    ("std::runtime_error", "away", {}),
    ("std::runtime_error", "interrupted", {"thrown_at": LINES["interrupted"]}),
]

directory = scratch("thrown_errors")
plain = run([compile_plain("thrown_errors.cpp", directory / "plain", "-O2")]).stdout
for rate, *flags in ((1, "-O2"), (0, "-O2"), (1, "-O0"),
                     (1, "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
                     (1, "-O2", "-stdlib=libc++")):
    expected = EXPECTED
    if "-stdlib=libc++" in flags:  # its own text, and its own std::string
        string = "std::basic_string<char, std::char_traits<char>, std::allocator<char>>"
        expected = [(string, "", detail) if kind == "std::string" else
                    (kind, "vector" if message == AT else message, detail)
                    for kind, message, detail in EXPECTED]
    database = directory / f"rate_{rate}{flags[0]}{len(flags)}.db"
    program = compile_monitored("thrown_errors.cpp", directory / "program", f"-DRATE={rate}", *flags)
    printed = run([program], env=environment(database)).stdout
    check_equal(printed, plain, "objects made, copied and destroyed")
    for function in ("run", "outer"):
        rows = query(database, """
          SELECT error_type, error_message, error_detail FROM calls WHERE function = ?
          ORDER BY json_extract(args, '$.call')""", function)
        check_equal([(kind, message, json.loads(detail or "{}")) for kind, message, detail in rows],
                    expected, f"errors of {function} at rate {rate} with {flags}")
    check_equal(json.loads(single(database, "SELECT args FROM calls WHERE function = 'consume'")),
                {"text": "", "call": 1, "captured": "at_throw", "maybe_moved_from": ["text"]},
                "arguments of what moves from one")

number = single(database, "SELECT max(id) FROM calls WHERE error_message = 'outer'")
shown = obsctl(database, "calls", "--id", number).stdout
check("caused by   std::runtime_error: middle\n" in shown, shown)
check(f"caused by   std::out_of_range: inner, thrown at {LINES['inner']}\n" in shown, shown)
number = single(database, "SELECT max(id) FROM calls WHERE error_message = 'standard'")
shown = obsctl(database, "calls", "--id", number).stdout
check(f"thrown at   {LINES['standard']}\n" in shown, shown)
