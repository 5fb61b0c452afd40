// SPDX-License-Identifier: Apache-2.0
// The thread that runs retention passes.
#include "retention.h"

#include "in_runtime.h"
#include "log.h"
#include "mutex.h"

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

#include <algorithm>
#include <new>
#include <pthread.h>
#include <string>
#include <utility>

namespace obs::rt {
namespace {

// Often enough for the file to level off, also in a window of seconds.
absl::Duration passInterval(std::chrono::nanoseconds age) {
  constexpr std::chrono::nanoseconds kLeast = std::chrono::milliseconds(100);
  constexpr std::chrono::nanoseconds kMost = std::chrono::seconds(1);
  return absl::FromChrono(age.count() > 0 ? std::clamp(age / 20, kLeast, kMost)
                                          : kMost);
}

} // namespace

class Retention::Impl {
public:
  explicit Impl(RetentionOptions options)
      : interval_(passInterval(options.age)), background_(options.background),
        pass_(std::move(options)) {}

  absl::Status start() {
    const int error = startBackgroundThread(&thread_, run, this);
    if (error != 0)
      return absl::ErrnoToStatus(error, "cannot start the retention thread");
    started_ = true;
    return absl::OkStatus();
  }

  void stop() ABSL_LOCKS_EXCLUDED(mutex_) {
    if (!std::exchange(started_, false))
      return;
    {
      MutexLock lock(&mutex_);
      stopping_ = true;
      condition_.signal();
    }
    pthread_join(thread_, nullptr);
    pass_.close();
    MutexLock lock(&mutex_);
    stopping_ = false;
  }

  void wake() ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    woken_ = true;
    condition_.signal();
  }

private:
  static void *run(void *self) {
    const InRuntime inside; // for good: the program may monitor operator new
    try {
      static_cast<Impl *>(self)->loop();
    } catch (const std::bad_alloc &) { // the program needs its memory more
      logLine(LogKind::Memory, "no memory for retention, it ends");
    }
    return nullptr;
  }

  // Both wait; false if it is time to stop.
  bool pause(absl::Duration time) ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    const auto deadline = after(time);
    while (!stopping_ && !condition_.waitUntil(&mutex_, deadline)) {
    }
    return !stopping_;
  }
  bool waitForPass() ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(&mutex_);
    const auto deadline = after(interval_);
    while (!stopping_ && !woken_ && !condition_.waitUntil(&mutex_, deadline)) {
    }
    woken_ = false;
    return !stopping_;
  }
  static CondVar::Deadline after(absl::Duration time) {
    return std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(time);
  }

  void loop() {
    BackgroundThread self("obs-retention", background_);
    std::string told; // what is wrong since the last pass that went well
    while (waitForPass()) {
      const absl::Status status =
          pass_
              .run([&](std::chrono::nanoseconds time) {
                return pause(absl::FromChrono(std::max(time, self.rest())));
              })
              .status();
      // A lock passes, and what is wrong with the file or its disk the writer
      // reports.
      if (!status.ok() && !absl::IsInternal(status))
        continue;
      std::string message = status.ok() ? "" : status.ToString();
      if (!message.empty() && message != told)
        logLine(LogKind::Database, "retention: " + message);
      told = std::move(message);
    }
  }

  const absl::Duration interval_;
  const Background background_;
  RetentionPass pass_; // of the thread while it runs
  pthread_t thread_{};
  bool started_ = false;
  Mutex mutex_;
  CondVar condition_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
};

Retention::Retention(RetentionOptions options) {
  if (options.age.count() > 0 || options.size > 0)
    impl_ = std::make_unique<Impl>(std::move(options));
}

Retention::~Retention() {
  stop();
}

absl::Status Retention::start() {
  return impl_ ? impl_->start() : absl::OkStatus();
}

void Retention::stop() {
  if (impl_)
    impl_->stop();
}

void Retention::wake() {
  if (impl_)
    impl_->wake();
}

void Retention::abandonAfterFork() {
  (void)impl_.release(); // left as it is: its thread is not in this process
}

} // namespace obs::rt
