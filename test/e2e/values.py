#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/values.md: each row of its tables is declared, passed to a monitored
function, and the record has the JSON of the row."""

import concurrent.futures
import re
import shlex

from harness import *

directory = scratch("values")
document = (SOURCE / "docs" / "values.md").read_text()

SECTION = re.compile(
    r"<!-- build: (?P<build>[^\n]*?) -->\n(?:<!-- proto: (?P<proto>[^\n]*?) -->\n)?```cpp\n(?P<code>.*?)```\n.*?"
    r"\| T \| value \| JSON \|\n\|---\|---\|---\|\n(?P<rows>(?:\|[^\n]*\n)+)", re.S)


def parse_row(line):
    cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
    check(len(cells) == 3, f"a row of three cells: {line}")
    cells = [cell.replace("\\|", "|") for cell in cells]
    for cell in cells:
        check(cell[0] == cell[-1] == "`", f"cells in backticks: {line}")
    return [cell[1:-1].strip() for cell in cells]


def program(code, rows):
    """Each row in a namespace of its own, where T is its type."""
    lines = [code]
    for i, (kind, value, _) in enumerate(rows):
        declared = f"T value {value};" if value[0] in "={(" else f"T value = {value};"
        reference = "T" if kind.endswith("&)") else "const T &"
        declarator = f"using T = {kind};"
        lines.append(f"namespace row{i} {{ {declarator}\n"
                     f'[[obs::monitor(name="{i}")]] void show({reference} value) {{}}\n'
                     f"void run() {{ {declared} show(value); }} }}")
    calls = " ".join(f"row{i}::run();" for i in range(len(rows)))
    return "\n".join(lines) + f"\nint main() {{ {calls} }}\n"


def matches(actual, expected):
    """Equal texts, in which `…` of the expected one stands for anything."""
    pattern = ".*".join(re.escape(part) for part in expected.split("…"))
    return re.fullmatch(pattern, actual, re.S) is not None


def normal(text):
    """As JSON is written most briefly; `…` is left alone outside of strings."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
    except ValueError:
        return text


def check_section(name, flags, proto, code, rows):
    source = directory / f"{name}.cpp"
    source.write_text(program(code, rows))
    database = directory / f"{name}.db"
    sources = [source]
    if proto:
        run(["protoc", f"--proto_path={PROGRAMS}", f"--cpp_out={directory}", PROGRAMS / proto])
        sources.append(directory / proto.replace(".proto", ".pb.cc"))
    # Libraries behind the sources that need them.
    flags = shlex.split(flags)
    libraries = [flag for flag in flags if flag.startswith("-l")]
    others = [flag for flag in flags if not flag.startswith("-l")]
    run([OBS_CXX, "-Wno-everything", *FLAGS, *others, *sources, *libraries, "-o", directory / name])
    run([directory / name], env=environment(database))
    stored = {}
    for function, args in query(database, "SELECT function, args FROM calls"):
        json.loads(args)
        stored[int(function)] = args
    failures = []
    for i, (kind, value, expected) in enumerate(rows):
        actual = stored.get(i, "nothing")
        if actual.startswith('{"value":'):
            actual = actual[len('{"value":'):-1]
        if not matches(normal(actual), normal(expected)):
            failures.append(f"{kind} value {value}: got {actual}, expected {expected}")
    check(not failures, f"{flags}:\n" + "\n".join(failures))


sections = list(SECTION.finditer(document))
check(len(sections) == document.count("| T | value | JSON |"), "all tables were found")
with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
    jobs = []
    for number, section in enumerate(sections):
        rows = [parse_row(line) for line in section["rows"].splitlines()]
        for variant, flags in enumerate(section["build"].split("|")):
            jobs.append(pool.submit(check_section, f"{number}_{variant}", flags.strip(),
                                    section["proto"], section["code"], rows))
    failed = [str(job.exception()) for job in jobs if job.exception()]
    check(not failed, "\n".join(failed))
