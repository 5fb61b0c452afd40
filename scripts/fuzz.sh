#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs the fuzz targets, each for some time, on its corpus.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

usage="usage: scripts/fuzz.sh [SECONDS [TARGET…]]

Builds what reads bytes that others wrote with libFuzzer, AddressSanitizer and
UndefinedBehaviorSanitizer in build-fuzz, and runs each target for SECONDS (600):
arena (rings of a dead process), config, control (what obsctl asks of a process),
json, rules (the plugin's file of them), spill, where. New inputs are added to
build-fuzz/corpus; those that add coverage then go to test/fuzz/corpus, which
scripts/test.sh goes through. A finding stays in build-fuzz/found, and is a
failure."

case ${1:-600} in
*[!0-9]*) echo "$usage"; [ "$1" = --help ] || [ "$1" = -h ]; exit ;;
esac
seconds=${1:-600}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- arena config control json rules spill where
install_packages "${build_packages[@]}"
tree=$root/build-fuzz
say "building in $tree"
[ -f "$tree/build.ninja" ] ||
  cmake -G Ninja -S "$root" -B "$tree" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 \
    -DOBS_SANITIZE=address,undefined,fuzzer-no-link
ninja -C "$tree" "${@/%/_fuzz}"
mkdir -p "$tree/found"
for target in "$@"; do
  say "$target: $seconds s"
  kept=$root/test/fuzz/corpus/$target
  grown=$tree/corpus/$target
  mkdir -p "$kept" "$grown"
  "$tree/bin/${target}_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix="$tree/found/$target-" -print_final_stats=1 -verbosity=1 \
    "$grown" "$kept" 2>"$tree/$target.log" || {
    tail -n 40 "$tree/$target.log"
    die "$target: a finding, see $tree/$target.log"
  }
  grep -E 'number_of_executed_units|new_units_added' "$tree/$target.log"
  "$tree/bin/${target}_fuzz" -merge=1 -max_len=4096 "$kept" "$grown" >/dev/null 2>&1
done
