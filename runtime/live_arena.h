// SPDX-License-Identifier: Apache-2.0
// The arena of a process that runs, as obsctl sees it.
#ifndef OBS_RUNTIME_LIVE_ARENA_H
#define OBS_RUNTIME_LIVE_ARENA_H

#include "arena_layout.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace obs::rt {

// The start of the file, mapped. Not thread-safe.
class LiveArena {
public:
  // DataLoss: no arena; FailedPrecondition: of another version of obs;
  // NotFound: its process has ended, or has not begun.
  static absl::StatusOr<std::unique_ptr<LiveArena>>
  open(const std::string &path);
  ~LiveArena();
  LiveArena(const LiveArena &) = delete;
  LiveArena &operator=(const LiveArena &) = delete;

  const ArenaHeader &header() const { return *header_; }
  std::string executable() const;
  std::string database() const;
  // Its collector has been seen at work lately.
  bool responds() const;

  struct Answer {
    uint64_t matched = 0;   // functions that the glob names
    uint64_t functions = 0; // that have been called so far
    bool recording = true;
  };
  // Waits for the answer. Unavailable: there is none within `timeout`.
  absl::StatusOr<Answer> ask(ControlCommand command, const std::string &glob,
                             double rate, std::chrono::milliseconds timeout);

private:
  LiveArena() = default;

  int file_ = -1;
  uint64_t inode_ = 0;
  ArenaHeader *header_ = nullptr;
};

struct LiveArenas {
  std::vector<std::unique_ptr<LiveArena>> arenas; // in order of start
  std::vector<int64_t> otherVersions;             // their processes
};
// Of this user; of all users for root.
LiveArenas liveArenas();

// Of process `pid`. The error says why there is none and what to do.
absl::StatusOr<std::unique_ptr<LiveArena>> liveArenaOf(int64_t pid);

} // namespace obs::rt

#endif // OBS_RUNTIME_LIVE_ARENA_H
