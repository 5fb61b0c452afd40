#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs into a scratch prefix, moves it, and builds and runs a consumer from
it: once with CMake's find_package, once with obs-c++ alone."""

from harness import *

directory = scratch("install_consumer")
consumer = SOURCE / "test" / "consumer"
staging = directory / "staging"
run(["cmake", "--install", BUILD, "--prefix", staging])
prefix = staging.rename(directory / "prefix")  # everything finds itself


def check_database(database):
    rows = json.loads(run([prefix / "bin" / "obsctl", "--db", database, "--json", "calls"]).stdout)
    check_equal([(row["function"], row["args"], row["result"]) for row in rows],
                [("greet", {"name": "world", "times": 2}, "hello world, hello world")],
                "the consumer's calls")


build = directory / "cmake"
run(["cmake", "-G", "Ninja", "-S", consumer, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}",
     f"-DCMAKE_CXX_COMPILER={CLANG}"])
run(["cmake", "--build", build])
run([build / "consumer"], env=environment(directory / "cmake.db"))
check_database(directory / "cmake.db")

run([prefix / "bin" / "obs-c++", "-std=c++20", consumer / "main.cpp", "-o", directory / "alone",
     "-lobs_malloc"])
run([directory / "alone"], env=environment(directory / "alone.db"))
check_database(directory / "alone.db")

# Another compiler is refused, with the remedy.
if shutil.which("g++"):
    refused = run(["cmake", "-G", "Ninja", "-S", consumer, "-B", directory / "gcc",
                   f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_CXX_COMPILER=g++"], expect=1)
    check("-DCMAKE_CXX_COMPILER=clang++-19" in " ".join(refused.stderr.split()),
          f"no remedy for gcc: {refused.stderr}")
