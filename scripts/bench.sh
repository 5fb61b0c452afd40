#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Measures what monitoring costs, against a hand-made floor and other tools.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

case ${1:-} in
-h | --help)
  echo "usage: scripts/bench.sh [--long] [--write] [--rounds N] [PART…]

Prints tables and draws plots to build/bench/plots; --write puts both into
docs/performance.md, which explains them and names the parts. Without --long it
takes about a minute after the build. Exits with 1 if a ratio is far from what
is expected."
  exit
  ;;
esac
install_packages "${build_packages[@]}" python3-matplotlib
for package in "${bench_packages[@]}"; do
  # bench.py says what is left out.
  install_packages "$package" || say "cannot install $package"
done
build_all obs obs_plugin
if [[ " $* " == *" --long "* || " $* " == *" leveldb "* ]]; then
  install_packages "${source_packages[@]}"
  mkdir -p "$build/bench"
  [ -f "$build/bench/leveldb/CMakeLists.txt" ] ||
    fetch_source leveldb "$build/bench/leveldb"
fi
# Debian's Python: it has Debian's matplotlib.
exec /usr/bin/python3 "$root/bench/bench.py" "$build" "$@"
