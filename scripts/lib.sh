# SPDX-License-Identifier: Apache-2.0
# Shared by the scripts: packages, building, messages. Sourced by bash after
# `set -euo pipefail`.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build

# What building and testing needs from Debian 12.
build_packages=(
  cmake ninja-build ccache clang-19 lld-19 llvm-19-dev libclang-19-dev llvm-19-tools
  libabsl-dev libsqlite3-dev libcli11-dev nlohmann-json3-dev
  libclang-rt-19-dev libelf-dev libgtest-dev libgmock-dev libbenchmark-dev python3
  gdb libc++-19-dev libc++abi-19-dev
)

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
