#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A monitored program at full load for ten minutes, with a fault every second.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

usage="usage: scripts/soak.sh [SECONDS]

Runs a program whose threads call monitored functions as fast as they can for
SECONDS (600), while the database is locked, its directory closed or moved away,
sibling processes are killed with SIGKILL, and the program is stopped, at random,
once a second. Draws memory and file sizes to build/soak/soak.svg, and fails if
they do not level off or a call is not accounted for. docs/torture.md says
what it checks."

case ${1:-600} in
*[!0-9]*) echo "$usage"; [ "$1" = --help ] || [ "$1" = -h ]; exit ;;
esac
install_packages "${build_packages[@]}"
build_all obs obs_plugin obsctl
exec python3 "$root/scripts/soak.py" "$build" "${1:-600}"
