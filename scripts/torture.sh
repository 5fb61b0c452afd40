#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Monitors every function of real programs, and runs their own tests.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

programs=(leveldb jsoncpp tinyxml2 pugixml re2 fmt)
usage="usage: scripts/torture.sh [--help] [PROGRAM…]
       scripts/torture.sh soak [SECONDS]

Builds Debian's sources of real programs twice, as they are and with every
function monitored, and runs all of their own tests as they are, with each call
recorded and with one in a hundred; jsoncpp and tinyxml2 also under
AddressSanitizer and UndefinedBehaviorSanitizer. Prints what that did and cost,
and fails at any difference. docs/torture.md explains the table.

programs: ${programs[*]} (all of them if none is named)
soak: scripts/soak.sh, a program at full load with a fault every second

Needs Debian 12 and network. Sources and builds stay in build/torture; a build
is done again when the plugin, the runtime or the flags change."

[ "${1-}" != soak ] || exec "$root/scripts/soak.sh" "${@:2}"
for argument in "$@"; do
  case $argument in
  -h | --help) echo "$usage"; exit 0 ;;
  esac
  [[ " ${programs[*]} " == *" $argument "* ]] || die "no such program: $argument
$usage"
done
[ $# -gt 0 ] || set -- "${programs[@]}"

# Fetches the source of a program to $torture/PROGRAM/source.
prepare() {
  local source=$torture/$1/source
  [ ! -f "$source/.prepared" ] || return 0
  say "$1: fetching Debian's source"
  case $1 in
  jsoncpp)
    fetch_source libjsoncpp "$source"
    # It asks for C++11, which monitors nothing.
    sed -i 's/^set(CMAKE_CXX_STANDARD 11)$/set(CMAKE_CXX_STANDARD 17)/' "$source/CMakeLists.txt"
    ;;
  re2)
    fetch_source re2 "$source"
    # Debian makes these from its own tables; CMake expects them to be there.
    make -C "$source" REBUILD_TABLES=1 re2/perl_groups.cc re2/unicode_casefold.cc \
      re2/unicode_groups.cc >/dev/null
    ;;
  fmt) fetch_source fmtlib "$source" ;;
  *) fetch_source "$1" "$source" ;;
  esac
  touch "$source/.prepared"
}

install_packages "${build_packages[@]}" "${source_packages[@]}" binutils googletest \
  libsnappy-dev make perl python3-six unicode-data
build_all obs obs_plugin obsctl
torture=$build/torture
for program in "$@"; do
  prepare "$program"
done
exec python3 "$root/scripts/torture.py" "$build" "$@"
