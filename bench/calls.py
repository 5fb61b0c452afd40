# SPDX-License-Identifier: Apache-2.0
"""What a call costs its thread: plain, hand-made floor, obs, and other tools.

All variants do the same work in the same loop (call/main.cpp); a round runs
each of them once, in another order."""

import contextlib
import os
import random
import shutil
import statistics
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import limits
import report
from common import CLANG, HERE, Failure, books, build, environment, remove_database, run, run_json

SOURCES = HERE / "call"
PAUSE_MS = 20  # 50,000 records a second: a quarter of what the writer can do
MAIN = "main.o"  # of main.cpp; the same for all


class Variant:
    """A program, or another run of that of `program`. `values`: what it records
    of a call."""

    kind = "other"
    compiler = CLANG
    stored = None  # files that it writes, and the least bytes of a call in them

    def __init__(self, name, label, *arguments, program=None, threads=1, values=""):
        self.name, self.label, self.values = name, label, values
        self.arguments, self.threads = arguments, threads
        self.program_name = program or name

    def place(self, directory):
        self.directory, self.program = directory, directory / self.program_name

    def compile(self, bench):
        build(self.compiler, self.program, self.directory / MAIN, *self.arguments)

    def start(self):
        """Before all rounds."""

    def stop(self):
        """After them."""

    def run(self, bursts, pause_ms):
        return run_json([self.program, bursts, pause_ms, self.threads], env=environment(),
                        directory=self.directory)

    def measure(self, bursts, pause_ms):
        self.forget()
        before = self.stored_bytes()
        figures = self.run(bursts, pause_ms)
        if self.stored:
            # A recorder that goes in circles keeps as many at least.
            expected = min(figures["calls_made"], 20_000) * self.stored[1]
            if self.stored_bytes() - before < expected:
                raise Failure(f"{self.stored_bytes() - before} bytes were stored, {expected} are "
                              "expected at least")
        return figures

    def stored_files(self):
        return [path for path in self.directory.glob(self.stored[0]) if path.is_file()] \
            if self.stored else []

    def stored_bytes(self):
        return sum(path.stat().st_size for path in self.stored_files())

    def forget(self):
        """What an earlier round has stored."""
        for path in self.stored_files():
            path.unlink()


class Plain(Variant):
    kind = "plain"


class Floor(Variant):
    kind = "floor"


class Obs(Variant):
    kind = "obs"

    def __init__(self, name, label, rate, library=False, **options):
        super().__init__(name, label, f"-DRATE={rate}", **options)
        self.rate, self.library = rate, library

    def compile(self, bench):
        self.compiler = bench.obs_cxx
        work = SOURCES / "monitored.cpp"
        if self.library:
            compile_library(self, work)
        else:
            self.arguments += (work,)
            super().compile(bench)

    def measure(self, bursts, pause_ms):
        database = self.directory / f"{self.name}.db"
        remove_database(database)
        figures = run_json([self.program, bursts, pause_ms, self.threads],
                           env=environment(database), directory=self.directory)
        calls, recorded, dropped, _ = books(database, "work")
        if calls != figures["calls_made"]:
            raise Failure(f"{calls} calls counted of {figures['calls_made']}")
        expected = calls * self.rate
        if abs(recorded + dropped - expected) > 6 * (expected * (1 - self.rate)) ** 0.5:
            raise Failure(f"{recorded} recorded and {dropped} dropped of {calls} calls at "
                          f"{self.rate}")
        figures["lost"] = dropped
        remove_database(database)
        return figures


class PlainLibrary(Plain):
    def compile(self, bench):
        compile_library(self, SOURCES / "plain.cpp")


def compile_library(variant, source):
    """The work in a shared library, the rest in the program."""
    library = variant.directory / f"lib{variant.name}.so"
    build(variant.compiler, library, "-fPIC", "-shared", "-DWORK_ONLY", *variant.arguments, source)
    build(variant.compiler, variant.program, variant.directory / MAIN, SOURCES / "hooks.cpp",
          library, f"-Wl,-rpath,{variant.directory}")


class Spdlog(Variant):
    stored = ("bench.log", 40)

    def compile(self, bench):
        flags = run(["pkg-config", "--cflags", "--libs", "spdlog"]).split()
        self.arguments += (SOURCES / "spdlog.cpp", *flags)
        super().compile(bench)


class Lttng(Variant):
    """With a session daemon of our own. That of root has one place only, so
    none may be there already."""

    stored = ("lttng-home/trace/**/*", 30)

    def compile(self, bench):
        self.arguments += (f"-I{SOURCES}", "-Wno-unused-parameter", SOURCES / "lttng.cpp",
                           "-llttng-ust", "-ldl")
        super().compile(bench)

    def lttng(self, *arguments):
        return run(["lttng", "--no-sessiond", *arguments], env=self.env)

    def is_running(self):
        try:
            self.lttng("list")
        except Failure:
            return False
        return True

    daemon = None

    def start(self):
        self.env = environment(LTTNG_HOME=self.directory / "lttng-home")
        (self.directory / "lttng-home").mkdir()
        if self.is_running():
            raise Failure("a session daemon of this user is running already")
        self.daemon = subprocess.Popen(["lttng-sessiond", "--no-kernel"], env=self.env,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            if self.is_running():
                break
            time.sleep(0.1)
        self.lttng("create", "bench", f"--output={self.directory}/lttng-home/trace")
        self.lttng("enable-channel", "--userspace", "--subbuf-size=1M", "--num-subbuf=8", "bench")
        self.lttng("enable-event", "--userspace", "--channel=bench", "obs_bench:work")

    def forget(self):
        """The session goes on."""

    def run(self, bursts, pause_ms):
        self.lttng("start")
        figures = run_json([self.program, bursts, pause_ms, self.threads], env=self.env,
                           directory=self.directory)
        self.lttng("stop")  # waits until all is written
        return figures

    def stop(self):
        if not self.daemon:
            return
        with contextlib.suppress(Failure):
            self.lttng("destroy", "bench")
        self.daemon.terminate()
        self.daemon.wait()


class Uftrace(Variant):
    """With gcc and -pg, as its manual says. Its default is a buffer of 128 KB a
    thread, written out by a thread of the recorder."""

    stored = ("uftrace.data/*.dat", 40)

    def compile(self, bench):
        part = self.directory / "uftrace-work.o"
        run(["g++", "-std=c++20", "-O2", "-g", "-pg", "-c", SOURCES / "plain.cpp", "-o", part])
        self.arguments += (part,)
        super().compile(bench)

    def run(self, bursts, pause_ms):
        data = self.directory / "uftrace.data"
        shutil.rmtree(data, ignore_errors=True)
        return run_json(["uftrace", "record", "--no-libcall", "--no-event", "-F", "work",
                         "-A", "work@arg1/i64,fparg1/64,arg2/S", "-R", "work@retval/i64",
                         "-d", data, self.program, bursts, pause_ms, self.threads],
                        env=environment(), directory=self.directory)


class Xray(Variant):
    stored = ("xray-log.*", 16)

    def compile(self, bench):
        self.arguments += ("-fxray-instrument", SOURCES / "xray.cpp")
        super().compile(bench)

    def run(self, bursts, pause_ms):
        return run_json([self.program, bursts, pause_ms, self.threads], directory=self.directory,
                        env=environment(XRAY_OPTIONS="xray_mode=xray-fdr "
                                        "xray_logfile_base=xray-log."))


def variants():
    floor, everything = SOURCES / "floor.cpp", "arguments, result, both times"
    return [
        Plain("plain", "plain call", SOURCES / "plain.cpp"),
        PlainLibrary("plain-library", "plain call, shared library"),
        Floor("floor-sampled", "floor, 1 in 100", "-DONE_IN=100", floor),
        Floor("floor", "floor, recorded", floor, values=everything),
        Floor("floor-two-threads", "floor, recorded, two threads", program="floor", threads=2,
              values=everything),
        Obs("obs-unsampled", "obs, sample=0", 0),
        Obs("obs-unsampled-library", "obs, sample=0, shared library", 0, library=True),
        Obs("obs-hundredth", "obs, sample=0.01", 0.01),
        Obs("obs", "obs, sample=1", 1, values=everything),
        Obs("obs-library", "obs, sample=1, shared library", 1, library=True, values=everything),
        Obs("obs-two-threads", "obs, sample=1, two threads", 1, program="obs", threads=2,
            values=everything),
        Spdlog("spdlog", "spdlog, asynchronous", values="arguments, result, one time"),
        Lttng("lttng", "LTTng-UST tracepoint", values="arguments, one time"),
        Uftrace("uftrace", "uftrace", values=everything),
        Xray("xray", "XRay FDR", values="both times"),
    ]


def named(name):
    return [v for v in variants() if v.name == name]


def compile_all(bench, directory, chosen):
    """The variants that there are, and why others are left out."""
    missing = {}
    build(CLANG, directory / MAIN, "-c", SOURCES / "main.cpp")

    def compile_one(variant):
        variant.place(directory)
        if variant.program_name != variant.name:
            return
        try:
            variant.compile(bench)
        except Failure as failure:
            if variant.kind != "other":
                raise
            missing[variant.name] = reason(failure)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(compile_one, chosen))
    return [v for v in chosen if v.name not in missing], missing


def reason(failure):
    """One line of it, that which names the error."""
    lines = str(failure).splitlines()
    return next((line for line in lines if "error" in line), lines[0])


def measure(bench):
    """Figures by variant, over all rounds; and who is missing, with the reason."""
    directory = bench.scratch("call")
    chosen = [v for v in variants() if bench.peers or v.kind != "other"]
    chosen, missing = compile_all(bench, directory, chosen)
    bursts = 50 if bench.long else 8
    samples = {v.name: [] for v in chosen}
    with contextlib.ExitStack() as stack:
        for variant in chosen:
            stack.callback(variant.stop)
        for step in ["start", *["measure"] * bench.rounds]:
            for variant in random.sample(chosen, len(chosen)):
                try:
                    if step == "start":
                        variant.start()
                    else:
                        samples[variant.name].append(variant.measure(bursts, PAUSE_MS))
                except Failure as failure:
                    if variant.kind != "other":
                        raise Failure(f"{variant.name}: {failure}")
                    missing[variant.name] = reason(failure)
                    chosen.remove(variant)
    figures = {v.name: summary(v, samples[v.name]) for v in chosen}
    compare(figures)
    return {"variants": figures, "missing": missing}


def summary(variant, rounds):
    bursts = sorted(b for r in rounds for b in r["bursts"])
    return {
        "label": variant.label, "kind": variant.kind, "values": variant.values,
        "median": statistics.median(bursts),
        "minimum": bursts[0],
        "p10": bursts[len(bursts) // 10],
        "p99_burst": bursts[len(bursts) * 99 // 100],
        "call_median": statistics.median(r["calls"][50] for r in rounds),
        "call_p99": statistics.median(r["calls"][99] for r in rounds),
        "first": statistics.median(f for r in rounds for f in r["first"]),
        "first_most": max(f for r in rounds for f in r["first"]),
        "lost": sum(r["lost"] for r in rounds),
        "medians": [statistics.median(r["bursts"]) for r in rounds],
    }


def compare(figures):
    """Ratios within each round, of which the median counts; and what a variant
    costs more than a plain call."""
    for name, figure in figures.items():
        plain = figures.get("plain-library" if name.endswith("-library") else "plain")
        if plain and figure["kind"] != "plain":
            figure["over"] = statistics.median(
                a - b for a, b in zip(figure["medians"], plain["medians"]))
            figure["p10_over"] = figure["p10"] - plain["p10"]
        for other in ("plain", "floor"):
            if other in figures:
                figure[f"to_{other}"] = statistics.median(
                    a / b for a, b in zip(figure["medians"], figures[other]["medians"]))
                figure[f"p10_to_{other}"] = figure["p10"] / figures[other]["p10"]


def tables(result):
    head = ["ns a call", "median", "more than plain", "to plain", "to floor", "p10",
            "more than plain", "to floor", "least", "p99", "p99 of calls", "records"]
    rows = [[f["label"], *(report.number(f.get(k)) for k in (
        "median", "over", "to_plain", "to_floor", "p10", "p10_over", "p10_to_floor",
        "minimum", "p99_burst", "call_p99")), f["values"]] for f in result["variants"].values()]
    text = [report.table(head, rows)]
    first = [[f["label"], report.number(f["first"] / 1000), report.number(f["first_most"] / 1000)]
             for f in result["variants"].values() if f["kind"] == "obs"]
    text += ["", report.table(["first call of a thread, µs", "median", "most"], first)]
    for name, why in result["missing"].items():
        text += ["", f"Left out: {name}: {why}"]
    return "\n".join(text)


COLORS = {"plain": "#999999", "floor": "#555555", "obs": "#3366cc", "other": "#cc8833"}


def plot(result, directory):
    figures = result["variants"].values()
    return [report.bars(directory, "calls", "ns a call, median",
                        [f["label"] for f in figures], [f["median"] for f in figures],
                        [COLORS[f["kind"]] for f in figures])]


def missed(result):
    """Which of the limits do not hold."""
    figures = result["variants"]
    for name, against, limit in limits.CALLS:
        if name in figures and against in figures:
            ratio = figures[name]["p10"] / figures[against]["p10"]
            if ratio > limit:
                yield f"{name} takes {ratio:.2f} times {against}, at most {limit} is expected"
