#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds everything, runs all tests. Ends with
# ctest's summary. Arguments go to ctest.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

install_packages "${build_packages[@]}"
build_all
say "testing"
ctest --test-dir "$build" --output-on-failure "$@"
