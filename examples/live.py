# SPDX-License-Identifier: Apache-2.0
"""What the live demos share: a monitored program beside them, a panel that is
drawn again and again on a terminal (a line now and then in a pipe), and claims
that are checked at the end."""

import argparse
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parent.parent
TERMINAL = sys.stdout.isatty()
COLOUR = TERMINAL and not os.environ.get("NO_COLOR")
CODES = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33}
BARS = " ▁▂▃▄▅▆▇█"


def styled(style, text):
    return f"\x1b[{CODES[style]}m{text}\x1b[0m" if COLOUR and style else text


def arguments(description, seconds, short):
    """--short for tests; --build for another build tree. Returns the seconds to
    run, the directory for files, and the build tree."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--short", action="store_true",
                        help=f"{short} seconds instead of {seconds}")
    parser.add_argument("--build", type=pathlib.Path, default=SOURCE / "build",
                        help="the build tree of obs (default: %(default)s)")
    given = parser.parse_args()
    build = given.build.resolve()
    if not (build / "bin" / "obs-c++").exists():
        sys.exit(f"error: obs is not built in {build}; run scripts/demo.sh NAME, which builds it")
    directory = build / "demo" / pathlib.Path(sys.argv[0]).resolve().parent.name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return (short if given.short else seconds), directory, build


class Program:
    """The monitored program, compiled and started. It prints lines of numbers;
    `last` is the newest one."""

    def __init__(self, build, directory, *command, **variables):
        source = pathlib.Path(sys.argv[0]).resolve().parent / "program.cpp"
        binary = directory / "program"
        subprocess.run([build / "bin" / "obs-c++", "-std=c++20", "-O2", "-I", SOURCE / "runtime" /
                        "include", source, "-o", binary, "-pthread"], check=True)
        self.database = directory / "obs.db"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("OBS_")}
        environment.update(variables, OBS_DB=str(self.database))
        self.last = []
        self.messages = directory / "stderr.txt"
        self.process = subprocess.Popen([binary, *map(str, command)], stdout=subprocess.PIPE,
                                        stderr=self.messages.open("w"), text=True, env=environment)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.last = line.split()

    def running(self):
        return self.process.poll() is None

    def wait(self):
        code = self.process.wait()
        self.reader.join()
        return code

    def query(self, sql, default=0):
        """The first value; the default while the database is away."""
        try:
            connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=0.05)
            try:
                return connection.execute(sql).fetchone()[0]
            finally:
                connection.close()
        except sqlite3.Error:
            return default


class Lock:
    """Keeps a database locked between two times, in seconds."""

    def __init__(self, program, begin, end):
        self.program, self.begin, self.end = program, begin, end
        self.connection = None

    def update(self, now):
        """Takes or gives back the lock if it is time; whether it is held."""
        if not self.connection and self.begin < now < self.end and self.program.database.exists():
            self.connection = sqlite3.connect(self.program.database, timeout=10,
                                              isolation_level=None)
            self.connection.execute("BEGIN EXCLUSIVE")
        if self.connection and now >= self.end:
            self.connection.execute("ROLLBACK")
            self.connection.close()
            self.connection = None
        return self.connection is not None


class Panel:
    """Lines that replace those drawn before."""

    def __init__(self, title):
        self.started = time.monotonic()
        self.title = title
        self.drawn = 0
        self.printed = -10.0

    def seconds(self):
        return time.monotonic() - self.started

    def draw(self, rows):
        """`rows`: (name, text) each."""
        if not TERMINAL:
            if self.seconds() - self.printed >= 2:
                self.printed = self.seconds()
                print(f"{self.seconds():5.1f} s  " + "; ".join(f"{n} {t}" for n, t in rows if n),
                      flush=True)
            return
        width = shutil.get_terminal_size().columns
        lines = [styled("bold", f"{self.title:<50}{self.seconds():6.1f} s"), ""]
        lines += [f"  {styled('dim', f'{name:<10}')} {text}" for name, text in rows]
        if self.drawn:
            sys.stdout.write(f"\x1b[{self.drawn}A")
        sys.stdout.write("".join(f"\x1b[2K{line}\n" for line in lines))
        sys.stdout.flush()
        self.drawn = len(lines) if width > 40 else 0


def graph(values, width=50, greatest=None):
    """The newest values as a row of bars."""
    if len(values) > width:  # the mean of each column
        step = len(values) / width
        values = [values[int(i * step):max(int((i + 1) * step), int(i * step) + 1)]
                  for i in range(width)]
        values = [sum(v) / len(v) for v in values]
    top = greatest or max(values, default=0) or 1
    return "".join(BARS[min(8, round(8 * value / top))] for value in values)


def megabytes(size):
    return f"{size / 2**20:.2f} MiB"


class Claims:
    def __init__(self):
        self.failed = 0
        print()

    def check(self, holds, text):
        mark = styled("green", "✔") if holds else styled("red", "✘ NOT SO:")
        print(f"  {mark} {text}")
        self.failed += not holds

    def end(self, database):
        print(styled("dim", f"\n  {database}"))
        sys.exit(1 if self.failed else 0)
