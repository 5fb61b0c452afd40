// SPDX-License-Identifier: Apache-2.0
// Only in libobs.so: the end of the process.
#include "threads.h"

namespace {

// Runs after the program's own static objects and exit handlers, since the
// program depends on this library.
__attribute__((destructor)) void endOfProcess() {
  obs::rt::stopRuntime();
}

} // namespace
