// SPDX-License-Identifier: Apache-2.0
// What obsctl asks of the running process, and what it shows of it.
#include "control.h"

#include "circuit_breaker.h"

#include <cstring>
#include <string>

namespace obs::rt {
namespace {

template <class T, class U> void set(std::atomic<T> &to, U value) {
  to.store(T(value), std::memory_order_relaxed);
}

} // namespace

void Control::serve(Clock::time_point now) {
  ControlArea &area = header_.control;
  const uint64_t asked = area.asked.load(std::memory_order_acquire);
  if (asked != area.answered.load(std::memory_order_relaxed)) {
    answer();
    area.answered.store(asked, std::memory_order_release);
  }
  set(header_.figures.seenNs, now.time_since_epoch().count());
}

void Control::answer() {
  ControlArea &area = header_.control;
  const std::string glob(area.glob, strnlen(area.glob, sizeof(area.glob)));
  area.matched = registry_.countFunctions(glob);
  area.functions = registry_.countFunctions("*");
  switch (area.command) {
  case ControlCommand::SetSampleRate:
    if (area.matched != 0 && area.rate >= 0 && area.rate <= 1)
      registry_.setSampleRate(glob, area.rate);
    break;
  case ControlCommand::Record:
  case ControlCommand::DoNotRecord:
    registry_.setRecording(area.command == ControlCommand::Record);
    break;
  }
  rings_.spreadRates();
  area.recording = registry_.recording();
  set(header_.figures.recording, area.recording);
}

void Control::publish(const Stats &stats, Clock::time_point now) {
  LiveFigures &figures = header_.figures;
  const double seconds =
      std::chrono::duration<double>(now - publishedAt_).count();
  set(figures.callsPerSecond, double(stats.calls - published_.calls) / seconds);
  set(figures.writtenPerSecond,
      double(stats.written - published_.written) / seconds);
  set(figures.droppedPerSecond,
      double(stats.dropped - published_.dropped) / seconds);
  set(figures.calls, stats.calls);
  set(figures.written, stats.written);
  set(figures.dropped, stats.dropped);
  set(figures.queued, stats.queuedNormal + stats.queuedErrors);
  set(figures.memoryBytes, stats.memoryBytes);
  set(figures.memoryLimitBytes, stats.memoryLimitBytes);
  set(figures.recording, registry_.recording());
  for (const BreakerState state :
       {BreakerState::Closed, BreakerState::Open, BreakerState::HalfOpen})
    if (stats.breaker.state == breakerStateName(state))
      set(figures.breaker, state);
  published_ = stats;
  publishedAt_ = now;
}

} // namespace obs::rt
