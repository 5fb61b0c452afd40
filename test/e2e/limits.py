#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A program whose process may have next to nothing: little memory, few or small
files, no shared memory, no /proc, no place to write, a clock that stands still.
It runs to its end, stderr has a line at most, and what can be stored is.
docs/limitations.md says what is lost."""

import resource

from harness import *

directory = scratch("limits")
program = compile_monitored("limits.cpp", directory / "program", "-O1")
CALLS, ERRORS = 20_000, 200


def limited(**limits):
    """What a child does before it becomes the program."""
    def set_limits():
        for name, value in limits.items():
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
    return set_limits


def end_of(name, command=(), wait_ms=300, database=None, preexec_fn=None, **variables):
    """Runs the program to its end; returns the database and the lines on stderr."""
    database = database or directory / f"{name}.db"
    done = run([*command, program, wait_ms], env=environment(database, **variables), timeout=60,
               preexec_fn=preexec_fn)
    check_equal(done.stdout, "end\n", f"{name}: output")
    return database, done.stderr.splitlines()


def check_complete(name, database):
    calls, recorded, dropped, errors = query(
        database, "SELECT calls_total, recorded, dropped, errors FROM functions")[0]
    check_equal((calls, errors), (CALLS, ERRORS), f"{name}: calls and errors")
    check_equal(recorded + dropped, calls, f"{name}: recorded and dropped")
    check_equal(single(database, "SELECT count(*) FROM calls"), recorded, f"{name}: rows")
    check_equal(single(database, "PRAGMA integrity_check"), "ok", f"{name}: integrity")


def check_lines(name, lines, *expected):
    """As many lines as texts, each of which has its text."""
    check(len(lines) == len(expected) and all(
        line.startswith("obs: ") and text in line for line, text in zip(lines, expected)),
        f"{name}: on stderr: {lines}")


# All is stored; not recoverable after a crash where there is no shared memory.
# One heap, for each costs 64 MB of address space: the program would fail alone.
for name, lines, options in (
    ("address_space", [], {"preexec_fn": limited(AS=100 << 20), "MALLOC_ARENA_MAX": "1"}),
    ("descriptors", [], {"preexec_fn": limited(NOFILE=16)}),
    ("shared_memory", ["no shared memory"], {"OBS_SHM_DIR": "/proc/none"}),
):
    database, actual = end_of(name, **options)
    check_complete(name, database)
    check_lines(name, actual, *lines)

# No file may be longer than that: the database takes what fits; where no arena
# does, it is not in a file. SIGXFSZ, which would end the program, never gets to
# it. One line says it all, before the breaker has opened and afterwards.
ALL = "nor the spill file has room for is lost"
END = "what waits at the program's end is lost, errors excepted"
for size, wait_ms, line in ((0, 1500, ALL), (64 << 10, 300, ALL), (64 << 10, 1500, ALL),
                            (600 << 10, 300, END), (600 << 10, 1500, END)):
    name = f"file_size_{size}_{wait_ms}"
    database, actual = end_of(name, wait_ms=wait_ms, preexec_fn=limited(FSIZE=size),
                              OBS_RETENTION_AGE="1s")
    check_lines(name, actual, line)
    check("File too large" in actual[0], f"{name}: the cause: {actual}")
    if size:
        check_equal(single(database, "PRAGMA integrity_check"), "ok", f"{name}: integrity")
    if line == END:
        obsctl(database, "recover")
        check_equal(single(database, "SELECT count(*) FROM calls WHERE status = 'error'"), ERRORS,
                    f"{name}: errors")

# A clock that stands still: no durations, and all calls at the same time.
frozen = directory / "frozen_clock.so"
run([CLANG, "-shared", "-fPIC", "-O1", PROGRAMS / "frozen_clock.cpp", "-o", frozen])
database, lines = end_of("frozen_clock", LD_PRELOAD=frozen)
check_complete("frozen_clock", database)
check_lines("frozen_clock", lines)

# What only root can arrange, in a mount namespace of the program's own.
if os.getuid() == 0 and run(["unshare", "-m", "true"], expect=None).returncode == 0:
    def in_namespace(setup):
        return ["unshare", "-m", "sh", "-c", f"{setup} && exec \"$@\"", "sh"]

    for name, setup, lines in (
        ("no_proc", "umount -l /proc", []),
        ("no_dev_shm", "umount -l /dev/shm && mount -t tmpfs -o ro none /dev/shm",
         ["no shared memory"]),
        ("full_dev_shm", "umount -l /dev/shm && mount -t tmpfs -o size=100k none /dev/shm",
         ["no shared memory"]),
    ):
        database, actual = end_of(name, in_namespace(setup), OBS_SHM_DIR="")
        check_complete(name, database)
        check_lines(name, actual, *lines)

    # Nowhere to write: what ran is in shared memory, for when there is a place.
    closed = directory / f"closed-{os.getpid()}"  # spill files of another run may be left
    closed.mkdir()
    readonly = f"mount -t tmpfs -o ro none {closed}"
    database, lines = end_of("read_only", in_namespace(readonly), database=closed / "obs.db",
                             OBS_SHM_DIR=directory)
    check_lines("read_only", lines, "Read-only file system); what waits at the program's end is "
                "kept for \"obsctl recover\"")
    check(not database.exists(), "read_only: there is a database")
    run([OBSCTL, "--db", database, "recover"],
        env=environment(database, OBS_SHM_DIR=directory))
    check_complete("read_only", database)
