# SPDX-License-Identifier: Apache-2.0
"""Runs inside of gdb: walks through a program from main() on with STEP ("step"
or "next") and prints where it stops, one JSON object a line: the frames up to
main(), the arguments with their values, the names of the local variables."""

import json

import gdb

LIMIT = 1000


def names(frame):
    arguments, variables = {}, []
    try:
        block = frame.block()
    except RuntimeError:
        return arguments, variables
    while block:
        for symbol in block:
            if symbol.is_argument:
                value = symbol.value(frame)
                scalar = value.type.strip_typedefs().code == gdb.TYPE_CODE_INT
                arguments[symbol.name] = int(value) if scalar else None
            elif symbol.is_variable:
                variables.append(symbol.name)
        if block.function:
            break
        block = block.superblock
    return arguments, sorted(variables)


def stop():
    frame = gdb.selected_frame()
    arguments, variables = names(frame)
    frames = []
    at = frame
    while at:
        frames.append([at.name(), at.find_sal().line])
        if at.name() == "main":
            break
        at = at.older()
    return {"frames": frames, "arguments": arguments, "variables": variables}


for command in ("set confirm off", "set pagination off", "skip -gfi /usr/*",
                "set debug-file-directory /nonexistent", "break -qualified main"):
    gdb.execute(command, to_string=True)
for line in BREAKS:
    gdb.execute(f"break {SOURCE}:{line}", to_string=True)
gdb.execute("run", to_string=True)
with open(OUTPUT, "w") as output:
    for _ in range(LIMIT):
        if not gdb.selected_inferior().pid:
            break
        at = stop()
        if at["frames"][-1][0] != "main":
            break
        print(json.dumps(at), file=output)
        gdb.execute(STEP, to_string=True)
