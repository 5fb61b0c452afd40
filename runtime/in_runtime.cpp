// SPDX-License-Identifier: Apache-2.0
#include "in_runtime.h"

#include <pthread.h>

namespace obs::rt {
namespace {

__thread __attribute__((tls_model("initial-exec"))) bool inRuntime = false;

void setSlotCount(detail::Thread *thread, detail::U32 count) {
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  __atomic_store_n(&thread->slotCount, count, __ATOMIC_RELAXED);
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

} // namespace

InRuntime::InRuntime()
    : thread_(detail::obs_rt_thread), nested_(inRuntime),
      hadSlots_(__atomic_load_n(&thread_->slotCount, __ATOMIC_RELAXED) > 0) {
  inRuntime = true;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelState_);
  if (hadSlots_)
    setSlotCount(thread_, 0);
}

InRuntime::~InRuntime() {
  // At a thread's end the slots belong to another one by now.
  if (hadSlots_ && thread_ == detail::obs_rt_thread)
    setSlotCount(thread_,
                 __atomic_load_n(&thread_->slotLimit, __ATOMIC_RELAXED));
  inRuntime = nested_;
  pthread_setcancelstate(cancelState_, nullptr);
}

void setInRuntime(bool now) {
  inRuntime = now;
}

} // namespace obs::rt
