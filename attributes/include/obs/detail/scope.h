// SPDX-License-Identifier: Apache-2.0
// What the plugin puts into a monitored function: one constant Site, one
// Scope, and calls of arguments(), result() and failed().
//
//   static Site site = makeSite(…);
//   Scope scope(site);
//   arguments(scope, a, b);
//   try {
//     … { R r = E; result(scope, r); return r; } …
//   } catch (...) { failed(scope, a, b); throw; }
//
// Where R may be an error, it is resultOrError(scope, r, a, b).
//
// A throw is `throw` of E followed by throwing(E, "file", line).
//
// Around that in a constructor whose initializers can throw:
//
//   try { … } catch (...) { notInitialized(site, a, b); }
//
// Thread safety: a Scope belongs to the thread (or coroutine) that made it.
#ifndef OBS_ATTRIBUTES_SCOPE_H
#define OBS_ATTRIBUTES_SCOPE_H
#pragma clang system_header

#include "errors.h"

#if __cplusplus >= 202002L
#define OBS_CONSTEXPR20 constexpr
#else
#define OBS_CONSTEXPR20
#endif

#pragma GCC visibility push(hidden)
namespace obs::detail {

template <class R, class... A>
__attribute__((nodebug)) inline constexpr Describe kTypes[] = {kDescribe<R>,
                                                               kDescribe<A>...};
template <class E, class R, class... A>
__attribute__((nodebug)) inline constexpr Describe kTypesAndError[] = {
    kDescribe<R>, kDescribe<A>..., describeError<E>()};

// `parameters` has the captured ones only, as has the function type.
template <class R, class... A>
constexpr Site makeSite(const char *function, const char *file, U32 line,
                        const char *signature, const char *parameters,
                        double rate, U32 flags, R (*)(A...)) {
  return {kUnregistered, flags,     line,       sizeof...(A),    rate, function,
          file,          signature, parameters, kTypes<R, A...>, {}};
}

// The site of a function with limits of its own; 0: those of the process.
constexpr Site limited(Site site, U32 items, U32 text, U32 depth, U32 record,
                       U32 pointer) {
  site.limits = {items, text, U16(depth), U16(pointer), record};
  return site;
}

// Of a function whose result, an E, may be an error.
template <class E, class R, class... A>
constexpr Site makeSite(const char *function, const char *file, U32 line,
                        const char *signature, const char *parameters,
                        double rate, U32 flags, R (*)(A...), E *) {
  return {kUnregistered, flags,
          line,          sizeof...(A),
          rate,          function,
          file,          signature,
          parameters,    kTypesAndError<Plain<E>, R, A...>};
}

template <class T> OBS_INLINE T relaxedLoad(const T &from) {
  return __atomic_load_n(&from, __ATOMIC_RELAXED);
}
template <class T> OBS_INLINE void relaxedStore(T &to, T value) {
  __atomic_store_n(&to, value, __ATOMIC_RELAXED);
}

class Failure;

class Scope {
public:
  using State = U8;
  static constexpr State
      kRefused = 0,   // constant evaluation, disabled, or nested in the runtime
      kUnsampled = 1, // counted only; an exception will be recorded
      kSampled = 2,   // to be recorded: its enter event is not written yet
      kDropped = 3,   // sampled, but there was no room
      kRecorded = 4,  // its enter event is written
      kDone = 5;      // nothing left to write

  OBS_INLINE OBS_CONSTEXPR20 explicit Scope(Site &site) noexcept
      : site_(&site) {
    if (!__builtin_is_constant_evaluated())
      count();
  }
  OBS_INLINE OBS_CONSTEXPR20 ~Scope() noexcept {
    if (__builtin_expect(state_ == kRecorded || state_ == kDropped, 0))
      leave();
  }
  // What the destructor does, where it must not run any more.
  OBS_INLINE OBS_CONSTEXPR20 void finish(U8 flags) noexcept {
    if (state_ == kRecorded || state_ == kDropped) {
      flags_ |= flags;
      leave();
    }
    state_ = kDone;
  }
  Scope(const Scope &) = delete;
  Scope &operator=(const Scope &) = delete;

  OBS_INLINE OBS_CONSTEXPR20 State state() const { return state_; }

  OBS_OUTLINE void enter(ValueList values) noexcept;
  template <class R> OBS_INLINE void keep(const R &value) noexcept;
  OBS_OUTLINE void writeResult(Value value) noexcept;
  OBS_OUTLINE void fail(ValueList values) noexcept;
  template <class R>
  OBS_OUTLINE void failWith(const R &error, ValueList values) noexcept;

protected:
  Site *site_;
  Thread *thread_; // where the enter event is; set from kSampled on
  State state_ = kRefused;
  U8 flags_; // EventFlags of the exit event; set from kSampled on

private:
  // With the builtins, as every function would get a copy of each wrapper.
  OBS_INLINE void count() noexcept {
    Thread *const thread = obs_rt_thread;
    const U32 id = __atomic_load_n(&site_->id, __ATOMIC_RELAXED);
    if (__builtin_expect(
            id < __atomic_load_n(&thread->slotCount, __ATOMIC_RELAXED), 1)) {
      int &countdown = thread->slots[id].countdown;
      const int left = __atomic_load_n(&countdown, __ATOMIC_RELAXED) - 1;
      if (__builtin_expect(left > 0, 1)) {
        __atomic_store_n(&countdown, left, __ATOMIC_RELAXED);
        state_ = kUnsampled;
        return;
      }
    }
    start();
  }

  // Counts a call that is sampled, or the first one of its thread.
  OBS_OUTLINE void start() noexcept {
    Thread *thread = obs_rt_thread;
    if (relaxedLoad(site_->id) >= relaxedLoad(thread->slotCount) &&
        !(thread = obs_rt_attach(site_)))
      return;
    const U32 id = relaxedLoad(site_->id);
    Slot &slot = thread->slots[id];
    const int left = relaxedLoad(slot.countdown) - 1;
    relaxedStore(slot.countdown, left);
    state_ = kUnsampled;
    if (left > 0)
      return;
    if (slot.always) {
      relaxedStore(slot.end, slot.end + 1);
      relaxedStore(slot.countdown, 1);
    } else if (!obs_rt_rearm(thread, id)) {
      return;
    }
    thread_ = thread;
    flags_ = 0;
    state_ = kSampled;
  }

  OBS_OUTLINE void leave() noexcept;
  OBS_QUIET void failRecorded(Failure &failure) noexcept;
  OBS_QUIET bool appendOrAside(U8 *event, U32 size, U32 whole) noexcept;
  OBS_QUIET void failUnsampled(const Failure &failure,
                               ValueList values) noexcept;

  // Set when the enter event is written:
  U32 call_;  // its position / 8
  U32 open_;  // thread_->open before this call
  U64 value_; // scalar result, if flags_ say so
};

// Keeps others from writing to the thread's ring while an event is written:
// signal handlers, and monitored functions called by size() or an iterator.
class Writing {
public:
  OBS_INLINE explicit Writing(Thread *thread) : thread_(thread) {
    relaxedStore(thread->slotCount, U32(0));
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
  }
  OBS_INLINE ~Writing() {
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    relaxedStore(thread_->slotCount, thread_->slotLimit);
  }
  Writing(const Writing &) = delete;
  Writing &operator=(const Writing &) = delete;

private:
  Thread *thread_;
};

OBS_INLINE U64 roomFor(const Thread *thread, U32 open) {
  const U64 room = U64(thread->end - thread->cursor);
  const U64 reserved = U64(open) * kExitReserve;
  return room < reserved ? 0 : room - reserved;
}

// Writes the header of the event in [begin, end) and returns its padded size.
OBS_INLINE U64 seal(U8 *begin, const U8 *end, EventKind kind, U8 flags,
                    U32 call) {
  const U64 size = U64(end - begin);
  const U8 padding = U8(-size & 7);
  const EventHeader header = {U16((size + padding) / 8), kind,
                              U8(flags | padding), call};
  __builtin_memcpy(begin, &header, sizeof(header));
  return size + padding;
}

// Completes the event from the cursor to `end`, and publishes it.
OBS_INLINE void publish(Thread *thread, const U8 *end, EventKind kind, U8 flags,
                        U32 call) {
  thread->cursor += seal(thread->cursor, end, kind, flags, call);
  __atomic_store_n(thread->published, U64(thread->cursor - thread->origin),
                   __ATOMIC_RELEASE);
}

// Encodes all values. They may call the user's size() and iterators, which may
// throw: the value in question and those behind it are cut off then.
OBS_QUIET inline void encodeAll(Encoder &encoder, ValueList values) {
#if __cpp_exceptions
  U8 *begin = encoder.cursor();
  try {
#endif
    for (U32 i = 0; i < values.count; ++i) {
#if __cpp_exceptions
      begin = encoder.cursor();
#endif
      values.first[i].encode(encoder, values.first[i].bits);
    }
#if __cpp_exceptions
  } catch (...) {
    encoder.cutAt(begin);
  }
#endif
}

// Encodes the values of an event at the cursor, after `head` bytes that the
// caller fills in and before `tail` more, besides the reserves of `open` calls;
// in a new chunk if need be. Returns where the values end, or null if there is
// no room. Publishes nothing.
OBS_QUIET inline U8 *encodeEvent(Thread *thread, const Limits &limits, U32 head,
                                 U32 tail, U32 open, ValueList values) {
  // Most events are small, and a thread's first chunk may be so too; only what
  // did not fit there asks for more.
  const U32 usual = head + tail + kUsualEventBytes;
  for (U32 asked = 0;;) {
    if (asked && !obs_rt_refill(thread, asked))
      return nullptr;
    const U64 room = roomFor(thread, open);
    const U32 most = head + limits.record + tail;
    if (room >= head + tail + 16) {
      const bool whole = room >= most;
      Encoder encoder(thread->cursor + head,
                      thread->cursor + (whole ? most : room) - tail, limits);
      encodeAll(encoder, values);
      if (!encoder.cut() || whole) {
        return encoder.cursor();
      }
    }
    if (asked >= most)
      return nullptr;
    asked = asked || most < usual ? most : usual;
  }
}

inline void Scope::enter(ValueList values) noexcept {
  Thread *const thread = thread_;
  Writing writing(thread);
  U8 *const end = encodeEvent(thread, site_->limits, sizeof(EnterEvent), 0,
                              thread->open + 1, values);
  if (!end) {
    state_ = kDropped;
    return;
  }
  call_ = U32(U64(thread->cursor - thread->origin) / 8);
  open_ = thread->open++;
  const U64 body[] = {readTsc(), 0};
  __builtin_memcpy(thread->cursor + sizeof(EventHeader), body, sizeof(body));
  publish(thread, end, kEnter, 0, relaxedLoad(site_->id));
  state_ = kRecorded;
}

inline void Scope::leave() noexcept {
  Thread *const thread = thread_;
  if (state_ == kDropped) {
    obs_rt_drop(thread, relaxedLoad(site_->id));
    return;
  }
  const bool here = thread == obs_rt_thread;
  const EventKind kind = flags_ & kDetailAside ? kFail : kExit;
  const U64 tsc = readTsc();
  struct {
    ExitEvent exit;
    U64 value;
  } event = {{{0, kind, flags_, call_}, tsc}, value_};
  const U32 size = flags_ & kHasResult ? sizeof(event) : sizeof(ExitEvent);
  event.exit.header.words = U16(size / 8);
  if (!here) {
    obs_rt_exit_elsewhere(thread, &event.exit);
    return;
  }
  Writing writing(thread);
  thread->open = open_; // also of those that longjmp skipped
  __builtin_memcpy(thread->cursor, &event, sizeof(event));
  publish(thread, thread->cursor + size, kind, flags_, call_);
}

// Whether a result rides in the exit event. Others may be of incomplete type.
template <class R, bool = kIsScalar<R>> inline constexpr bool kFitsExit = false;
template <class R>
inline constexpr bool kFitsExit<R, true> =
    sizeof(R) <= sizeof(U64) && isScalar(kindOf<Plain<R>>());

template <class R> void Scope::keep(const R &value) noexcept {
  if constexpr (kindOf<Plain<R>>() == kSecret) {
    return; // needs no bytes
  } else if constexpr (kFitsExit<R>) {
    value_ = 0;
    const Plain<R> copy = value;
    __builtin_memcpy(&value_, &copy, sizeof(copy));
    flags_ |= kHasResult;
  } else {
    writeResult(valueOf(value));
  }
}

inline void Scope::writeResult(Value value) noexcept {
  Thread *const thread = thread_;
  U8 *end = nullptr;
  if (thread == obs_rt_thread) {
    Writing writing(thread);
    end = encodeEvent(thread, site_->limits, sizeof(EventHeader), 0,
                      thread->open, {&value, 1});
    if (end)
      publish(thread, end, kResult, 0, call_);
  }
  if (!end)
    flags_ |= kResultLost;
}

// An error as it stands in an event, with room for what comes before it there.
class Failure {
public:
  // The exception that is being handled.
  OBS_QUIET Failure() noexcept : end_(begin() + obs_rt_exception(begin())) {}

  // An error that is returned.
  template <class R> OBS_QUIET explicit Failure(const R &error) noexcept {
    end_ = begin() + sizeof(FailDetail);
    FailDetail detail = {};
    detail.form = kReturned;
    Texts texts{*this, detail};
    visitErrorGuarded(error, texts);
    __builtin_memcpy(begin(), &detail, sizeof(detail));
    Code code{*this};
    visitErrorGuarded(error, code);
  }

  OBS_QUIET const U8 *begin() const { return bytes_ + kRoom; }
  OBS_QUIET const U8 *end() const { return end_; }
  OBS_QUIET U32 size() const { return U32(end_ - begin()); }
  // Where an event begins that has `head` bytes before the error.
  OBS_QUIET U8 *before(U32 head) { return bytes_ + kRoom - head; }

private:
  static constexpr U32 kRoom = sizeof(ExitEvent) + sizeof(CoroutineEnd);

  OBS_QUIET U8 *begin() { return bytes_ + kRoom; }
  OBS_QUIET U8 *limit() { return begin() + kMaxFailBytes; }
  OBS_QUIET U32 append(const char *text, U64 size, U32 most) {
    const U32 stored = size < most ? U32(size) : most;
    __builtin_memcpy(end_, text, stored);
    end_ += stored;
    return stored;
  }

  // Two visitors, as what comes first in an event may come last from the type.
  struct Texts {
    Failure &failure;
    FailDetail &detail;
    OBS_QUIET void type(const char *text, U64 size) {
      detail.typeSize = failure.append(text, size, kMaxTypeName);
    }
    OBS_QUIET void message(const char *text, U64 size) {
      detail.messageSize = failure.append(text, size, kMaxText);
      detail.messageFull = size < 0xFFFFFFFF ? U32(size) : 0xFFFFFFFF;
    }
    template <class C> OBS_QUIET void code(const C &) {}
  };
  struct Code {
    Failure &failure;
    OBS_QUIET void type(const char *, U64) {}
    OBS_QUIET void message(const char *, U64) {}
    template <class C> OBS_QUIET void code(const C &value) {
      Encoder encoder(failure.end_, failure.limit());
      encode(encoder, value);
      failure.end_ = encoder.cursor();
    }
  };

  alignas(8) U8 bytes_[kRoom + kMaxFailBytes + 8]; // and for the padding
  U8 *end_;
};

// Writes an event at the cursor, or aside if there is no room. Returns whether
// it is at the cursor, and yet to be published.
inline bool Scope::appendOrAside(U8 *event, U32 size, U32 whole) noexcept {
  Thread *const thread = thread_;
  if (roomFor(thread, thread->open) >= whole || obs_rt_refill(thread, whole)) {
    __builtin_memcpy(thread->cursor, event, size);
    return true;
  }
  if (U8 *aside = obs_rt_side_begin(thread, whole)) {
    __builtin_memcpy(aside, event, whole);
    obs_rt_side_commit(thread, aside);
  }
  return false;
}

// A recorded call ends in an error.
inline void Scope::failRecorded(Failure &failure) noexcept {
  const U64 tsc = readTsc();
  Thread *const thread = thread_;
  const U32 size = sizeof(ExitEvent) + failure.size();
  const U8 padding = U8(-size & 7);
  const U32 whole = size + padding;
  U8 *const event = failure.before(sizeof(ExitEvent));
  const U8 flags = flags_ & U8(~kDetailAside);
  const ExitEvent exit = {{U16(whole / 8), kFail, U8(padding | flags), call_},
                          tsc};
  __builtin_memcpy(event, &exit, sizeof(exit));
  if (thread != obs_rt_thread) {
    obs_rt_exit_elsewhere(thread, reinterpret_cast<const ExitEvent *>(event));
    return;
  }
  Writing writing(thread);
  thread->open = open_;
  if (appendOrAside(event, size, whole)) {
    publish(thread, thread->cursor + size, kFail, flags, call_);
    return;
  }
  // For an exit this call had reserved room.
  __builtin_memcpy(thread->cursor, event, sizeof(exit));
  publish(thread, thread->cursor + sizeof(exit), kFail,
          U8(flags | kDetailAside), call_);
}

// A call of which nothing is written yet ends in an error.
inline void Scope::failUnsampled(const Failure &failure,
                                 ValueList values) noexcept {
  Thread *thread = obs_rt_thread;
  if (!relaxedLoad(thread->slotCount) && !(thread = obs_rt_attach(site_)))
    return;
  Writing writing(thread);
  constexpr U32 head = sizeof(EnterEvent) + 8;
  constexpr U32 most = 4096; // bytes before the failure, if not in the ring
  U8 *end = encodeEvent(thread, site_->limits, head, failure.size() + 8,
                        thread->open, values);
  const bool aside = !end;
  U8 *begin = thread->cursor; // in a new chunk, maybe
  if (aside) {
    begin = obs_rt_side_begin(thread, most + failure.size() + 8);
    if (!begin)
      return;
    Encoder encoder(begin + head, begin + most, site_->limits);
    encodeAll(encoder, values);
    end = encoder.cursor();
  }
  const U32 size = U32(end - begin) - head;
  const struct {
    U64 tsc;
    U64 id;
    U32 size;
    U32 zero;
  } body = {readTsc(), 0, size, 0};
  __builtin_memcpy(begin + sizeof(EventHeader), &body, sizeof(body));
  end += -size & 7;
  __builtin_memcpy(end, failure.begin(), failure.size());
  end += failure.size();
  if (aside) {
    seal(begin, end, kThrow, 0, relaxedLoad(site_->id));
    obs_rt_side_commit(thread, begin);
  } else {
    publish(thread, end, kThrow, 0, relaxedLoad(site_->id));
  }
}

__attribute__((cold)) inline void Scope::fail(ValueList values) noexcept {
  Failure failure;
  if (state_ == kRecorded)
    failRecorded(failure);
  else
    failUnsampled(failure, values);
  state_ = kDone;
}

// The call is about to return an error. A recorded one ends with the scope, as
// what it still destroys belongs to it.
template <class R>
__attribute__((cold)) void Scope::failWith(const R &error,
                                           ValueList values) noexcept {
  Failure failure(error);
  if (state_ != kRecorded) {
    failUnsampled(failure, values);
    state_ = kUnsampled;
    return;
  }
  if (thread_ != obs_rt_thread) {
    failRecorded(failure);
    state_ = kDone;
    return;
  }
  const U32 size = sizeof(ExitEvent) + failure.size();
  const U8 padding = U8(-size & 7);
  U8 *const event = failure.before(sizeof(ExitEvent));
  const ExitEvent head = {
      {U16((size + padding) / 8), kFail, U8(padding | kDetailAside), call_}, 0};
  __builtin_memcpy(event, &head, sizeof(head));
  Writing writing(thread_);
  if (appendOrAside(event, size, size + padding))
    publish(thread_, thread_->cursor + size, kFailDetail, 0, call_);
  flags_ |= kDetailAside;
}

// --- What the plugin calls --------------------------------------------------

// In place of a parameter that is secret.
OBS_INLINE constexpr Secret secret() {
  return {};
}

// The captured parameters, at the start of the body.
template <class... A>
OBS_INLINE OBS_CONSTEXPR20 void arguments(Scope &scope,
                                          const A &...values) noexcept {
  if (__builtin_expect(scope.state() == Scope::kSampled, 0))
    scope.enter(valuesOf(values...));
}

// The result, between its construction and the return.
template <class R>
OBS_INLINE OBS_CONSTEXPR20 void result(Scope &scope, const R &value) noexcept {
  if (__builtin_expect(scope.state() == Scope::kRecorded, 0))
    scope.keep(value);
}

// The same of a result that may be an error, with the captured parameters.
template <class R, class... A>
OBS_INLINE OBS_CONSTEXPR20 void error(Scope &scope, const R &value,
                                      const A &...values) {
  if (scope.state() != Scope::kRefused && isError(value))
    scope.failWith(value, valuesOf(values...));
}
template <class R, class... A>
OBS_INLINE OBS_CONSTEXPR20 void resultOrError(Scope &scope, const R &value,
                                              const A &...values) {
  if (scope.state() != Scope::kRefused && isError(value))
    scope.failWith(value, valuesOf(values...));
  else
    result(scope, value);
}

// The captured parameters, in the handler of whatever leaves the body.
template <class... A>
OBS_INLINE OBS_CONSTEXPR20 void failed(Scope &scope,
                                       const A &...values) noexcept {
  if (scope.state() != Scope::kRefused)
    scope.fail(valuesOf(values...));
}

OBS_QUIET __attribute__((noinline, cold)) inline void markReported() noexcept {
  obs_rt_mark_reported();
}

// The same in a constructor that also calls notInitialized().
template <class... A>
OBS_INLINE OBS_CONSTEXPR20 void failedInBody(Scope &scope,
                                             const A &...values) noexcept {
  failed(scope, values...);
  markReported();
}

// Behind a body that returns from its last statement.
[[noreturn]] OBS_INLINE void notReached() noexcept {
  __builtin_unreachable();
}

// The captured parameters, in the handler of whatever leaves a constructor,
// from its initializers on. What left its body is reported by then.
template <class... A>
OBS_QUIET __attribute__((noinline, cold)) void
notInitialized(Site &site, const A &...values) noexcept {
  if (obs_rt_take_reported())
    return;
  Scope scope(site);
  failed(scope, values...);
}

template <class T, class = void> inline constexpr bool kHasWhat = false;
template <class T>
inline constexpr bool kHasWhat<T, Void<decltype(lvalue<T>().what())>> =
    __is_same(decltype(lvalue<T>().what()), const char *);

#if __cpp_exceptions
// What is about to be thrown, in its place, and where.
template <class T>
OBS_QUIET __attribute__((noinline, cold)) void
throwing(const T &exception, const char *file, U32 line) noexcept {
  if (!obs_rt_throwing)
    return;
  Throwing it = {};
  it.file = file;
  it.line = line;
  if constexpr (__is_class(T) || __is_union(T)) {
    it.object = __builtin_addressof(exception);
    if constexpr (kHasWhat<T>) {
      try {
        it.message = exception.what();
      } catch (...) {
      }
      it.messageSize = it.message ? __builtin_strlen(it.message) : 0;
    } else if constexpr (kIsText<T>) {
      it.message = (const char *)exception.data();
      it.messageSize = exception.size() * sizeof(*exception.data());
    }
  } else {
    it.valueSize = sizeof(T) < sizeof(it.value) ? sizeof(T) : sizeof(it.value);
    __builtin_memcpy(&it.value, &exception, it.valueSize);
  }
  obs_rt_throwing(&it);
}
#endif

// In a function with tail calls, which leave no scope behind: before each
// return, before a tail call, and at the end.
OBS_INLINE OBS_CONSTEXPR20 void finish(Scope &scope) noexcept {
  scope.finish(0);
}
OBS_INLINE OBS_CONSTEXPR20 void finishWithoutResult(Scope &scope) noexcept {
  scope.finish(kResultLost);
}

} // namespace obs::detail
#pragma GCC visibility pop

#undef OBS_CONSTEXPR20

#if __cpp_impl_coroutine
#include "coroutine.h"
#endif

#endif // OBS_ATTRIBUTES_SCOPE_H
