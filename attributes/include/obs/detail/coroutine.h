// SPDX-License-Identifier: Apache-2.0
// What the plugin puts into a monitored coroutine: a CoroutineScope around its
// body, as scope.h has a Scope, and calls around each suspension.
//
//   CoroutineScope scope;
//   if (countCoroutine(id))
//     obs_rt_coroutine_enter(&scope, &site, __builtin_coro_frame(), a, &b);
//   try {
//     … E.await_ready()         awaiting(scope, E.await_ready(), true)
//     … E.await_suspend(h) obs_rt_transferring(E.await_suspend(h).address()) …
//     E.await_resume()        resumed(scope), E.await_resume() … co_return E;
//     finished(scope); co_return E, with
//                               keep(scope, &E)
//     finished(scope);
//   } catch (...) { obs_rt_coroutine_failed(&scope, &site, a, &b); throw; }
//
// The record goes from the first step of the body to its end. Between two
// suspensions a coroutine is an open call of the thread that it runs on.
#ifndef OBS_ATTRIBUTES_COROUTINE_H
#define OBS_ATTRIBUTES_COROUTINE_H
#pragma clang system_header

#include "scope.h"

#pragma GCC visibility push(hidden)
namespace obs::detail {

// Not inlined: the address of a thread-local variable, once taken, would be
// kept beyond a suspension.
OBS_OUTLINE inline bool countCoroutine(U32 &id) noexcept {
  return count(id);
}

struct CoroutineScope : CoroutineData {
  OBS_INLINE CoroutineScope() noexcept : CoroutineData() { state = kUnsampled; }
  OBS_INLINE ~CoroutineScope() noexcept {
    if (id)
      obs_rt_coroutine_end(this);
  }
  CoroutineScope(const CoroutineScope &) = delete;
  CoroutineScope &operator=(const CoroutineScope &) = delete;
};

// What is handed to return_value().
template <class R>
OBS_INLINE void result(CoroutineScope &scope, const R &value) noexcept {
  if (scope.id)
    obs_rt_coroutine_result(&scope, addressOf(value));
}

// Between await_ready() and await_suspend(), which `transfers` control to a
// coroutine or not.
OBS_INLINE bool awaiting(CoroutineScope &scope, bool ready,
                         bool transfers) noexcept {
  if (ready)
    return true;
  if (scope.id)
    obs_rt_suspend(&scope, transfers);
  else if (transfers)
    obs_rt_not_awaiting();
  return false;
}

// Before await_resume(), suspended or not.
OBS_INLINE void resumed(CoroutineScope &scope) noexcept {
  if (scope.suspended)
    obs_rt_resume(&scope);
}

// The body is left by co_return, or at its end.
OBS_INLINE void finished(CoroutineScope &scope) noexcept {
  resumed(scope);
  scope.finished = true;
}

} // namespace obs::detail
#pragma GCC visibility pop

#endif // OBS_ATTRIBUTES_COROUTINE_H
