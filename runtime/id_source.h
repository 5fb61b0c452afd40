// SPDX-License-Identifier: Apache-2.0
// Gives the ids of calls, see ids.h.
#ifndef OBS_RUNTIME_ID_SOURCE_H
#define OBS_RUNTIME_ID_SOURCE_H

#include "arena.h"

#include <cstdint>
#include <functional>
#include <string>

namespace obs::rt {

// Ids grow strictly, also against those of the process that had the slot
// before: the last one of a slot is kept in a small file beside the arenas,
// written by keepLast() and read by the constructor. Thread-safe, lock-free.
class IdSource {
public:
  // `now`: Unix time in ns.
  explicit IdSource(Arena &arena, std::function<int64_t()> now = {});

  int64_t next();
  // At least ten times a second: next() looks at the clock now and then only.
  void refresh();
  // Before the arena's file is removed (and its slot free for another).
  void keepLast();

private:
  void advance(int64_t first); // tick and counter

  Arena &arena_;
  const std::function<int64_t()> now_;
  std::string file_; // empty: anonymous arena
};

// The greatest id given by the process of `header`; 0: none.
int64_t lastIdOf(const ArenaHeader &header);

// Keeps the last id of `header`'s slot, for the arena of a dead process.
// `arenaPath`: of any arena.
void keepLastId(const std::string &arenaPath, const ArenaHeader &header);

} // namespace obs::rt

#endif // OBS_RUNTIME_ID_SOURCE_H
