#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""soak.py BUILD SECONDS: the work of soak.sh."""

import pathlib
import random
import signal
import statistics
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "test" / "e2e"))
from harness import *

SECONDS = int(sys.argv[2])
SIZE_CAP = 64 << 20
MEMORY_LIMIT = 64 << 20

directory = BUILD / "soak"
shutil.rmtree(directory, ignore_errors=True)
home = directory / f"home-{os.getpid()}"  # rings of an earlier soak are not ours
home.mkdir(parents=True)
database = home / "obs.db"
program = compile_monitored("soak.cpp", directory / "program", "-O2")
env = environment(database, OBS_RETENTION_AGE="5s", OBS_RETENTION_SIZE=SIZE_CAP,
                  OBS_BREAKER_TIMEOUT="1s", OBS_BATCH_SIZE=1000, OBS_MEMORY_LIMIT=MEMORY_LIMIT)
# For root no directory is closed, unless it gives up that privilege.
UNPRIVILEGED = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
command = [*map(str, UNPRIVILEGED if os.getuid() == 0 else []), str(program)]
log = open(directory / "stderr", "w")


def start(*arguments):
    return subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, stderr=log, text=True,
                            cwd="/", env=env)


def locked():
    connection = sqlite3.connect(f"file:{database}?mode=rw", uri=True, timeout=1,
                                 isolation_level=None)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        time.sleep(random.uniform(0.1, 3))
        connection.execute("ROLLBACK")
    finally:
        connection.close()


def read_for_long():
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=1,
                                 isolation_level=None)
    try:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM function").fetchall()
        time.sleep(random.uniform(0.5, 3))
    finally:
        connection.close()


def closed():
    home.chmod(0o555)
    time.sleep(random.uniform(0.1, 2))
    home.chmod(0o755)


def away():
    moved = home.with_name("away")
    home.rename(moved)
    time.sleep(random.uniform(0.1, 2))
    moved.rename(home)


def stopped():
    main.send_signal(signal.SIGSTOP)
    time.sleep(random.uniform(0.1, 0.5))
    main.send_signal(signal.SIGCONT)


def killed():
    victim = random.randrange(len(siblings))
    siblings[victim].kill()
    siblings[victim].communicate()
    siblings[victim] = start("2", "sibling")


main = start("2")
siblings = [start("2", "sibling") for _ in range(3)]
began = time.time()
samples = []  # (seconds, MB resident, MB of the file, MB of its log)
faults = []   # (seconds, name)


def sample():
    # Not its end: retention has stopped then, and all that waits is written.
    while not ending.is_set():
        sizes = []
        for path in (database, pathlib.Path(f"{database}-wal")):
            try:
                sizes.append(path.stat().st_size / 1e6)
            except FileNotFoundError:  # a fault
                sizes.append(None)
        pages = pathlib.Path(f"/proc/{main.pid}/statm").read_text().split()
        if pages:
            samples.append((time.time() - began, int(pages[1]) * 4096 / 1e6, *sizes))
        time.sleep(0.25)


ending = threading.Event()
sampler = threading.Thread(target=sample)
sampler.start()
while time.time() - began < SECONDS:
    fault = random.choice([locked, read_for_long, closed, away, stopped, killed, killed])
    faults.append((time.time() - began, fault.__name__))
    try:
        fault()
    except sqlite3.OperationalError:
        pass  # it is in the middle of another fault's recovery
    check(main.poll() is None, f"the program has ended with {main.returncode}")
    time.sleep(1)

ending.set()
sampler.join()
for process in (main, *siblings):
    process.terminate()
calls, errors = map(int, main.communicate()[0].split())
check_equal(main.returncode, 0, "exit code")
for sibling in siblings:
    sibling.communicate()
obsctl(database, "recover")


# --- The picture ------------------------------------------------------------


def across(seconds):
    return 60 + 900 * seconds / samples[-1][0]


def curve(column, top, height, most, color):
    points = " ".join(f"{across(s[0]):.1f},"
                      f"{top + height - height * s[column] / most:.1f}"
                      for s in samples if s[column] is not None)
    return f'<polyline fill="none" stroke="{color}" points="{points}"/>'


def panel(top, title, limit, columns):
    """Curves over time, and a dashed line at the limit."""
    height = 160
    most = 1.1 * max(limit, *(s[c] for s in samples for c, _, _ in columns if s[c] is not None))
    at_limit = top + height - height * limit / most
    lines = [f'<rect x="60" y="{top}" width="900" height="{height}" fill="none" stroke="#999"/>',
             f'<line x1="60" x2="960" y1="{at_limit:.1f}" y2="{at_limit:.1f}" stroke="#999" '
             'stroke-dasharray="4"/>',
             f'<text x="60" y="{top - 8}">{title}</text>',
             f'<text x="52" y="{at_limit + 4:.1f}" text-anchor="end">{limit:.0f}</text>',
             f'<text x="52" y="{top + height}" text-anchor="end">0</text>']
    for place, (column, name, color) in enumerate(columns):
        lines.append(curve(column, top, height, most, color))
        lines.append(f'<text x="{700 + 130 * place}" y="{top - 8}" fill="{color}">{name}</text>')
    return lines


FAULTS = {"locked": "#c33", "closed": "#c73", "away": "#a3a", "killed": "#333", "stopped": "#37c",
          "read_for_long": "#3a3"}
drawing = ['<svg xmlns="http://www.w3.org/2000/svg" width="1000" height="530" '
           'font-family="sans-serif" font-size="13">',
           '<rect width="1000" height="530" fill="white"/>',
           *panel(40, "resident memory of the program, MB; dashed: OBS_MEMORY_LIMIT",
                  MEMORY_LIMIT / 1e6, [(1, "memory", "#36c")]),
           *panel(250, "database, MB; dashed: OBS_RETENTION_SIZE", SIZE_CAP / 1e6,
                  [(2, "file", "#36c"), (3, "write-ahead log", "#c63")])]
for quarter in range(5):
    seconds = samples[-1][0] * quarter / 4
    drawing.append(f'<text x="{across(seconds):.1f}" y="426" text-anchor="middle">{seconds:.0f} s'
                   "</text>")
for at, name in faults:
    x = across(at)
    drawing.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="440" y2="455" stroke="{FAULTS[name]}"/>')
for place, (name, color) in enumerate(FAULTS.items()):
    drawing.append(f'<text x="{60 + 150 * place}" y="490" fill="{color}">{name}</text>')
drawing += [f'<text x="60" y="515">{samples[-1][0]:.0f} s, {calls:,} calls, {len(faults)} faults'
            "</text>", "</svg>"]
picture = directory / "soak.svg"
picture.write_text("\n".join(drawing))


# --- The books --------------------------------------------------------------

connection = sqlite3.connect(database)
functions = {row[0]: row[1:] for row in connection.execute(
    "SELECT function, calls_total, recorded, dropped, errors FROM functions")}
integrity = connection.execute("PRAGMA integrity_check").fetchone()[0]
memory, size, log_size = ([s[c] for s in samples if s[c] is not None] for c in (1, 2, 3))
print(f"{len(faults)} faults: " + ", ".join(
    f"{sum(name == n for _, n in faults)} {name}" for name in FAULTS))
for name, (total, recorded, dropped, failed) in functions.items():
    print(f"{name}: {total:,} calls, {recorded:,} recorded, {dropped:,} dropped, {failed:,} errors")
for name, values in (("memory", memory), ("file", size), ("log", log_size)):
    print(f"{name}: {statistics.median(values):.0f} MB in the median, at most {max(values):.0f} MB")
print(f"picture: {picture}")

total, recorded, dropped, failed = functions["work"]
check_equal(integrity, "ok", "integrity")
check_equal((total, failed), (calls, errors), "calls and errors of the program")
check_equal(recorded + dropped, total, "recorded and dropped")
# One that is killed has at most a call for each thread that is counted only.
kills = sum(name == "killed" for _, name in faults)
total, recorded, dropped, _ = functions["siblingWork"]
check(0 <= total - recorded - dropped <= 2 * kills, f"siblings: {total} calls, {recorded} "
      f"recorded, {dropped} dropped")


def level(values):
    """How much more the second half is than the first, in the median: the load of
    the machine changes, and so does each moment; what grows, grows all the time."""
    half = len(values) // 2
    return statistics.median(values[half:]) - statistics.median(values[:half])


# The program itself takes some 5 MB.
check(max(memory) < MEMORY_LIMIT / 1e6 + 8, "memory is beyond its limit")
check(level(memory) < 4, "memory does not level off")
# A full queue (some 8 MB of rows) is written at once when the database is back,
# and retention comes after that.
check(max(size) < (SIZE_CAP + (16 << 20)) / 1e6, "the file is beyond its cap")
check(level(size) < 0.25 * SIZE_CAP / 1e6, "the file does not level off")
check(statistics.median(log_size) < (32 << 20) / 1e6, "the log is not shortened")
print("soak: passed")
