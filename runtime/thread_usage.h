// SPDX-License-Identifier: Apache-2.0
// What the calling thread has used: processor time, memory.
#ifndef OBS_RUNTIME_THREAD_USAGE_H
#define OBS_RUNTIME_THREAD_USAGE_H

#include "events.h"

namespace obs::rt {

// kUsageUnknown for what nobody tells: time needs the thread's processor clock;
// bytes, obs_thread_allocated() (see obs.h) or else jemalloc, in the program or
// preloaded. Nothing is set up before the first call.
ThreadUsage threadUsage();

} // namespace obs::rt

#endif // OBS_RUNTIME_THREAD_USAGE_H
