// SPDX-License-Identifier: Apache-2.0
// Keeps the limit on the size of files from killing the program.
#ifndef OBS_RUNTIME_FILE_LIMIT_SIGNAL_H
#define OBS_RUNTIME_FILE_LIMIT_SIGNAL_H

#include "absl/status/status.h"

#include <csignal>

namespace obs::rt {

// An error by that limit (EFBIG) has one cause, whichever file meets it first.
inline bool isFileLimit(const absl::Status &status) {
  return absl::IsOutOfRange(status);
}

// A write beyond RLIMIT_FSIZE raises SIGXFSZ, which ends a program that does
// not expect it. While this lives, such a write of the calling thread only
// fails (EFBIG); for the program's threads, as the runtime's have all signals
// blocked anyway. errno stays as it is.
class NoFileLimitSignal {
public:
  NoFileLimitSignal();
  ~NoFileLimitSignal();
  NoFileLimitSignal(const NoFileLimitSignal &) = delete;
  NoFileLimitSignal &operator=(const NoFileLimitSignal &) = delete;

private:
  sigset_t before_;
  bool isOurs_; // whether one that is pending at the end is
};

} // namespace obs::rt

#endif // OBS_RUNTIME_FILE_LIMIT_SIGNAL_H
