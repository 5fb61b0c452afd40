// SPDX-License-Identifier: Apache-2.0
// Keeps the limit on the size of files from killing the program.
#include "file_limit_signal.h"

#include <cerrno>
#include <ctime>
#include <pthread.h>

namespace obs::rt {
namespace {

sigset_t onlyThat() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGXFSZ);
  return set;
}

} // namespace

NoFileLimitSignal::NoFileLimitSignal() {
  const sigset_t set = onlyThat();
  pthread_sigmask(SIG_BLOCK, &set, &before_);
  sigset_t pending;
  sigpending(&pending);
  isOurs_ = !sigismember(&before_, SIGXFSZ) && !sigismember(&pending, SIGXFSZ);
}

NoFileLimitSignal::~NoFileLimitSignal() {
  const int error = errno;
  if (isOurs_) {
    const sigset_t set = onlyThat();
    const timespec now{};
    while (sigtimedwait(&set, nullptr, &now) < 0 && errno == EINTR) {
    }
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  errno = error;
}

} // namespace obs::rt
