# SPDX-License-Identifier: Apache-2.0
# Shared by the scripts: packages, building, messages. Sourced by bash after
# `set -euo pipefail`.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build

# What building and testing needs from Debian 12.
build_packages=(
  cmake ninja-build ccache clang-19 clang-tidy-19 lld-19 llvm-19-dev libclang-19-dev llvm-19-tools
  libabsl-dev libsqlite3-dev libcli11-dev nlohmann-json3-dev
  g++ libclang-rt-19-dev libelf-dev libgtest-dev libgmock-dev libbenchmark-dev python3
  gdb libc++-19-dev libc++abi-19-dev valgrind
  libjemalloc2 # whose count of bytes a test asks
  # whose types docs/values.md shows
  libeigen3-dev libprotobuf-dev protobuf-compiler libopencv-core-dev
  libfmt-dev libleveldb-dev
)

# The tools that scripts/bench.sh compares with; what is missing is left out.
bench_packages=(libspdlog-dev pkg-config lttng-tools liblttng-ust-dev uftrace)

# What fetch_source needs.
source_packages=(dpkg-dev debian-archive-keyring)

say() { printf '\n== %s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "need to be root, or sudo, for: $*"
  fi
}

# Installs those of the packages that are missing.
install_packages() {
  local package missing=()
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
      missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing: ${missing[*]}"
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq
    --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}")
  # A fresh machine has no lists yet, an old one stale lists: then update.
  as_root "${install[@]}" >/dev/null 2>&1 && return 0
  as_root apt-get update -qq
  as_root "${install[@]}" >/dev/null
}

# Configures and builds ./build. Arguments: targets; none: everything.
build_all() {
  say "building obs in $build"
  [ -f "$build/build.ninja" ] ||
    cmake -G Ninja -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
      -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19
  ninja -C "$build" "$@"
}

# Unpacks Debian's source package $1 to the directory $2, through an apt
# configuration of our own: the machine's is not touched.
fetch_source() {
  local package=$1 directory=$2 apt=$build/apt archives=$2.archives
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$archives"
  echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
    "http://deb.debian.org/debian bookworm main" >"$apt/sources.list"
  cat >"$apt/apt.conf" <<CONFIGURATION
Dir::Etc::SourceList "$apt/sources.list";
Dir::Etc::SourceParts "-";
Dir::State::Lists "$apt/lists";
Dir::Cache "$apt/cache";
APT::Sandbox::User "";
CONFIGURATION
  (
    cd "$archives"
    export APT_CONFIG=$apt/apt.conf
    apt-get update -qq
    apt-get source -qq --download-only "$package"
    # Downloaded from a signed archive; the maintainer's own key is not needed.
    rm -rf "$directory"
    dpkg-source --no-check -x "$package"_*.dsc "$directory" >/dev/null
  )
}
