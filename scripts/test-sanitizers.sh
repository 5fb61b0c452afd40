#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runtime, unit tests and monitored programs under sanitizers.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

usage="usage: scripts/test-sanitizers.sh [address|undefined|thread]…

Builds the runtime, obsctl and the tests with each of the sanitizers that are
named (all three if none is; address has LeakSanitizer with it), in
build-SANITIZER, and runs the tests, their monitored programs instrumented as
well. There are no suppressions."

# Left out with all of them: tests of the compiler and of what is installed, which
# compare with plain programs; and programs that are not to be had this way.
left_out=(
  builds constructs debugging documents install_consumer same_program sites wrapper
  allocator returned_errors # define operator new, as the sanitizer does
  coroutines thread_sanitizer # build with a sanitizer of their own
  libraries       # the sanitizer keeps libraries that were unloaded
  limits memory_pressure AddressSpace # shadow memory takes terabytes of it
)
# With one of them.
left_out_address=(
  endings # jumps out of functions with poisoned stacks
  life    # LeakSanitizer says of the parent of a daemon that threads run
)
left_out_undefined=()
left_out_thread=(
  # ThreadSanitizer: a child that forked from one thread of many may not start
  # threads (die_after_fork), and it does not follow tasks made by clone.
  life endings Fork Daemon
)

for sanitizer in "$@"; do
  case $sanitizer in
  address | undefined | thread) ;;
  -h | --help) echo "$usage"; exit 0 ;;
  *) die "no such sanitizer: $sanitizer
$usage" ;;
  esac
done
[ $# -gt 0 ] || set -- address undefined thread
install_packages "${build_packages[@]}"
export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1
for sanitizer in "$@"; do
  tree=$root/build-$sanitizer
  say "building with $sanitizer in $tree"
  [ -f "$tree/build.ninja" ] ||
    cmake -G Ninja -S "$root" -B "$tree" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
      -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 -DOBS_SANITIZE="$sanitizer"
  ninja -C "$tree"
  say "testing with $sanitizer"
  declare -n own=left_out_$sanitizer
  excluded=$(IFS='|'; echo "${left_out[*]}${own:+|${own[*]}}")
  OBS_TEST_FLAGS="-fsanitize=$sanitizer -fno-sanitize-recover=undefined -g1" \
    ctest --test-dir "$tree" --output-on-failure -E "^lit|exports|$excluded"
done
