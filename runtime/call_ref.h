// SPDX-License-Identifier: Apache-2.0
// A paired call, by reference to its events.
#ifndef OBS_RUNTIME_CALL_REF_H
#define OBS_RUNTIME_CALL_REF_H

#include "arena_layout.h"
#include "record.h"
#include "registry.h"
#include "ring.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace obs::rt {

// In place of an id: the call was given up, and is not to be recovered. One
// that is stored has its id negated instead, as calls within it may need that.
inline constexpr int64_t kTombstone = -1;

// What is known of a call that ended (or whose process did).
struct CallRef {
  EventRef enter; // kEnter, or kThrow; none: a coroutine whose row is stored
  EventRef exit; // kExit, kBriefExit or kFail; none: skipped over, or in flight
  EventRef more;  // kResult; or what tells of the error that `exit` does not
  int64_t id = 0;
  int64_t parentId = 0; // 0: none
  uint64_t exitTsc = 0; // 0: not known
  uint32_t site = 0;
  uint32_t threadId = 0;
  Status status = Status::Ok;
  bool isSnapshot = false; // in flight for now: it is not lost if given up

  // Ring memory in use for it.
  uint64_t bytes() const {
    return sizeof(CallRef) + enter.bytes() + exit.bytes() + more.bytes();
  }
};

// How and when (time-stamp counter) a call ended. Of a coroutine, `enter` is
// not looked at.
Status statusOf(const EventRef &exit);
uint64_t endOf(const EventRef &enter, const EventRef &exit);

// The row for `call`; nothing if its site is not known (damaged memory), or is
// not to be recorded.
// Thread-safe.
std::optional<CallRecord> makeRecord(const CallRef &call,
                                     const RegistrySnapshot &registry,
                                     const ClockScale &clock,
                                     int64_t processId);

// What an event with the flag kCoroutine tells; nothing if it is too short.
std::optional<CoroutineEnd> coroutineEnd(const EventRef &end);

// Writes `id` into the call's event in shared memory.
void storeId(const EventRef &enter, int64_t id);
// Notes in shared memory that a batch is about to be stored
// (ArenaHeader::batch). Returns its number.
int64_t beginBatch(ArenaHeader &header, const std::vector<CallRef> &calls);
void setInBatch(const CallRef &call, bool isInBatch);
// The call is stored (or in the spill file): recovery is not to bring it in,
// not even when retention has deleted its row.
void markStored(const CallRef &call);

} // namespace obs::rt

#endif // OBS_RUNTIME_CALL_REF_H
