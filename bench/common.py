# SPDX-License-Identifier: Apache-2.0
"""What the parts of the benchmark share: where things are, compiling, running."""

import json
import os
import pathlib
import shutil
import sqlite3
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
CLANG = "clang++-19"
FLAGS = ["-std=c++20", "-O2", "-Wall", "-Wextra", "-pthread"]


class Failure(Exception):
    """A program that does not compile or run, or a figure that is not sane."""


class Bench:
    """One run: the build tree, how long it may take, and whether the tools of
    others are measured, too."""

    def __init__(self, build, long=False, rounds=None, peers=True):
        self.build = pathlib.Path(build).resolve()
        self.obs_cxx = str(self.build / "bin" / "obs-c++")
        self.long = long
        self.peers = peers
        self.rounds = rounds or (9 if long else 3)

    def scratch(self, name):
        """A fresh directory, left for looking at afterwards."""
        directory = self.build / "bench" / name
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        return directory


def run(command, directory=None, env=None, timeout=600):
    """What the program prints."""
    command = [str(c) for c in command]
    try:
        done = subprocess.run(command, cwd=directory, env=env, text=True, capture_output=True,
                              timeout=timeout)
    except FileNotFoundError:
        raise Failure(f"no program '{command[0]}'")
    except subprocess.TimeoutExpired:
        raise Failure(f"'{' '.join(command)}' does not end within {timeout} s")
    if done.returncode != 0:
        raise Failure(f"'{' '.join(command)}' ends with {done.returncode}: "
                      f"{(done.stderr or done.stdout).strip()[:600]}")
    return done.stdout


def run_json(command, **options):
    return json.loads(run(command, **options).splitlines()[-1])


def build(compiler, output, *arguments):
    """Compiles and links with the flags of all programs."""
    run([compiler, *FLAGS, *arguments, "-o", output])
    return output


def environment(database=None, **variables):
    """The caller's environment, without settings of its own for obs."""
    result = {k: v for k, v in os.environ.items() if not k.startswith("OBS_")}
    if database:
        result["OBS_DB"] = str(database)
    result.update({k: str(v) for k, v in variables.items()})
    return result


def remove_database(database):
    for suffix in ("", "-wal", "-shm"):
        pathlib.Path(f"{database}{suffix}").unlink(missing_ok=True)


def query(database, sql, *values):
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


def books(database, function):
    """calls_total, recorded, dropped, errors of a function."""
    rows = query(database, "SELECT calls_total, recorded, dropped, errors FROM functions "
                 "WHERE function = ?", function)
    if len(rows) != 1:
        raise Failure(f"{database} has {len(rows)} functions '{function}'")
    return rows[0]
