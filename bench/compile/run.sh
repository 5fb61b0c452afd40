#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the plugin costs the compiler, against plain clang: builds the plugin,
# fetches LevelDB's sources, compares. Arguments go to compile_cost.py.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib.sh"

install_packages "${build_packages[@]}" "${source_packages[@]}"
build_all obs_plugin
leveldb=$build/bench/leveldb
mkdir -p "$build/bench"
[ -f "$leveldb/CMakeLists.txt" ] || fetch_source leveldb "$leveldb"
exec python3 "$root/bench/compile/compile_cost.py" "$build" "$leveldb" "$@"
