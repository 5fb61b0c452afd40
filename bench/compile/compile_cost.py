#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the plugin costs the compiler: CPU time and code size against plain.

Arguments: the build tree, and LevelDB's sources; run.sh gives both. All
variants of a measurement run in turn, file by file, each round in another
order; the figure is the ratio of the sums of each file's least CPU time (user
and system), which other work on the machine disturbs the least; of a single
file, where a part of a percent counts, it is the median of the ratios of all
rounds. Exits with 1 if a bound is passed.
"""
import argparse
import math
import os
import pathlib
import random
import re
import resource
import statistics
import subprocess
import tempfile

CLANG = "clang++-19"

# A file as most are: a few standard headers, nothing to be monitored.
UNMARKED = """
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>
int count(const std::string &text) {
  std::map<char, int> seen;
  for (char c : text)
    ++seen[c];
  std::vector<int> counts;
  for (const auto &[c, n] : seen)
    counts.push_back(n);
  std::sort(counts.begin(), counts.end(), std::greater<int>());
  std::cout << counts.size();
  return counts.empty() ? 0 : counts.front();
}
"""


def small_functions(number, mark):
    return "".join(
        f"{mark} long add{i}(long a, int b) {{ return a * {i} + b; }}\n"
        for i in range(number))


def cpu_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


def compare(variants, rounds):
    """The least CPU seconds of each variant: lists of as many commands."""
    seconds = dict.fromkeys(variants, 0)
    for commands in zip(*variants.values()):
        least = dict.fromkeys(variants, math.inf)
        for _ in range(rounds):
            for name, command in random.sample([*zip(variants, commands)], len(variants)):
                least[name] = min(least[name], cpu_seconds(command))
        for name in variants:
            seconds[name] += least[name]
    return seconds


def compare_pairs(command, plain, rounds):
    """Medians over `rounds`: of the ratio of CPU seconds, and of both."""
    figures = []
    for _ in range(rounds):
        seconds = {}
        for name, variant in random.sample([("obs", command), ("plain", plain)], 2):
            seconds[name] = cpu_seconds(variant)
        figures.append((seconds["obs"] / seconds["plain"], seconds["obs"], seconds["plain"]))
    return [statistics.median(values) for values in zip(*figures)]


def text_bytes(object_file):
    """Size of the code, without what else `size` calls text."""
    sections = subprocess.run(["llvm-size-19", "-A", object_file], check=True,
                              capture_output=True, text=True).stdout
    return sum(int(size) for size in
               re.findall(r"^\.text\S*\s+(\d+)", sections, re.M))


class Bench:
    def __init__(self, build, rounds, scratch):
        self.obs = [CLANG, f"-fplugin={build}/lib/obs-plugin-19.so"]
        self.rounds = rounds
        self.scratch = pathlib.Path(scratch)
        self.missed = False

    def file(self, name, text):
        path = self.scratch / name
        path.write_text(text)
        return str(path)

    @staticmethod
    def compile(compiler, source, *flags, to="/dev/null"):
        return [*compiler, "-std=c++17", "-O2", "-c", source, "-o", to, *flags]

    def report(self, what, figure, bound, detail):
        missed = bound is not None and figure > bound
        self.missed |= missed
        limit = "" if bound is None else f"<= {bound}"
        print(f"{what:45} {figure:8.3f} {limit:10} {detail}"
              f"{'   MISSED' if missed else ''}", flush=True)

    def unmarked(self):
        for name, text, bound in (("no attribute, standard headers", UNMARKED, 1.02),
                                  ("no attribute, empty file", "", None)):
            source = self.file("unmarked.cpp", text)
            ratio, obs, plain = compare_pairs(self.compile(self.obs, source),
                                              self.compile([CLANG], source), 8 * self.rounds)
            self.report(name, ratio, bound, f"{obs * 1000:.1f} / {plain * 1000:.1f} ms")

    def growth(self):
        numbers = (0, 500, 1000, 2000)
        variants = {}
        for number in numbers:
            marked = self.file(f"marked{number}.cpp",
                               small_functions(number, "[[obs::monitor]]"))
            plain = self.file(f"plain{number}.cpp", small_functions(number, ""))
            variants[number, "obs"] = [self.compile(self.obs, marked)]
            variants[number, "plain"] = [self.compile([CLANG], plain)]
        seconds = compare(variants, self.rounds)
        extra = {n: seconds[n, "obs"] - seconds[n, "plain"] for n in numbers}
        per_function = {n: (extra[n] - extra[0]) / n for n in numbers[1:]}
        for n in numbers[1:]:
            self.report(f"{n} small functions, per function", per_function[n] * 1000,
                        None, "ms more than plain")
        # Linear: a function costs the same among many as among few.
        self.report("  per function: 2,000 against 500",
                    per_function[2000] / per_function[500], 1.25, "")

    def code_size(self):
        number = 100
        sizes = {}
        for name, compiler, mark in (("plain", [CLANG], ""),
                                     ("obs", self.obs, "[[obs::monitor]]")):
            to = str(self.scratch / f"{name}.o")
            source = self.file(f"{name}.cpp", small_functions(number, mark))
            subprocess.run(self.compile(compiler, source, to=to), check=True)
            sizes[name] = text_bytes(to)
        self.report("text of a function of two scalars, bytes",
                    (sizes["obs"] - sizes["plain"]) / number, 400, "more than plain")

    def leveldb(self, tree):
        tree = pathlib.Path(tree)
        sources = sorted(
            str(path) for folder in ("db", "table", "util")
            for path in (tree / folder).glob("*.cc")
            if not re.search(r"(_test|_bench|_windows|leveldbutil|testutil)\.cc$", path.name))
        flags = [f"-I{tree}", f"-I{tree}/include", "-DLEVELDB_PLATFORM_POSIX=1",
                 "-DLEVELDB_IS_BIG_ENDIAN=0", "-DHAVE_CRC32C=0", "-DHAVE_SNAPPY=0",
                 "-fno-exceptions", "-fno-rtti"]
        port = self.scratch / "port"
        port.mkdir()
        (port / "port_config.h").write_text("")
        flags.append(f"-I{self.scratch}")
        rules = self.file("all.rules", "*\n")
        everything = [*self.obs, f"-fplugin-arg-obs-functions={rules}"]
        objects = self.scratch / "objects"
        objects.mkdir()

        def build(name, compiler):
            return [self.compile(compiler, source, *flags,
                                 to=str(objects / f"{name}{i}.o"))
                    for i, source in enumerate(sources)]
        seconds = compare({"plain": build("plain", [CLANG]),
                           "loaded": build("loaded", self.obs),
                           "obs": build("obs", everything)}, self.rounds)
        text = {name: sum(text_bytes(str(o)) for o in objects.glob(f"{name}*.o"))
                for name in seconds}
        for name, bound, what in (("loaded", 1.02, "plugin loaded, nothing marked"),
                                  ("obs", 1.15, "every function monitored")):
            self.report(f"LevelDB, {what}", seconds[name] / seconds["plain"], bound,
                        f"{seconds[name]:.2f} / {seconds['plain']:.2f} s, text "
                        f"{text[name] / text['plain']:.2f} times")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", help="the build tree")
    parser.add_argument("leveldb", help="LevelDB's sources")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(os.path.abspath(arguments.build), arguments.rounds, scratch)
        bench.unmarked()
        bench.growth()
        bench.code_size()
        bench.leveldb(arguments.leveldb)
    return bench.missed


if __name__ == "__main__":
    raise SystemExit(main())
