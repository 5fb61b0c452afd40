#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The bytes of secrets are in no ring and in no file: of calls that are sampled,
and of those that are not and throw. What stands beside them is."""

from harness import *

SECRET = bytes(ord("a") + (i * 7 + 3) % 26 for i in range(40))
STARS = "***"
KEYS = [STARS, STARS]
LOGIN = {"name": "bob", "password": STARS, "answer": STARS, "key": STARS}
SESSION = {"Login": LOGIN, "former": [LOGIN, LOGIN], "accessToken": STARS, "token": "shown"}
NESTED = {"session": SESSION, "pointer": LOGIN, "maybe": STARS}
CONTAINERS = {"keys": KEYS, "map": {"1": STARS}, "pair": [2, STARS], "tuple": [STARS, 3],
              "either": {"Key": STARS}, "array": KEYS}
PARAMETERS = {key: STARS for key in ("password", "own", "pin", "pins", "vault", "bytes")}

directory = scratch("secrets")


def check_absent(root, told):
    """No file below `root` has the secret, and one has `told`."""
    found = False
    for file in (f for f in root.rglob("*") if f.is_file() and f.name != "program"):
        content = file.read_bytes()
        check(SECRET[:12] not in content, f"{file} has a secret")
        found = found or told in content
    check(found, f"no file in {root} has {told}")


for rate in (1, 0):
    here = directory / f"rate_{rate}"
    shm = here / "shm"
    shm.mkdir(parents=True)
    program = compile_monitored("secrets.cpp", here / "program", "-O1", f"-DRATE={rate}")
    database = here / "obs.db"

    # The rings of a process that was killed, and all that it left on disk.
    killed = environment(database, OBS_SHM_DIR=shm, OBS_DRAIN_INTERVAL="20s")
    run([program, "kill"], expect=-9, env=killed)
    check_absent(here, b"shown")
    run([OBSCTL, "--db", database, "recover"], env=killed)
    check_absent(here, b"shown")
    # One that ended well, into the same database.
    run([program], env=environment(database))
    check_absent(here, b"shown")

    calls = [(function, json.loads(args)) for function, args in query(
        database, "SELECT function, args FROM calls WHERE args <> '{}' ORDER BY id")]
    expected = []
    for throws in (False, True) if rate else (True,):
        for function, arguments in (("nested", NESTED), ("containers", CONTAINERS),
                                    ("parameters", PARAMETERS)):
            captured = {} if rate else {"captured": "at_throw"}
            expected.append((function, {**arguments, "throws": throws, **captured}))
    check_equal(calls, expected * 2, "arguments")
    errors = query(database, "SELECT error_type, error_message FROM calls "
                             "WHERE status = 'error' ORDER BY id")
    check_equal(errors, [("std::runtime_error", "no"), ("Key", STARS),
                         ("Session", json.dumps(SESSION, separators=(",", ":")))] * 2, "errors")
    results = query(database, "SELECT function, result FROM calls WHERE args = '{}' ORDER BY id")
    check_equal([(function, json.loads(result)) for function, result in results],
                [("marked", STARS), ("typed", STARS), ("member", LOGIN)] * 2 if rate else [],
                "results")
