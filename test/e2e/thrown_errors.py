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
LOGIN = '{"user":"Ada","password":"***","tries":"[std::vector<int> with 2000 items]"}'
WIDE = "std::basic_string<wchar_t, std::char_traits<wchar_t>, std::allocator<wchar_t>>"


def parcel(number):
    return f'{{"number":{number}}}'


EXPECTED = [
    ("std::runtime_error", "standard", {"thrown_at": LINES["standard"]}),
    ("int", "42", {"thrown_at": LINES["number"]}),
    ("char const*", "text", {"thrown_at": LINES["text"]}),
    ("std::string", "string", {"thrown_at": LINES["string"]}),
    ("Fault", "kDisk", {"thrown_at": LINES["fault"]}),
    ("Parcel", parcel(1), {"thrown_at": LINES["built"]}),
    ("Parcel", parcel(2), {"thrown_at": LINES["copied"]}),
    ("Login", LOGIN, {"thrown_at": LINES["members"]}),
    ("Key", "***", {"thrown_at": LINES["key"]}),
    ("Access", "kRead|kWrite", {"thrown_at": LINES["flags"]}),
    ("Done", "", {"thrown_at": LINES["empty"]}),
    (WIDE, "wide", {"thrown_at": LINES["wide"]}),
    ("Failed", "derived", {"thrown_at": LINES["derived"]}),
    ("Endless", "...", {"thrown_at": LINES["sizeThrows"]}),
    ("std::out_of_range", AT, {}),
    ("std::logic_error", "again", {"thrown_at": LINES["again"]}),
    ("Parcel", parcel(4), {"thrown_at": LINES["changed"]}),
    ("Parcel", parcel(5), {"thrown_at": LINES["rethrown"]}),
    ("std::logic_error", "outer", {"nested": [
        {"type": "std::runtime_error", "message": "middle"},
        {"type": "std::out_of_range", "message": "inner", "thrown_at": LINES["inner"]}]}),
    ("std::logic_error", "around", {"nested": [
        {"type": "Parcel", "message": parcel(7), "thrown_at": LINES["nestedValue"]}]}),
    ("std::out_of_range", AT, {}),
    ("Foreign", "", {}),
    ("Letter", "", {}),
    ("std::runtime_error", "away", {}),
    ("std::runtime_error", "interrupted", {"thrown_at": LINES["interrupted"]}),
]


def errors_of(database, function):
    rows = query(database, """
      SELECT error_type, error_message, error_detail FROM calls WHERE function = ?
      ORDER BY json_extract(args, '$.call'), id""", function)
    return [(kind, message, json.loads(detail or "{}")) for kind, message, detail in rows]


directory = scratch("thrown_errors")
plain = run([compile_plain("thrown_errors.cpp", directory / "plain", "-O2")]).stdout
for rate, *flags in ((1, "-O2"), (0, "-O2"), (1, "-O0"),
                     (1, "-O1", *SANITIZED), (1, "-O2", "-stdlib=libc++")):
    expected = EXPECTED
    if "-stdlib=libc++" in flags:  # its own text, and its own std::string
        string = "std::basic_string<char, std::char_traits<char>, std::allocator<char>>"
        expected = [(string if kind == "std::string" else kind,
                     "vector" if message == AT else message, detail)
                    for kind, message, detail in EXPECTED]
    name = f"rate_{rate}{flags[0]}{len(flags)}"
    database = directory / f"{name}.db"
    program = compile_monitored("thrown_errors.cpp", directory / name, f"-DRATE={rate}", *flags)
    printed = run([program], env=environment(database)).stdout
    check_equal(printed, plain, "objects made, copied and destroyed")
    for function in ("run", "outer"):
        check_equal(errors_of(database, function), expected,
                    f"errors of {function} at rate {rate} with {flags}")
    check_equal(json.loads(single(database, "SELECT args FROM calls WHERE function = 'consume'")),
                {"text": "", "call": 1, "captured": "at_throw", "maybe_moved_from": ["text"]},
                "arguments of what moves from one")

# What a killed process left has its values, and so have a child's errors.
program = directory / "rate_1-O21"
killed = directory / "killed.db"
run([program, "kill"], env=environment(killed, OBS_DRAIN_INTERVAL="1h"), expect=-9)
obsctl(killed, "recover")
check_equal(errors_of(killed, "run"), EXPECTED, "errors of a killed process")
forked = directory / "forked.db"
run([program, "fork"], env=environment(forked))
check_equal(errors_of(forked, "run"), [error for error in EXPECTED for _ in range(2)],
            "errors of a process and its child")

# A file that only throws needs no runtime.
only_throws = directory / "only_throws.cpp"
only_throws.write_text("""// obs
#include <string>
struct Fault { std::string text; };
int main() { try { throw Fault{"x"}; } catch (const Fault &) { return 7; } }
""")
run([OBS_CXX, "-std=c++20", *FLAGS, "-c", only_throws, "-o", directory / "only_throws.o"])
run([CLANG, *FLAGS, directory / "only_throws.o", "-o", directory / "only_throws"])
run([directory / "only_throws"], expect=7)

# No types are told without RTTI: the place, and what() of std::exception.
program = compile_monitored("thrown_errors.cpp", directory / "no_rtti", "-O1", "-fno-rtti")
no_rtti = directory / "no_rtti.db"
run([program], env=environment(no_rtti))
known = ("int", "char const*", "std::string", "Failed")
check_equal(errors_of(no_rtti, "run")[:14],
            [(kind, message if kind in known or kind == "std::runtime_error" else "", detail)
             for kind, message, detail in EXPECTED[:14]], "errors without RTTI")

database = directory / "rate_1-O21.db"
number = single(database, "SELECT max(id) FROM calls WHERE error_message = 'outer'")
shown = obsctl(database, "calls", "--id", number).stdout
check("caused by   std::runtime_error: middle\n" in shown, shown)
check(f"caused by   std::out_of_range: inner, thrown at {LINES['inner']}\n" in shown, shown)
number = single(database, "SELECT max(id) FROM calls WHERE error_message = 'standard'")
shown = obsctl(database, "calls", "--id", number).stdout
check(f"thrown at   {LINES['standard']}\n" in shown, shown)
