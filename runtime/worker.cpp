// SPDX-License-Identifier: Apache-2.0
// A background thread of the runtime that works at intervals.
#include "worker.h"

#include "in_runtime.h"
#include "log.h"

#include <algorithm>
#include <climits>
#include <csignal>
#include <exception>

namespace obs::rt {
namespace {
constexpr size_t kStackBytes = 512 * 1024;
}

Worker::Worker(const char *name, absl::Duration interval,
               std::function<void()> work)
    : name_(name), interval_(interval), work_(std::move(work)) {}

bool Worker::start() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes,
                            std::max<size_t>(kStackBytes, PTHREAD_STACK_MIN));
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  isRunning_ = pthread_create(&thread_, &attributes, entry, this) == 0;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
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
  MutexLock lock(&mutex_);
  woken_ = true;
  condition_.signal();
}

void *Worker::entry(void *self) {
  static_cast<Worker *>(self)->run();
  return nullptr;
}

void Worker::run() {
  const InRuntime inside; // for good: the program may monitor operator new
  pthread_setname_np(pthread_self(), name_);
  while (true) {
    {
      MutexLock lock(&mutex_);
      const auto deadline = std::chrono::steady_clock::now() +
                            absl::ToChronoNanoseconds(interval_);
      while (!woken_ && !stopping_)
        if (condition_.waitUntil(&mutex_, deadline))
          break;
      if (stopping_)
        return;
      woken_ = false;
    }
    try {
      work_();
    } catch (const std::exception &error) {
      logLine(LogKind::Internal, error.what());
    }
  }
}

} // namespace obs::rt
