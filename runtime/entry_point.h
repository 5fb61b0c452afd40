// SPDX-License-Identifier: Apache-2.0
// The mark of the functions that generated code calls.
#ifndef OBS_RUNTIME_ENTRY_POINT_H
#define OBS_RUNTIME_ENTRY_POINT_H

#include "obs/obs.h"

// Without lines of their own: debuggers step over the call.
#define OBS_ENTRY OBS_API __attribute__((nodebug))

#endif // OBS_RUNTIME_ENTRY_POINT_H
