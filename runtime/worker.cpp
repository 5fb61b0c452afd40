// SPDX-License-Identifier: Apache-2.0
// A background thread of the runtime that works at intervals.
#include "worker.h"

#include "in_runtime.h"
#include "log.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace obs::rt {
Worker::Worker(const char *name, absl::Duration interval,
               std::function<void()> work, const Background &background)
    : name_(name), interval_(interval), work_(std::move(work)),
      background_(background) {}

bool Worker::start() {
  isRunning_ = startBackgroundThread(&thread_, entry, this) == 0;
  return isRunning_;
}

void Worker::stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    condition_.signal();
  }
  if (isRunning_)
    pthread_join(thread_, nullptr);
  isRunning_ = false;
}

void Worker::wake() {
  const InRuntime inside; // or a signal handler could come back here
  MutexLock lock(&mutex_);
  woken_ = true;
  condition_.signal();
}

void *Worker::entry(void *self) {
  static_cast<Worker *>(self)->run();
  return nullptr;
}

bool Worker::shouldRest() {
  rest_ = self_ ? self_->rest() : std::chrono::nanoseconds(0);
  if (rest_.count() == 0)
    return false;
  MutexLock lock(&mutex_);
  woken_ = true; // there is more to do
  return true;
}

bool Worker::pause(std::chrono::nanoseconds least) {
  const auto time = std::max(least, self_->rest());
  MutexLock lock(&mutex_);
  return sleepFor(time);
}

// False: it is to stop.
bool Worker::sleepFor(std::chrono::nanoseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (!stopping_ && !condition_.waitUntil(&mutex_, end)) {
  }
  return !stopping_;
}

// False: it is to stop.
bool Worker::waitForWork() {
  MutexLock lock(&mutex_);
  const auto due =
      std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(interval_);
  sleepFor(rest_);
  while (!woken_ && !stopping_)
    if (condition_.waitUntil(&mutex_, due))
      break;
  woken_ = false;
  return !stopping_;
}

void Worker::run() {
  const InRuntime inside; // for good: the program may monitor operator new
  self_.emplace(name_, background_);
  while (waitForWork()) {
    try {
      work_();
    } catch (const std::exception &error) {
      logLine(LogKind::Internal, error.what());
    }
    rest_ = self_->rest();
  }
}

} // namespace obs::rt
