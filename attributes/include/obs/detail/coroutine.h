// SPDX-License-Identifier: Apache-2.0
// What the plugin puts into a monitored coroutine: a CoroutineScope around its
// body, as scope.h has a Scope, and calls around each suspension.
//
//   CoroutineScope scope(site, __builtin_coro_frame());
//   arguments(scope, a, b);
//   try {
//     … E.await_ready()         awaiting(scope, E.await_ready(), true)
//     … E.await_suspend(h)      transferring(E.await_suspend(h).address())
//     … E.await_resume()        resumed(scope), E.await_resume()
//     … co_return E;            finished(scope); co_return result(scope, E);
//     finished(scope);
//   } catch (...) { failed(scope, a, b); throw; }
//
// The record goes from the first step of the body to its end. Between two
// suspensions a coroutine is an open call of the thread that it runs on.
//
// Thread safety: whoever resumes a coroutine on another thread orders that
// behind its suspension, and so orders all accesses to its CoroutineScope.
#ifndef OBS_ATTRIBUTES_COROUTINE_H
#define OBS_ATTRIBUTES_COROUTINE_H
#pragma clang system_header

#include "scope.h"

#pragma GCC visibility push(hidden)
namespace obs::detail {

// What looks at the thread is not inlined: the address of a thread-local
// variable, once taken, would be kept beyond a suspension.
class CoroutineScope : public Scope {
public:
  OBS_OUTLINE CoroutineScope(Site &site, const void *frame) noexcept
      : Scope(site), frame_(frame) {}
  OBS_INLINE ~CoroutineScope() noexcept {
    if (recorded())
      end();
  }

  OBS_INLINE bool recorded() const { return id_ != 0; }
  OBS_INLINE bool suspended() const { return suspended_; }

  OBS_OUTLINE void enter(ValueList values) noexcept {
    Thread *const thread = thread_;
    const U64 id = obs_rt_call_id(thread);
    constexpr U32 head = sizeof(EnterEvent) + sizeof(U64);
    Writing writing(thread);
    U8 *const end = id ? encodeEvent(thread, site_->limits, head, 0,
                                     thread->open + kCoroutineReserve, values)
                       : nullptr;
    state_ = end ? kUnsampled : kDropped;
    if (!end)
      return;
    id_ = id;
    startTsc_ = readTsc();
    const U64 awaiter = thread->awaited == frame_ ? thread->awaiter : 0;
    thread->awaited = nullptr;
    const U64 body[] = {startTsc_, id, awaiter};
    __builtin_memcpy(thread->cursor + sizeof(EventHeader), body, sizeof(body));
    publish(thread, end, kEnter, kCoroutine, relaxedLoad(site_->id));
    run(thread);
  }

  OBS_OUTLINE void suspend(bool transfers) noexcept {
    // An exception in await_suspend resumes a coroutine without telling.
    if (suspended_)
      resume();
    ++suspensions_;
    suspended_ = true;
    suspendedAt_ = readTsc();
    Thread *const thread = running_;
    running_ = nullptr;
    if (!thread || thread != obs_rt_thread)
      return; // in a forked child, too
    thread->awaited = nullptr;
    thread->awaiter = transfers ? id_ : 0;
    Writing writing(thread);
    thread->open = open_;
    publish(thread, thread->cursor + sizeof(EventHeader), kSuspend, 0, 0);
  }

  OBS_OUTLINE void resume() noexcept {
    goOn();
    Thread *const thread = current();
    if (!thread)
      return;
    thread->awaited = nullptr;
    Writing writing(thread);
    constexpr U32 size = sizeof(EventHeader) + sizeof(id_);
    constexpr U32 reserve = kCoroutineReserve * kExitReserve;
    if (roomFor(thread, thread->open) < size + reserve &&
        !obs_rt_refill(thread, size + reserve))
      return;
    __builtin_memcpy(thread->cursor + sizeof(EventHeader), &id_, sizeof(id_));
    publish(thread, thread->cursor + size, kResume, 0, 0);
    run(thread);
  }

  OBS_OUTLINE void keep(Value value) noexcept {
    Thread *const thread = running_;
    U8 *end = nullptr;
    if (thread && thread == obs_rt_thread) {
      Writing writing(thread);
      end =
          encodeEvent(thread, site_->limits, sizeof(EventHeader) + sizeof(id_),
                      0, thread->open, {&value, 1});
      if (end) {
        __builtin_memcpy(thread->cursor + sizeof(EventHeader), &id_,
                         sizeof(id_));
        publish(thread, end, kResult, kCoroutine, 0);
      }
    }
    if (!end)
      flags_ |= kResultLost;
  }

  OBS_INLINE void finish() noexcept {
    if (suspended_)
      resume();
    finished_ = true;
  }

  OBS_OUTLINE void fail(ValueList values) noexcept {
    if (!recorded())
      return Scope::fail(values);
    if (suspended_)
      goOn();
    Failure failure;
    writeEnd(failure.before(sizeof(End)), failure.end(), kFail, 0);
  }

  // A coroutine that returns an error ends there.
  template <class R>
  OBS_OUTLINE void failWith(const R &error, ValueList values) noexcept {
    if (!recorded())
      return Scope::failWith(error, values);
    Failure failure(error);
    writeEnd(failure.before(sizeof(End)), failure.end(), kFail, 0);
  }

private:
  struct End {
    ExitEvent exit;
    CoroutineEnd coroutine;
  };

  OBS_QUIET void goOn() noexcept {
    suspended_ = false;
    suspendedTicks_ += readTsc() - suspendedAt_;
  }

  OBS_QUIET Thread *current() const noexcept {
    Thread *const thread = obs_rt_thread;
    return relaxedLoad(thread->slotCount) ? thread : obs_rt_attach(site_);
  }

  OBS_QUIET void run(Thread *thread) noexcept {
    running_ = thread;
    open_ = thread->open;
    thread->open += kCoroutineReserve;
  }

  OBS_OUTLINE void end() noexcept {
    const bool abandoned = suspended_ || !finished_;
    if (suspended_)
      goOn();
    alignas(8) U8 event[sizeof(End)];
    writeEnd(event, event + sizeof(event), kExit,
             U8(flags_ | (abandoned ? kAbandoned : 0)));
  }

  // Fills in the first part of the event in [event, end), and writes it
  // wherever there is room.
  OBS_QUIET void writeEnd(U8 *event, const U8 *end, EventKind kind,
                          U8 flags) noexcept {
    const End first = {{{}, readTsc()},
                       {id_, startTsc_, suspendedTicks_, suspensions_,
                        relaxedLoad(site_->id)}};
    __builtin_memcpy(event, &first, sizeof(first));
    const U32 size = U32(seal(event, end, kind, U8(flags | kCoroutine), 0));
    id_ = 0;
    Thread *const thread = current();
    if (!thread)
      return;
    Writing writing(thread);
    if (thread == running_)
      thread->open = open_;
    if (roomFor(thread, thread->open) < size && !obs_rt_refill(thread, size)) {
      if (U8 *aside = obs_rt_side_begin(thread, size)) {
        __builtin_memcpy(aside, event, size);
        obs_rt_side_commit(thread, aside);
      }
      return;
    }
    __builtin_memcpy(thread->cursor, event, size);
    thread->cursor += size;
    __atomic_store_n(thread->published, U64(thread->cursor - thread->origin),
                     __ATOMIC_RELEASE);
  }

  const void *frame_;
  U64 id_ = 0; // 0: not recorded, or its end is
  U64 startTsc_ = 0;
  U64 suspendedAt_ = 0;
  U64 suspendedTicks_ = 0;
  Thread *running_ = nullptr; // whose ring knows that it runs
  U32 open_ = 0;              // running_->open without this coroutine
  U32 suspensions_ = 0;
  bool suspended_ = false;
  bool finished_ = false;
};

// An unrecorded coroutine is being suspended in favour of another one.
OBS_OUTLINE inline void notAwaiting() noexcept {
  Thread *const thread = obs_rt_thread;
  if (thread->awaiter)
    thread->awaiter = 0;
}

// --- What the plugin calls --------------------------------------------------

template <class... A>
OBS_INLINE void arguments(CoroutineScope &scope, const A &...values) noexcept {
  if (scope.state() == Scope::kSampled)
    scope.enter(valuesOf(values...));
}

// Between await_ready() and await_suspend(), which `transfers` control to a
// coroutine or not.
OBS_INLINE bool awaiting(CoroutineScope &scope, bool ready,
                         bool transfers) noexcept {
  if (ready)
    return true;
  if (scope.recorded())
    scope.suspend(transfers);
  else if (transfers)
    notAwaiting();
  return false;
}

// Between await_suspend(), which returned a handle of `frame`, and the transfer
// of control there.
OBS_OUTLINE inline void *transferring(void *frame) noexcept {
  Thread *const thread = obs_rt_thread;
  if (thread->awaiter)
    thread->awaited = frame;
  return frame;
}

// Before await_resume(), suspended or not.
OBS_INLINE void resumed(CoroutineScope &scope) noexcept {
  if (scope.suspended())
    scope.resume();
}

// What is handed to return_value().
template <class R>
OBS_INLINE void result(CoroutineScope &scope, const R &value) noexcept {
  if (scope.recorded())
    scope.keep(valueOf(value));
}

template <class R, class... A>
OBS_INLINE void error(CoroutineScope &scope, const R &value,
                      const A &...values) {
  if ((scope.recorded() || scope.state() != Scope::kRefused) && isError(value))
    scope.failWith(value, valuesOf(values...));
}
template <class R, class... A>
OBS_INLINE void resultOrError(CoroutineScope &scope, const R &value,
                              const A &...values) {
  if ((scope.recorded() || scope.state() != Scope::kRefused) && isError(value))
    scope.failWith(value, valuesOf(values...));
  else
    result(scope, value);
}

// The body is left by co_return, or at its end.
OBS_INLINE void finished(CoroutineScope &scope) noexcept {
  scope.finish();
}

template <class... A>
OBS_INLINE void failed(CoroutineScope &scope, const A &...values) noexcept {
  if (scope.recorded() || scope.state() != Scope::kRefused)
    scope.fail(valuesOf(values...));
}

} // namespace obs::detail
#pragma GCC visibility pop

#endif // OBS_ATTRIBUTES_COROUTINE_H
