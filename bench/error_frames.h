// SPDX-License-Identifier: Apache-2.0
// An error on its way through one frame: a plain one, which catches and
// rethrows it, and monitored ones.
#ifndef OBS_BENCH_ERROR_FRAMES_H
#define OBS_BENCH_ERROR_FRAMES_H

#include <cstdint>
#include <stdexcept>

namespace {

[[gnu::noinline]] int64_t fail(int64_t number) {
  throw std::runtime_error(number < 0 ? "below" : "above");
}
[[gnu::noinline]] int64_t rethrows(int64_t number) {
  try {
    return fail(number);
  } catch (...) {
    throw;
  }
}
[[gnu::noinline, obs::monitor]] int64_t errorSampled(int64_t number) {
  return fail(number);
}
[[gnu::noinline]] [[obs::monitor(sample = 0)]] int64_t
errorUnsampled(int64_t number) {
  return fail(number);
}

int64_t caught(int64_t (*function)(int64_t), int64_t number) {
  try {
    return function(number);
  } catch (const std::runtime_error &error) {
    return int64_t(*error.what());
  }
}

} // namespace

#endif // OBS_BENCH_ERROR_FRAMES_H
