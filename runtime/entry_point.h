// SPDX-License-Identifier: Apache-2.0
// Marks of functions on the way of a call.
#ifndef OBS_RUNTIME_ENTRY_POINT_H
#define OBS_RUNTIME_ENTRY_POINT_H

#include "obs/obs.h"

// Those that generated code calls. Without lines of their own: debuggers step
// over the call.
#define OBS_ENTRY OBS_API __attribute__((nodebug))

// What recorded calls run through, on as few pages as can be: between two
// of them the program may have used all caches.
#define OBS_HOT __attribute__((hot))

#endif // OBS_RUNTIME_ENTRY_POINT_H
