// SPDX-License-Identifier: Apache-2.0
// A paired call while it waits for the writer.
#ifndef OBS_RUNTIME_WAITING_CALL_H
#define OBS_RUNTIME_WAITING_CALL_H

#include "call_ref.h"

#include <cstdint>
#include <utility>

namespace obs::rt {

// A call in 24 bytes, if its events tell the rest of it and lie in one chunk,
// as those of most do; any other one as it is. Not thread-safe.
class WaitingCall {
public:
  // Throws std::bad_alloc, and has not moved `call` then.
  explicit WaitingCall(CallRef &&call);
  WaitingCall(const WaitingCall &) = delete;
  WaitingCall &operator=(const WaitingCall &) = delete;
  ~WaitingCall() {
    if (!memory_)
      delete whole_;
  }

  // The call as it went in. If the program has overwritten its events since
  // then, its site is unknown. Leaves nothing.
  CallRef take();

  // Without its events.
  uint64_t bytes() const { return kBytes + (memory_ ? 0 : sizeof(CallRef)); }
  static constexpr uint64_t kBytes = 24;
  static constexpr uint64_t kMostBytes = kBytes + sizeof(CallRef);

private:
  EventMemory memory_; // of all events; none: `whole_` has the call
  union {
    int64_t parentId_;
    CallRef *whole_;
  };
  // Offsets in the chunk / 8; 0: there is no such event.
  uint16_t enter_ = 0;
  uint16_t exit_ = 0;
  uint16_t result_ = 0;
};
static_assert(sizeof(WaitingCall) == WaitingCall::kBytes);

} // namespace obs::rt

#endif // OBS_RUNTIME_WAITING_CALL_H
