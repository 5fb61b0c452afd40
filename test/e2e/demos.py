#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each live demo, in its short form and without a terminal: what it claims at
the end holds. They run at the same time."""

from harness import *

DEMOS = SOURCE / "examples"
running = {}
for demo in sorted(DEMOS.glob("*_demo/demo.py")):
    running[demo] = subprocess.Popen([demo, "--short", "--build", BUILD], text=True,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
check_equal(len(running), 3, "demos")
for demo, process in running.items():
    output = process.communicate()[0]
    check_equal(process.returncode, 0, f"{demo}:\n{output}\nexit code")
    check("✔" in output and "NOT SO" not in output, output)
    help_text = run([demo, "--help"]).stdout
    check("--short" in help_text, f"{demo} --help")
