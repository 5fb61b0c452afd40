// SPDX-License-Identifier: Apache-2.0
// Calls of functions, from generated code: enter, result, failure, leave.
#include "call.h"

#include "entry_point.h"
#include "exception_info.h"
#include "thread_usage.h"

#include <climits>
#include <optional>

namespace obs::rt {

using namespace detail;

namespace {

std::optional<U32> rearm(Thread *thread, U32 site) {
  if (thread->ring) [[likely]]
    return ringOf(thread).rearm(site);
  thread->slots[0].countdown = INT_MAX; // disabled
  return std::nullopt;
}

bool measures(const Site &site) {
  return site.flags & kMeasuresUsage;
}

// What a call holds for its end.
constexpr U32 exitReserve(bool measured) {
  return measured ? kMeasuredReserve : kExitReserve;
}

// Bytes of an event that ends a call, before its result or error.
constexpr U32 exitHead(bool measured) {
  return sizeof(ExitEvent) + (measured ? sizeof(ThreadUsage) : 0);
}

// As far as it is known, to an event of a call of `thread`.
void writeUsage(void *to, const Thread *thread) {
  const ThreadUsage usage = isHere(thread)
                                ? threadUsage()
                                : ThreadUsage{kUsageUnknown, kUsageUnknown};
  memcpy(to, &usage, sizeof(usage));
}

// The first half of a BriefExit lies in the scope. Written as one word, as the
// processor waits for one that is read after it was written in parts.
constexpr size_t kBriefBytes = sizeof(U32);
static_assert(offsetof(ScopeData, flags) ==
              offsetof(ScopeData, briefCall) + offsetof(BriefExit, flags));

constexpr size_t kFetchAhead = 512; // bytes

template <bool measured>
[[gnu::always_inline]] inline void
enter(ScopeData &scope, Site &site, Started call, const Arguments &arguments) {
  constexpr U32 head =
      sizeof(EnterEvent) + (measured ? sizeof(ThreadUsage) : 0);
  constexpr U32 reserve = exitReserve(measured);
  Thread *const thread = call.sampled;
  scope.site = &site;
  scope.thread = thread;
  Writing writing(thread);
  U8 *const end = encodeEvent(thread, site.limits, head, reserve, arguments);
  if (!end) {
    scope.state = kDropped;
    scope.flags = 0;
    scope.call = call.entry;
    dropCall(thread, call.entry);
    return;
  }
  U8 *const event = thread->cursor;
  scope.call = U32(U64(event - thread->origin) / 8);
  static_assert(kResultInScope == kHasResult);
  const U32 brief = (scope.call & 0xFFFF) | U32{kBriefExit} << 16 |
                    (site.flags & kResultInScope) << 24 |
                    (measured ? U32{kMeasured} << 24 : 0);
  memcpy(&scope.briefCall, &brief, kBriefBytes);
  const U32 reserved = thread->reserved;
  scope.reserved = reserved;
  thread->reserved = reserved + reserve;
  if constexpr (measured)
    writeUsage(event + sizeof(EnterEvent), thread);
  scope.tsc = readTsc();
  // For a later call: the processor by itself fetches up to the page's end.
  __builtin_prefetch(event + kFetchAhead, 1);
  const U64 body[] = {scope.tsc, 0};
  memcpy(event + sizeof(EventHeader), body, sizeof(body));
  publish(thread, end, kEnter, 0, call.entry);
  scope.state = kRecorded;
}

// Apart, for the sake of the others' registers.
[[gnu::noinline, gnu::cold]] void enterMeasured(ScopeData &scope, Site &site,
                                                Started call,
                                                const Arguments &arguments) {
  enter<true>(scope, site, call, arguments);
}

// An exit that is not as most are.
[[gnu::noinline]] void leaveFully(ScopeData &scope, U64 tsc) noexcept {
  Thread *const thread = scope.thread;
  const bool measured = scope.flags & kMeasured;
  U8 flags = scope.flags & U8(~kMeasured);
  EventKind kind = kExit;
  if (flags & (kDetailAside | kResultLost)) {
    flags &= U8(~kHasResult);
    if (flags & kDetailAside)
      kind = kFail;
  }
  const U16 words = (exitHead(measured) + (flags & kHasResult ? 8 : 0)) / 8;
  U64 event[kMeasuredReserve / sizeof(U64)] = {
      std::bit_cast<U64>(EventHeader{words, kind, flags, scope.call}), tsc};
  if (measured)
    writeUsage(event + sizeof(ExitEvent) / sizeof(U64), thread);
  if (flags & kHasResult)
    event[words - 1] = scope.result;
  if (!isHere(thread)) {
    if (isOurs(thread))
      ringOf(thread).exitElsewhere(*reinterpret_cast<ExitEvent *>(event));
    return;
  }
  Writing writing(thread);
  thread->reserved = scope.reserved; // also of those that longjmp skipped
  memcpy(thread->cursor, event, words * sizeof(U64));
  publishTo(thread, thread->cursor + words * sizeof(U64));
}

// False: it is not as most are, and nothing is written.
bool leaveBriefly(ScopeData &scope, U64 tsc) {
  Thread *const thread = scope.thread;
  U32 brief;
  memcpy(&brief, &scope.briefCall, kBriefBytes);
  if (!isHere(thread) || brief >> 24 & ~kHasResult) [[unlikely]]
    return false;
  const U64 ticks = tsc - scope.tsc;
  Writing writing(thread);
  U8 *const event = thread->cursor;
  const U32 distance = U32(U64(event - thread->origin) / 8) - scope.call;
  static_assert(kBriefReach == 1 << 16);
  if ((ticks | U64{distance} << 16) >> 32) [[unlikely]]
    return false;
  thread->reserved = scope.reserved; // also of those that longjmp skipped
  const U64 words[] = {brief | ticks << 32, scope.result};
  memcpy(event, words, sizeof(words));
  static_assert(kHasResult == 2 * sizeof(U64));
  publishTo(thread, event + sizeof(BriefExit) + (brief >> 25));
  return true;
}

void leave(ScopeData &scope) {
  const U64 tsc = readTsc();
  if (!leaveBriefly(scope, tsc)) [[unlikely]]
    leaveFully(scope, tsc);
}

// Whether a result of this type rides in the exit event.
bool fitsExit(const Type &type) {
  return !type.encode && type.size > 0 && type.size <= sizeof(U64);
}

void keepResult(ScopeData &scope, const void *value) {
  const Type &type = *scope.site->types[0];
  if (fitsExit(type)) {
    scope.result = 0;
    memcpy(&scope.result, value, type.size);
    scope.flags |= kHasResult;
    return;
  }
  if (type.kind == kSecret)
    return; // needs no bytes
  Thread *const thread = scope.thread;
  U8 *end = nullptr;
  if (isHere(thread)) {
    Writing writing(thread);
    end = encodeEvent(thread, scope.site->limits, sizeof(EventHeader), 0,
                      [&](U8 *begin, U8 *to, const Limits &limits) {
                        return encodeOne(type, value, begin, to, limits);
                      });
    if (end)
      publish(thread, end, kResult, 0, scope.call);
  }
  if (!end)
    scope.flags |= kResultLost;
}

// The event of a call that ends in an error.
struct FailEvent {
  FailEvent(Failure &failure, const ScopeData &scope, U8 flags, U64 tsc)
      : measured(measures(*scope.site)), head(exitHead(measured)),
        begin(failure.before(head)), size(U32(failure.end() - begin)),
        whole(
            U32(seal(begin, failure.end(), kFail, flags, scope.call) - begin)) {
    memcpy(begin + sizeof(EventHeader), &tsc, sizeof(tsc));
    if (measured)
      writeUsage(begin + sizeof(ExitEvent), scope.thread);
  }

  const bool measured;
  const U32 head;
  U8 *const begin;
  const U32 size;
  const U32 whole; // with padding
};

// A recorded call ends in an error.
void failRecorded(ScopeData &scope, Failure &failure) {
  Thread *const thread = scope.thread;
  const U8 flags = scope.flags & U8(~(kDetailAside | kHasResult | kMeasured));
  const FailEvent event(failure, scope, flags, readTsc());
  if (!isHere(thread)) {
    if (isOurs(thread))
      ringOf(thread).exitElsewhere(
          *reinterpret_cast<const ExitEvent *>(event.begin));
    return;
  }
  Writing writing(thread);
  // Also of those that longjmp skipped. Its own reserve is kept until it is
  // clear that the event needs no other room.
  thread->reserved = scope.reserved + exitReserve(event.measured);
  const bool appended =
      appendOrAside(thread, event.begin, event.size, event.whole);
  thread->reserved = scope.reserved;
  if (appended) {
    publish(thread, thread->cursor + event.size, kFail, flags, scope.call);
    return;
  }
  memcpy(thread->cursor, event.begin, event.head);
  publish(thread, thread->cursor + event.head, kFail, U8(flags | kDetailAside),
          scope.call);
}

// Below, the scope of a call is null if it is kUnsampled.
ScopeState stateOf(const ScopeData *scope) {
  return scope ? scope->state : kUnsampled;
}

void failUnrecorded(ScopeData *scope, Site &site, const Failure &failure,
                    const Arguments &arguments) {
  if (failUnsampled(site, failure, arguments) && stateOf(scope) == kDropped)
    takeBackDrop(scope->thread, scope->call);
}

void fail(ScopeData *scope, Site &site, const Arguments &arguments) {
  if (stateOf(scope) == kRefused)
    return;
  Failure failure;
  if (stateOf(scope) == kRecorded)
    failRecorded(*scope, failure);
  else
    failUnrecorded(scope, site, failure, arguments);
  if (scope)
    scope->state = kDone;
}

// A recorded call ends with the scope, as what it still destroys belongs to it.
void failWith(ScopeData *call, Site &site, Failure &failure,
              const Arguments &arguments) {
  if (stateOf(call) != kRecorded) {
    failUnrecorded(call, site, failure, arguments);
    if (call)
      call->state = kUnsampled;
    return;
  }
  ScopeData &scope = *call;
  Thread *const thread = scope.thread;
  if (!isHere(thread)) {
    failRecorded(scope, failure);
    scope.state = kDone;
    return;
  }
  const FailEvent event(failure, scope, kDetailAside, /*tsc=*/0);
  Writing writing(thread);
  if (appendOrAside(thread, event.begin, event.size, event.whole))
    publish(thread, thread->cursor + event.size, kFailDetail, 0, scope.call);
  scope.flags |= kDetailAside;
}

} // namespace

OBS_HOT Started startCall(Site &site) {
  Thread *thread = obs_rt_thread;
  // What recording it needs, which may be in no cache, while a gap is drawn.
  __builtin_prefetch(&site.limits);
  __builtin_prefetch(site.types);
  __builtin_prefetch(thread->cursor, 1);
  __builtin_prefetch(thread->published, 1);
  if (idOf(site) >= relaxedLoad(thread->slotCount) && !(thread = attach(site)))
    return {nullptr, 0, true};
  if (const Started call = startAlways(site); call.sampled)
    return call;
  const U32 id = idOf(site);
  // A gap is drawn in peace: a handler's calls are refused meanwhile.
  const Writing drawing(thread);
  Slot &slot = thread->slots[id];
  const int left = relaxedLoad(slot.countdown) - 1;
  relaxedStore(slot.countdown, left);
  if (left > 0)
    return {};
  if (const std::optional<U32> entry = rearm(thread, id))
    return {.sampled = thread, .entry = *entry};
  return {};
}

void dropCall(Thread *thread, U32 entry) {
  if (isOurs(thread))
    ringOf(thread).drop(entry);
}

void takeBackDrop(Thread *thread, U32 entry) {
  if (isOurs(thread))
    ringOf(thread).takeBackDrop(entry);
}

bool failUnsampled(Site &site, const Failure &failure,
                   const Arguments &arguments) {
  Thread *thread = obs_rt_thread;
  if (!relaxedLoad(thread->slotCount) && !(thread = attach(site)))
    return false;
  if (!isOurs(thread)) // disabled
    return false;
  const U32 id = idOf(site);
  Writing writing(thread);
  constexpr U32 head = sizeof(EnterEvent) + 8;
  constexpr U32 most = 4096; // bytes before the failure, if not in the ring
  const auto encode = [&](U8 *from, U8 *to, const Limits &limits) {
    return arguments.after(from, to, limits);
  };
  U8 *end = encodeEvent(thread, site.limits, head, failure.size() + 8, encode);
  const bool aside = !end;
  U8 *begin = thread->cursor; // in a new chunk, maybe
  if (aside) {
    begin = ringOf(thread).sideBegin(most + failure.size() + 8);
    if (!begin)
      return false;
    end = encode(begin + head, begin + most, site.limits).end;
  }
  const U32 entry = ringOf(thread).entry(id);
  const U32 size = U32(end - begin) - head;
  const struct {
    U64 tsc;
    U64 id;
    U32 size;
    U32 zero;
  } body = {readTsc(), 0, size, 0};
  memcpy(begin + sizeof(EventHeader), &body, sizeof(body));
  end += -size & 7;
  memcpy(end, failure.begin(), failure.size());
  end += failure.size();
  if (aside) {
    seal(begin, end, kThrow, 0, entry);
    ringOf(thread).sideCommit(begin);
  } else {
    publish(thread, end, kThrow, 0, entry);
  }
  return true;
}

} // namespace obs::rt

namespace obs::detail {

OBS_HOT OBS_ENTRY ScopeData *obs_rt_enter(ScopeData *scope, Site *site,
                                          ...) noexcept {
  rt::Started call = rt::startAlways(*site);
  if (!call.sampled) [[unlikely]] {
    call = rt::startCall(*site);
    if (call.refused) {
      scope->state = kRefused;
      return scope;
    }
    if (!call.sampled)
      return nullptr;
  }
  va_list values;
  va_start(values, site);
  const rt::Arguments arguments(*site, values);
  if (rt::measures(*site)) [[unlikely]] {
    const rt::Arguments theSame = arguments; // those stay in registers
    rt::enterMeasured(*scope, *site, call, theSame);
  } else {
    rt::enter<false>(*scope, *site, call, arguments);
  }
  va_end(values);
  return scope;
}

OBS_HOT OBS_ENTRY void obs_rt_leave(ScopeData *scope) noexcept {
  if (scope->state == kRecorded) [[likely]]
    rt::leave(*scope);
}

OBS_HOT OBS_ENTRY void obs_rt_result(ScopeData *scope,
                                     const void *value) noexcept {
  if (scope->state == kRecorded)
    rt::keepResult(*scope, value);
}

OBS_ENTRY void obs_rt_failed(ScopeData *scope, Site *site, ...) noexcept {
  va_list values;
  va_start(values, site);
  rt::fail(scope, *site, rt::Arguments(*site, values));
  va_end(values);
}

OBS_ENTRY U64 obs_rt_word(const volatile void *from, U32 size) noexcept {
  const void *const bytes = const_cast<const void *>(from);
  U64 word = 0;
  if (MemoryCheck().isReadable(bytes, size))
    memcpy(&word, bytes, size);
  return word;
}

OBS_ENTRY void obs_rt_failed_in_body(ScopeData *scope, Site *site,
                                     ...) noexcept {
  va_list values;
  va_start(values, site);
  rt::fail(scope, *site, rt::Arguments(*site, values));
  va_end(values);
  rt::markReported();
}

OBS_ENTRY void obs_rt_failed_with(ScopeData *scope, Site *site, TellError tell,
                                  const void *error, ...) noexcept {
  if (rt::stateOf(scope) == kRefused)
    return;
  Failure failure(tell, error);
  va_list values;
  va_start(values, error);
  rt::failWith(scope, *site, failure, rt::Arguments(*site, values));
  va_end(values);
}

OBS_ENTRY void obs_rt_not_initialized(Site *site, ...) noexcept {
  if (rt::takeReported() || rt::startCall(*site).refused)
    return;
  const Failure failure;
  va_list values;
  va_start(values, site);
  rt::failUnsampled(*site, failure, rt::Arguments(*site, values));
  va_end(values);
}

} // namespace obs::detail
