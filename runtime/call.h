// SPDX-License-Identifier: Apache-2.0
// The beginning and the failure of calls, as functions and coroutines have
// them in common.
#ifndef OBS_RUNTIME_CALL_H
#define OBS_RUNTIME_CALL_H

#include "event_writer.h"
#include "failure.h"

namespace obs::rt {

// A call whose countdown is used up, or the first one of its thread.
struct Started {
  detail::Thread *sampled = nullptr; // where it is to be recorded; null: not
  uint32_t entry = 0;                // as what, see Slot::entry
  bool refused = false;              // disabled, or nested in the runtime
};
static_assert(sizeof(Started) == 16); // two registers
Started startCall(detail::Site &site);
// The same of the one that is nearly always the case where every call is
// sampled; not sampled: startCall() is to find out.
inline Started startAlways(const detail::Site &site) {
  detail::Thread *const thread = detail::obs_rt_thread;
  const detail::U32 id = idOf(site);
  if (id >= relaxedLoad(thread->slotCount))
    return {};
  detail::Slot &slot = thread->slots[id];
  if (!(slot.entry & detail::kAlways) || relaxedLoad(slot.countdown) != 1)
    return {};
  relaxedStore(slot.end, slot.end + 1);
  return {.sampled = thread, .entry = entryOf(slot)};
}

// Counts a call that was sampled but finds no room: at its beginning, as it may
// never end.
void dropCall(detail::Thread *thread, uint32_t entry);
// It is recorded after all, on whatever thread: it ended in an error.
void takeBackDrop(detail::Thread *thread, uint32_t entry);

// A call of which nothing is written yet ends in an error. False: there is no
// memory for it, or nothing is to be recorded here.
bool failUnsampled(detail::Site &site, const detail::Failure &failure,
                   const Arguments &arguments);

} // namespace obs::rt

#endif // OBS_RUNTIME_CALL_H
