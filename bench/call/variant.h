// SPDX-License-Identifier: Apache-2.0
// What each variant of the call benchmark provides, and main.cpp measures.
#ifndef OBS_BENCH_CALL_VARIANT_H
#define OBS_BENCH_CALL_VARIANT_H

#include <cstdint>
#include <string>

// The work that all variants do; inline, so that none of them adds a call.
inline int64_t plainWork(int64_t number, double factor,
                         const std::string &text) {
  return number + int64_t(factor) + int64_t(text.size());
}

// plainWork, and what the variant is about. Never in the file that calls it:
// no compiler may look through the call.
int64_t work(int64_t number, double factor, const std::string &text);

// Of the whole process, before the first call and after the last one.
// finish: how many calls it knows to have lost.
void start();
int64_t finish();

#endif // OBS_BENCH_CALL_VARIANT_H
