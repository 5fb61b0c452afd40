// SPDX-License-Identifier: Apache-2.0
// What is known of the exception that is being handled.
#ifndef OBS_RUNTIME_EXCEPTION_INFO_H
#define OBS_RUNTIME_EXCEPTION_INFO_H

#include "obs/detail/abi.h"

namespace obs::rt {

// Its type, and a message for what derives from std::exception (what() may
// throw), for texts and for integers. Texts are the exception's, or of the
// calling thread until its next call. REQUIRES: called in a handler.
void describeException(detail::Exception &out);

// Marks the exception that the calling thread handles; the other one tells
// whether it is marked, and takes the mark off. Marks are taken off in the
// reverse order: what comes between is the unwinding of one constructor.
// REQUIRES: called in a handler.
void markReported();
bool takeReported();

} // namespace obs::rt

#endif // OBS_RUNTIME_EXCEPTION_INFO_H
