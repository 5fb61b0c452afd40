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

# Left out with all of them.
left_out=(
  # They build with flags of their own, without the sanitizer's functions that
  # the library then needs.
  builds debugging demos documents install_consumer same_program sites wrapper
  coroutines thread_sanitizer # build with a sanitizer of their own
  libraries # a sanitizer keeps libraries that were unloaded
  resources # libobs_malloc.so is not built: a sanitizer has its own allocator
)
# With one of them. Shadow memory takes terabytes of address space.
left_out_address=(limits memory_pressure AddressSpace)
left_out_undefined=(
  idle_cost # compares memory with a plain program
  limits    # without /proc the sanitizer has warnings of its own
)
left_out_thread=(
  limits memory_pressure AddressSpace
  allocator returned_errors # define operator new, as the sanitizer does
  # Count the program's threads; the sanitizer has one.
  idle_cost FiguresOfTheProcess FollowWhatTheProcess
  life # tasks made by clone() are not followed
)
# Run with an option of AddressSanitizer's own each: those that define operator
# new, since its operators do not call the program's, as those of the C++ library
# do; one with a daemon, of whose parent LeakSanitizer says that threads run; and
# one whose programs are the documents' rows, which have pointers from new.
own_address=(
  alloc_dealloc_mismatch=0 '^e2e\.(allocator|returned_errors)$'
  detect_leaks=0 '^e2e\.(life|values)$'
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
# A child that forked from one thread of many starts threads.
export TSAN_OPTIONS=atexit_sleep_ms=0:die_after_fork=0
failed=()
for sanitizer in "$@"; do
  tree=$root/build-$sanitizer
  say "building with $sanitizer in $tree"
  [ -f "$tree/build.ninja" ] ||
    cmake -G Ninja -S "$root" -B "$tree" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
      -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 -DOBS_SANITIZE="$sanitizer"
  ninja -C "$tree"
  say "testing with $sanitizer"
  run_tests() { # arguments: of ctest
    OBS_TEST_FLAGS="-fsanitize=$sanitizer -fno-sanitize-recover=undefined -g1" \
      ctest --test-dir "$tree" --output-on-failure "$@" || failed+=("$sanitizer")
  }
  declare -n leave=left_out_$sanitizer
  excluded=("${left_out[@]}" "${leave[@]}")
  [ "$sanitizer" != address ] || excluded+=(allocator returned_errors life values)
  run_tests -E "^lit|exports|$(IFS='|'; echo "${excluded[*]}")"
  [ "$sanitizer" = address ] || continue
  for ((i = 0; i < ${#own_address[@]}; i += 2)); do
    ASAN_OPTIONS+=:${own_address[i]} run_tests -R "${own_address[i + 1]}"
  done
done
[ ${#failed[@]} -eq 0 ] || die "tests failed with ${failed[*]}"
