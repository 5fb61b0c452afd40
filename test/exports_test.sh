#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# libobs.so exports the C ABI and the functions of obs.h, and nothing else.
# usage: exports_test.sh libobs.so
exported=$(nm -D --defined-only "$1" | awk '{print $3}')
extra=$(echo "$exported" | grep -v -E '^(obs_rt_[a-z_]+_abi_v[0-9]+|_ZNK?3obs(5flush|5stats|8shutdown|13setSampleRate|9configure|6Config).*)$')
missing=$(echo "$exported" | grep -c '^obs_rt_')
if [ -n "$extra" ]; then
  echo "exported, but no part of the interface:" && echo "$extra"
  exit 1
fi
if [ "$missing" -lt 13 ]; then
  echo "some of obs_rt_* is not exported:" && echo "$exported"
  exit 1
fi
