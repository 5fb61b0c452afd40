#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds the plugin for other LLVM versions and runs the lit tests with them.
# Arguments: major versions of 14, 15, 16; none: all of them.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

install_packages "${build_packages[@]}"
[ $# -gt 0 ] || set -- 14 15 16
for version in "$@"; do
  install_packages "clang-$version" "llvm-$version-dev" "libclang-$version-dev" \
    "llvm-$version-tools"
  say "building the plugin for LLVM $version"
  tree=$build/llvm-$version
  [ -f "$tree/build.ninja" ] ||
    cmake -G Ninja -S "$root" -B "$tree" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
      -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 -DOBS_LLVM_MAJOR="$version"
  ninja -C "$tree" obs_plugin
  say "testing with clang $version"
  ctest --test-dir "$tree" --output-on-failure -R '^lit$'
done
