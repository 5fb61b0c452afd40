#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The README's quick start does what it says; the documents' diagnostics are
the compiler's; every relative link leads somewhere."""

import re

from harness import *

directory = scratch("documents")
(directory / "build").symlink_to(BUILD)


def blocks(file, language):
    return re.findall(rf"^```{language}\n(.*?)^```", (SOURCE / file).read_text(), re.M | re.S)


quick_start = blocks("README.md", "sh")[0]
check(len(quick_start.splitlines()) <= 20, "the quick start is longer than 20 lines")
done = run(["sh", "-e", "-c", quick_start], cwd=directory,
           env={k: v for k, v in os.environ.items() if not k.startswith("OBS_")})
stat = done.stdout.splitlines()[1].split()
check_equal(stat[:4], ["cost", "1,000", "1,000", "10"], "the line of stat")
check_equal(done.stdout.count("std::invalid_argument: nothing ordered"), 10, "errors shown")
check('order={"id":42,"price":9.5}, count=42' in done.stdout, "the call of order 42")
check("399" in done.stdout.splitlines()[-1], "its result")

[diagnostics] = [b for b in blocks("docs/attribute.md", "text") if b.startswith("d.cpp:")]
source = "".join(f"{line}\n" for _, line in sorted(
    set(re.findall(r"^ +(\d+) \| (\[\[.*)$", diagnostics, re.M))))
(directory / "d.cpp").write_text(source)
compiled = run([OBS_CXX, "-fsyntax-only", "d.cpp"], expect=1, cwd=directory)
for line in diagnostics.splitlines():
    check(line in compiled.stderr, f"docs/attribute.md: the compiler does not print {line!r}")

documents = [SOURCE / "README.md", *(SOURCE / "docs").glob("*.md")]
for document in documents:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text()):
        check((document.parent / target).exists(), f"{document.name}: no such file: {target}")
