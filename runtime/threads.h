// SPDX-License-Identifier: Apache-2.0
// Threads of the program: their start, end and fork, and the runtime's with
// them.
#ifndef OBS_RUNTIME_THREADS_H
#define OBS_RUNTIME_THREADS_H

#include "in_runtime.h"
#include "runtime.h"

#include "obs/detail/abi.h"

#include <cstddef>
#include <string_view>

namespace obs::rt {

// Makes the calling thread ready for `site`: starts the runtime, attaches the
// thread, registers the site, grows the slots, as needed. Returns the thread,
// or null if this call is not to be monitored (disabled, out of memory, nested
// in the runtime or in the writing of an event). Async-signal-safe only when it
// refuses.
detail::Thread *attach(detail::Site &site);

inline Ring &ringOf(detail::Thread *thread) {
  return *static_cast<Ring *>(thread->ring);
}

// Whether `thread` belongs to the runtime of this process, not to that of the
// process that forked it.
bool isOurs(const detail::Thread *thread);

// Whether a call that was entered on `thread` (or null) can write there: it is
// the calling one, and not that of a process of which this one is a copy.
inline bool isHere(const detail::Thread *thread) {
  return thread == detail::obs_rt_thread && thread->cursor;
}

// Null if it does not run.
Runtime *currentRuntime();
// False once monitoring has been started or disabled.
bool setConfig(const Config &config);
// See obs::setSampleRate. `rate` is from 0 to 1.
size_t setSampleRate(std::string_view glob, double rate);
// Stops the runtime, for good.
void stopRuntime();

} // namespace obs::rt

#endif // OBS_RUNTIME_THREADS_H
