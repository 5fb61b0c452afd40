// SPDX-License-Identifier: Apache-2.0
// What the calling thread has used: processor time, memory.
#include "thread_usage.h"

#include "process_figures.h"

#include "obs/obs.h"

#include <cstddef>
#include <cstdint>

extern "C" OBS_API __attribute__((weak)) int
mallctl(const char *name, void *old, size_t *oldSize, void *value, size_t size);

namespace obs::rt {
namespace {

// Of jemalloc, once this thread has asked for it.
__thread __attribute__((tls_model("initial-exec"))) const uint64_t *counter;

uint64_t allocatedBytes() {
  if (obs_thread_allocated)
    return obs_thread_allocated();
  if (!counter && mallctl) {
    size_t size = sizeof(counter);
    if (mallctl("thread.allocatedp", &counter, &size, nullptr, 0) != 0)
      counter = nullptr;
  }
  return counter ? *counter : kUsageUnknown;
}

} // namespace

ThreadUsage threadUsage() {
  return {uint64_t(threadCpuNs().value_or(int64_t(kUsageUnknown))),
          allocatedBytes()};
}

} // namespace obs::rt
