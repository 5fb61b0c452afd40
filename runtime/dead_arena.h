// SPDX-License-Identifier: Apache-2.0
// The arena that a dead process left, opened for recovery.
#ifndef OBS_RUNTIME_DEAD_ARENA_H
#define OBS_RUNTIME_DEAD_ARENA_H

#include "arena_layout.h"
#include "pairer.h"
#include "registry.h"
#include "rings.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace obs::rt {

// Whether the process that made an arena (the file `inode`) is still there, and
// has not become another program (exec). A process of another PID namespace
// counts as alive: it cannot be seen from here.
bool isAlive(const ArenaHeader &header, uint64_t inode);

// The process key in the arena file `path`; 0 if there is none to be read.
int64_t processKeyOf(const std::string &path);

// Whether the process that made the file got no further: it holds nothing.
bool isUnfinished(const std::string &path);

// The file may hold anything: whatever it says is checked before use. The file
// is locked (flock), so that two do not recover it at once. Not thread-safe.
class DeadArena {
public:
  // NotFound: it is gone. FailedPrecondition: its process lives. Unavailable:
  // somebody else looks at it, or its process is just starting. DataLoss: not
  // an arena, or of another version.
  static absl::StatusOr<std::unique_ptr<DeadArena>>
  open(const std::string &path);
  ~DeadArena(); // unlocks

  const ArenaHeader &header() const { return *header_; }
  ArenaHeader &header() { return *header_; }
  std::string database() const;
  std::string executable() const;
  uint64_t bytes() const { return size_; }

  const RegistrySnapshot &registry() const { return registry_; }
  ClockScale clock() const;
  // The latest time at which it is known to have lived.
  int64_t lastSeenNs() const { return lastSeenNs_; }
  Rings::Totals totals() const;

  // The process may have died between storing a batch and marking its calls as
  // stored; `storedBatch`: number of the last one in the database. To be called
  // before collect().
  void settleBatch(int64_t storedBatch);

  // Feeds all events that are there to `sink`; calls without an exit as in
  // flight. New ids are written into the file. The calls refer to this object.
  void collect(CallSink &sink);

  void remove();

private:
  DeadArena() = default;
  absl::Status map(int file, const std::string &path);
  void scan();
  EventReader eventsOf(const ChunkHeader &chunk) const;
  const ChunkHeader *chunkAt(uint64_t offset) const;
  uint64_t givenUp(uint64_t site, const SharedCounts &counts) const;

  std::string path_;
  int file_ = -1;
  uint8_t *memory_ = nullptr;
  uint64_t size_ = 0;
  ArenaHeader *header_ = nullptr;
  RegistrySnapshot registry_;
  std::vector<ChunkHeader *> events_; // by ring and sequence
  std::vector<const RingHeader *> rings_;
  std::vector<const ChunkHeader *> counts_;
  int64_t lastSeenNs_ = 0;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_DEAD_ARENA_H
