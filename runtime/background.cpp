// SPDX-License-Identifier: Apache-2.0
// What the runtime's threads have in common: the program comes first.
#include "background.h"

#include "process_figures.h"

#include <algorithm>
#include <climits>
#include <csignal>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace obs::rt {
namespace {
constexpr size_t kStackBytes = 512 * 1024;
constexpr double kBurstSeconds = 0.5;
} // namespace

std::chrono::nanoseconds CpuBudget::spend(std::chrono::nanoseconds used,
                                          Clock::time_point now) {
  MutexLock lock(&mutex_);
  spent_ += used;
  if (cores_ <= 0)
    return std::chrono::nanoseconds(0);
  const double most = cores_ * kBurstSeconds * 1e9;
  const double elapsedNs =
      std::chrono::duration<double, std::nano>(now - filledAt_).count();
  balanceNs_ = std::min(balanceNs_ + elapsedNs * cores_, most);
  filledAt_ = now;
  balanceNs_ -= double(used.count());
  if (balanceNs_ >= 0)
    return std::chrono::nanoseconds(0);
  return std::chrono::nanoseconds(int64_t(-balanceNs_ / cores_));
}

std::chrono::nanoseconds CpuBudget::spent() const {
  MutexLock lock(&mutex_);
  return spent_;
}

int startBackgroundThread(pthread_t *thread, void *(*entry)(void *),
                          void *argument) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes,
                            std::max<size_t>(kStackBytes, PTHREAD_STACK_MIN));
  const sched_param ordinary{};
  pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
  pthread_attr_setschedpolicy(&attributes, SCHED_OTHER);
  pthread_attr_setschedparam(&attributes, &ordinary);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(thread, &attributes, entry, argument);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  return error;
}

BackgroundThread::BackgroundThread(const char *name,
                                   const Background &background)
    : budget_(background.budget), toldNs_(threadCpuNs().value_or(0)) {
  pthread_setname_np(pthread_self(), name);
  // On Linux a thread has a niceness of its own. The main thread's is what the
  // process was started with.
  const auto thread = id_t(syscall(SYS_gettid));
  const int own = getpriority(PRIO_PROCESS, id_t(getpid()));
  setpriority(PRIO_PROCESS, thread, std::min(own + background.niceness, 19));
}

std::chrono::nanoseconds BackgroundThread::rest() {
  if (!budget_)
    return std::chrono::nanoseconds(0);
  const int64_t now = threadCpuNs().value_or(0);
  const std::chrono::nanoseconds used(now - toldNs_);
  toldNs_ = now;
  return budget_->spend(used);
}

} // namespace obs::rt
