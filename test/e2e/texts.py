#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Texts of each length in each kind of std::string are stored as they are, with
the library's classes of any layout."""

import concurrent.futures

from harness import *

directory = scratch("texts")

LIBRARIES = {
    "libstdcxx": ("kTextFirst", "kTextSecond", ["-O2"]),
    "asan": ("kTextFirst", "kTextSecond", ["-O1", *SANITIZED]),
    "old_abi": ("kByAddress", "kTextSecond", ["-O2", "-D_GLIBCXX_USE_CXX11_ABI=0"]),
    "libcxx": ("kByAddress", "kTextFirst", ["-O2", "-stdlib=libc++"]),
}


def check_library(name, string, view, flags):
    program = compile_monitored("texts.cpp", directory / name, "-std=c++17",
                                f"-DSTRING={string}", f"-DVIEW={view}", *flags)
    database = directory / f"{name}.db"
    run([program], env=environment(database))
    calls = query(database, "SELECT function, args, result FROM calls ORDER BY id")
    check_equal(len(calls), 601, f"{name}: calls")
    check_equal(json.loads(calls[0][1]), {"null": ""}, f"{name}: no text at all")
    for length in range(300):
        text = ("abcdefghijklmnopqrstuvwxyz" * 12)[:length]
        taken, returned = calls[1 + 2 * length:3 + 2 * length]
        check_equal(json.loads(taken[1]),
                    {**dict.fromkeys(["string", "value", "view", "pool", "traits", "wide"], text),
                     "nested": [text, text]}, f"{name}: {length}")
        check_equal((json.loads(returned[1]), json.loads(returned[2])), ({"view": text}, text),
                    f"{name}: {length}, returned")


with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
    for result in [pool.submit(check_library, name, *library)
                   for name, library in LIBRARIES.items()]:
        result.result()
