// SPDX-License-Identifier: Apache-2.0
// What is known of the exception that is being handled.
#ifndef OBS_RUNTIME_EXCEPTION_INFO_H
#define OBS_RUNTIME_EXCEPTION_INFO_H

#include <cstdint>

namespace obs::rt {

// Writes the FailDetails (events.h) of the exception and of those nested in it:
// types, messages of what derives from std::exception (what() may throw), the
// values of texts and numbers, and where they were thrown by this thread; with
// that the values of other types, which may allocate for the first of a type.
// At most kMaxFailBytes; returns how many. REQUIRES: called in a handler.
uint32_t describeException(uint8_t *to);

// Marks the exception that the calling thread handles; the other one tells
// whether it is marked, and takes the mark off. Marks are taken off in the
// reverse order: what comes between is the unwinding of one constructor.
// REQUIRES: called in a handler.
void markReported();
bool takeReported();

} // namespace obs::rt

#endif // OBS_RUNTIME_EXCEPTION_INFO_H
