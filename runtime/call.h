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
  bool refused;            // disabled, or nested in the runtime
  detail::Thread *sampled; // where it is to be recorded; null: it is not
};
Started startCall(detail::Site &site);
// The same of the one that is nearly always the case where every call is
// sampled: the slot's thread, or null for startCall() to find out.
inline detail::Thread *startAlways(const detail::Site &site) {
  detail::Thread *const thread = detail::obs_rt_thread;
  const detail::U32 id = relaxedLoad(site.id);
  if (id >= relaxedLoad(thread->slotCount))
    return nullptr;
  detail::Slot &slot = thread->slots[id];
  if (!slot.always || relaxedLoad(slot.countdown) != 1)
    return nullptr;
  relaxedStore(slot.end, slot.end + 1);
  return thread;
}

// Counts a call that was sampled but found no room, on whatever thread it ends.
void dropCall(detail::Thread *thread, const detail::Site &site);

// A call of which nothing is written yet ends in an error.
void failUnsampled(detail::Site &site, const detail::Failure &failure,
                   const Arguments &arguments);

} // namespace obs::rt

#endif // OBS_RUNTIME_CALL_H
