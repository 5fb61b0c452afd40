#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A monitored program in the debugger: the same stops, arguments and variables
as in the plain one, the same line tables, and readable stacks where it dies."""

import concurrent.futures
import difflib
import re

from harness import *

directory = scratch("debugging")
SOURCE_FILE = PROGRAMS / "debugging.cpp"
LINES = [None, *SOURCE_FILE.read_text().splitlines()]
CAUGHT = [n for n, text in enumerate(LINES) if text and "return caught;" in text]
# gdb has its own settings, threads come and go.
GDB = ["gdb", "-batch", "-nx", "-q", "-iex", "set debuginfod enabled off"]


def line_of(text):
    return next(n for n, line in enumerate(LINES) if line and text in line)


def is_edge(line):
    """Whether a function begins or ends there. Where it ends, the debugger may
    stop or not, and variables of its body may be out of reach."""
    return LINES[line].strip() == "}" or LINES[line].startswith("[[obs::monitor]]")


# --- Stepping -----------------------------------------------------------------


def walk(program, step, database):
    output = directory / f"{program.name}_{step}.jsonl"
    run([*GDB, "-ex", f"python SOURCE='{SOURCE_FILE}'; BREAKS={CAUGHT}; STEP='{step}'; "
         f"OUTPUT='{output}'", "-x", PROGRAMS / "debug_walk.py", program],
        env=environment(database))
    stops = [json.loads(line) for line in output.read_text().splitlines()]
    kept = []
    for each in stops:
        function, line = each["frames"][0]
        ours = not function.startswith("std::")
        one_liner = ours and "{" in LINES[line] and LINES[line].endswith("}")
        if (not ours or not is_edge(line) or one_liner) and each not in kept[-1:]:
            kept.append(each)
    return kept


def check_walk(step, at_least):
    plain, monitored = (walk(program, step, directory / f"{step}.db") for program in (PLAIN, MONITORED))
    for expected, actual in zip(plain, monitored):
        check_equal(actual, expected, f"{step}: a stop")
    check_equal(len(monitored), len(plain), f"{step}: stops")
    check(len(plain) >= at_least, f"{step}: only {len(plain)} stops")


# --- Breakpoints --------------------------------------------------------------

SESSION = [
    "break -qualified add", "break -qualified byValue", "break -qualified reference",
    "break -qualified recursive if n == 0", "break Shape::Shape", "break Square::area",
    "break twice<int>", f"break {line_of('total += a;')}", "break -qualified generator",
    f"break {line_of('++value;')}", f"break {line_of('  return a;') + 1}",
    "run", "bt", "info args", "next", "info locals", "up", "down", "finish",
    "delete 1", "continue", "info args", "finish",  # several(11), at its end
    "continue", "finish", "continue", "finish",
    "continue", "info args", "finish",              # byValue: its result is printed
    "continue", "finish",                           # reference
    "continue", "bt", "info args", "finish",        # recursive
    "continue", "bt", "info args", "next", "finish",
    "continue", "info args", "p *this", "step", "bt", "finish",
    "continue", "p value", "next", "p result", "finish",
    "continue", "bt", "p a", "finish",
    "continue", "p first", "continue", "p value", "bt",
]


def session(program, database):
    commands = [part for command in SESSION for part in ("-ex", command)]
    out = run([*GDB, "-iex", "set debug-file-directory /nonexistent", *commands, program],
              env=environment(database)).stdout
    out = re.sub(r"^(\[New Thread|\[Thread|\[Switching|Using host).*\n", "", out, flags=re.M)
    out = re.sub(r"^Thread 1 .* hit (?=Breakpoint)", "", out, flags=re.M)
    out = re.sub(r"\(\d+ locations\)", "(…)", out)
    return re.sub(r"0x[0-9a-f]+", "0x…", out)


def check_session():
    plain, monitored = (session(p, directory / "session.db") for p in (PLAIN, MONITORED))
    difference = list(difflib.unified_diff(plain.splitlines(), monitored.splitlines(),
                                           "plain", "monitored", lineterm=""))
    check(not difference, "the session:\n" + "\n".join(difference))
    for expected in ("Value returned is $", "{values = {5, 2, 3, 0, 0, 0, 0, 0}}",
                     "recursive (n=0)", "Shape::Shape (this=0x…, a=7, b=8)"):
        check(expected in plain, f"the session has no {expected!r}:\n{plain}")


# --- Line tables --------------------------------------------------------------


def line_table(program):
    """The lines of each function where a statement begins, and where its prologue ends."""
    functions = {}
    for entry in run(["llvm-nm-19", "--defined-only", "-S", program]).stdout.splitlines():
        fields = entry.split()
        if len(fields) == 4 and fields[2] in "tTwW":
            functions[fields[3]] = range(int(fields[0], 16), int(fields[0], 16) + int(fields[1], 16))
    rows, files, entry = [], {}, None
    for row in run(["llvm-dwarfdump-19", "--debug-line", program]).stdout.splitlines():
        if named := re.match(r"file_names\[ *(\d+)\]:", row):
            entry = int(named[1])
        elif entry is not None and "name:" in row:
            files[entry], entry = "debugging.cpp" in row, None
        elif match := re.match(r"0x([0-9a-f]+) +(\d+) +\d+ +(\d+) ", row):
            if files[int(match[3])]:
                rows.append((int(match[1], 16), int(match[2]), row))
    table = {}
    for name, addresses in functions.items():
        mine = [row for row in rows if row[0] in addresses and "end_sequence" not in row[2]]
        statements = {line for _, line, row in mine if "is_stmt" in row and line}
        prologue = {line for _, line, row in mine if "prologue_end" in row}
        if statements:
            table[name] = (statements, prologue)
    return table


def check_line_tables(plain, monitored):
    expected, actual = line_table(plain), line_table(monitored)
    check(expected.keys() <= actual.keys(), f"no lines of {expected.keys() - actual.keys()}")
    for name, (statements, prologue) in expected.items():
        differ = {line for line in actual[name][0] ^ statements if not is_edge(line)}
        check(not differ, f"{name}: lines {differ} in one table only")
        check_equal(actual[name][1], prologue, f"{name}: end of the prologue")


def lines_with_code(program):
    return {line for statements, _ in line_table(program).values() for line in statements}


def check_names(program):
    """Nothing of ours is described but the frames of coroutines and constants' types."""
    out = run(["llvm-dwarfdump-19", "--debug-info", program]).stdout
    found = set(re.findall(r'DW_AT_name\s+\("([^"]*obs_[^"]*)"', out))
    found = {name for name in found if not name.startswith("struct_obs__detail__")}
    check(not found, f"in the debug information: {found}")


# --- Where it dies ------------------------------------------------------------


def check_deaths():
    source = PROGRAMS / "dying.cpp"
    program = compile_monitored(source.name, directory / "asan", "-g", "-O0", "-w",
                                "-fsanitize=address")
    done = run([program, "overflow"], expect=1, env=environment(directory / "asan.db"))
    frames = re.findall(r"#\d+ 0x\w+ in (\S+?)(?:\(.*\))? \S*dying\.cpp:(\d+)", done.stderr)
    wanted = [("overflows", "return values[i];"), ("Owner::call", "return overflows(values, i);"),
              ("main", "owner.call(8)")]
    lines = source.read_text().splitlines()
    expected = [(name, str(next(n for n, line in enumerate(lines, 1) if text in line)))
                for name, text in wanted]
    check_equal(frames[:3], expected, "the stack of AddressSanitizer")

    program = compile_monitored(source.name, directory / "dying", "-g", "-O0", "-w")
    core = directory / "core"
    run([*GDB, "-ex", "run abort", "-ex", f"generate-core-file {core}", program],
        env=environment(directory / "core.db"))
    out = run([*GDB, "-ex", "bt", program, core]).stdout
    frames = re.findall(r"^#\d+ +(?:0x\w+ in )?(\S+) \(.*\) at \S*dying\.cpp:(\d+)", out, flags=re.M)
    wanted = [("dies", "abort()"), ("Owner::die", "dies(reason)"), ("main", "owner.die(")]
    expected = [(name, str(next(n for n, line in enumerate(lines, 1) if text in line)))
                for name, text in wanted]
    check_equal(frames, expected, "the stack in a core file")


PLAIN = compile_plain(SOURCE_FILE.name, directory / "plain", "-w", "-g", "-O0")
MONITORED = compile_monitored(SOURCE_FILE.name, directory / "monitored", "-w", "-g", "-O0")
check_line_tables(PLAIN, MONITORED)
check_names(MONITORED)
# What stays of which line is up to the optimizer, but none are added.
optimized = compile_monitored(SOURCE_FILE.name, directory / "optimized", "-w", "-g", "-O2")
added = lines_with_code(optimized) - lines_with_code(PLAIN)
check(not {line for line in added if not is_edge(line)}, f"lines that only -O2 has: {added}")
with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
    for result in [pool.submit(check_walk, "step", 90), pool.submit(check_walk, "next", 30),
                   pool.submit(check_session), pool.submit(check_deaths)]:
        result.result()
