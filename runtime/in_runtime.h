// SPDX-License-Identifier: Apache-2.0
// Keeps the runtime from observing itself.
#ifndef OBS_RUNTIME_IN_RUNTIME_H
#define OBS_RUNTIME_IN_RUNTIME_H

#include "obs/detail/abi.h"

namespace obs::rt {

// While it lives, the calling thread is in the runtime: what it calls there is
// not monitored, although it may be the program's (operator new, for one). Its
// slots are closed, it does not attach, and it is not cancelled
// (pthread_cancel), as that would unwind through locks and noexcept functions.
class InRuntime {
public:
  InRuntime();
  ~InRuntime();
  InRuntime(const InRuntime &) = delete;
  InRuntime &operator=(const InRuntime &) = delete;
  // It was already there: a signal handler, or a monitored allocator.
  bool nested() const { return nested_; }
  // The thread had slots that could be used: no event was being written.
  bool hadSlots() const { return hadSlots_; }

private:
  detail::Thread *const thread_;
  const bool nested_;
  const bool hadSlots_;
  int cancelState_;
};

// The same across a fork, whose hooks share no block. Slots stay as they are.
void setInRuntime(bool inRuntime);

} // namespace obs::rt

#endif // OBS_RUNTIME_IN_RUNTIME_H
