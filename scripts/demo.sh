#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The main job, twice: monitors examples/orders and LevelDB, and shows what
# their functions did. Installs and builds what is missing; needs Debian 12 and
# network, 10 minutes at most. Everything it makes is under build/.
#
# With the name of a live demo (examples/*_demo), it shows that instead, in less
# than a minute: scripts/demo.sh circuit-breaker|retention|memory-pressure
set -euo pipefail
. "$(dirname "$0")/lib.sh"

if [ $# -gt 0 ]; then
  demo=$root/examples/${1//-/_}_demo/demo.py
  if [ "$1" = --help ] || [ ! -f "$demo" ]; then
    echo "usage: $0 [circuit-breaker|retention|memory-pressure [--short|--help]]"
    [ "$1" = --help ] && exit 0 || exit 2
  fi
  shift
  install_packages "${build_packages[@]}"
  build_all obs obs_plugin obsctl
  exec "$demo" "$@"
fi

demo=$build/demo
obsctl=$build/bin/obsctl
started=$SECONDS

# Prints the command as one would type it here, then runs it.
show() {
  local word line='$'
  for word in "$@"; do
    word=${word//"$root"\//}
    [[ $word =~ ^[A-Za-z0-9_./=:,+-]+$ ]] || word="'$word'"
    line+=" $word"
  done
  printf '\n%s\n' "$line"
  "$@"
}

install_packages "${build_packages[@]}" "${source_packages[@]}" libsnappy-dev
build_all obs obs_plugin obsctl
mkdir -p "$demo"

say "examples/orders: three threads send orders for two seconds"
orders_db=$demo/orders.db
rm -f "$orders_db"*
show "$build/bin/obs-c++" -std=c++20 -O2 "$root/examples/orders/orders.cpp" -o "$demo/orders"
show env OBS_DB="$orders_db" "$demo/orders"
show "$obsctl" --db "$orders_db" stat
show "$obsctl" --db "$orders_db" errors --limit 5
show "$obsctl" --db "$orders_db" calls --function submit \
  --where 'args.order.quantity >= 95 and args.order.side = Buy' --limit 5

say "LevelDB: fetching Debian's source, marking its read and write path"
[ -f "$demo/leveldb/CMakeLists.txt" ] || fetch_source leveldb "$demo/leveldb"
"$root/scripts/mark-leveldb.py" "$demo/leveldb"

say "LevelDB: building with CXX=obs-c++"
[ -f "$demo/leveldb-build/build.ninja" ] ||
  CXX=$build/bin/obs-c++ CC=clang-19 cmake -G Ninja -S "$demo/leveldb" \
    -B "$demo/leveldb-build" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_STANDARD=17 >/dev/null
ninja -C "$demo/leveldb-build"

say "LevelDB: its own tests, monitored"
rm -f "$demo"/leveldb-tests.db*
# All but one, which looks for what a compaction in the background leaves. Beside
# anything else that is often too early, not monitored either (14 of 30 runs, two
# at a time).
OBS_DB=$demo/leveldb-tests.db GTEST_FILTER=-DBTest.HiddenValuesAreRemoved \
  ctest --test-dir "$demo/leveldb-build" -j2 --output-on-failure

say "LevelDB: db_bench, monitored"
leveldb_db=$demo/leveldb.db
rm -rf "$leveldb_db"* "$demo/bench"
show env OBS_DB="$leveldb_db" "$demo/leveldb-build/db_bench" --num=300000 \
  --benchmarks=fillrandom,readrandom,readmissing --db="$demo/bench" \
  2>"$demo/db_bench.progress"
show "$obsctl" --db "$leveldb_db" stat
# LevelDB is compiled without exceptions, so there is none to be expected.
show "$obsctl" --db "$leveldb_db" errors --limit 5
show "$obsctl" --db "$leveldb_db" calls --function FindTable \
  --where 'args.file_number > 5 and duration > 1us' --limit 5

say "done in $((SECONDS - started)) s"
cat <<EOF
The databases are
  $orders_db
  $leveldb_db
  $demo/leveldb-tests.db
What to type next:
  export OBS_DB=$orders_db PATH=$build/bin:\$PATH
  obsctl stat --sort p99
  obsctl errors --grouped
  obsctl calls --where 'args.order.id = 1001'
  obsctl calls --function process --min-duration 100us
  obsctl health
EOF
