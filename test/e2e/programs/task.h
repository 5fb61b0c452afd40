// SPDX-License-Identifier: Apache-2.0
// A coroutine that runs up to its first suspension, and is then its handle's.
#ifndef TASK_H
#define TASK_H

#include <coroutine>

struct Task {
  struct promise_type {
    Task get_return_object() {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_value(int) {}
    void unhandled_exception() {}
  };
  std::coroutine_handle<promise_type> handle;
};

#endif // TASK_H
