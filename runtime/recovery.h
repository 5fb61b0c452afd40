// SPDX-License-Identifier: Apache-2.0
// Brings what dead processes left in shared memory into the database.
#ifndef OBS_RUNTIME_RECOVERY_H
#define OBS_RUNTIME_RECOVERY_H

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include <cstdint>
#include <string>
#include <vector>

namespace obs::rt {

struct RecoveryReport {
  int64_t processes = 0; // whose leftovers were brought in
  int64_t calls = 0;     // rows that were there to be stored, of any kind;
                         // some may have been stored before
  int64_t errors = 0;    // of these, ended in an exception
  int64_t inFlight = 0;  // of these, had not ended
  std::vector<std::string> problems; // leftovers that could not be read
  bool isIncomplete = false; // some are in use for the moment; call again
};

struct Leftover {
  std::string path;
  std::string executable;
  int64_t pid = 0;
  int64_t startedNs = 0; // Unix time
  int64_t bytes = 0;
};

// Stores what ended processes left for `database`, and removes it. Safe at any
// time, by several processes at once; after a failure it can be run again. An
// error: the database cannot be written to; what was not stored stays.
absl::StatusOr<RecoveryReport> recoverAll(const std::string &database);

// What recoverAll() would bring in.
std::vector<Leftover> listLeftovers(const std::string &database);

} // namespace obs::rt

#endif // OBS_RUNTIME_RECOVERY_H
