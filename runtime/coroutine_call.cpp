// SPDX-License-Identifier: Apache-2.0
// Calls of coroutines, from generated code.
#include "call.h"

#include "entry_point.h"

namespace obs::rt {

using namespace detail;

namespace {

struct End {
  ExitEvent exit;
  CoroutineEnd coroutine;
};

Thread *currentThread(Site &site) {
  Thread *const thread = obs_rt_thread;
  return relaxedLoad(thread->slotCount) ? thread : attach(site);
}

void runOn(CoroutineData &coroutine, Thread *thread) {
  coroutine.running = thread;
  coroutine.reserved = thread->reserved;
  thread->reserved += kCoroutineReserve;
}

void enter(CoroutineData &coroutine, Site &site, const Started &call,
           const void *frame, const Arguments &arguments) {
  Thread *const thread = call.sampled;
  const U64 id = isOurs(thread) ? U64(currentRuntime()->ids().next()) : 0;
  constexpr U32 head = sizeof(EnterEvent) + sizeof(U64);
  Writing writing(thread);
  U8 *const end =
      id ? encodeEvent(thread, site.limits, head, kCoroutineReserve, arguments)
         : nullptr;
  coroutine.site = &site;
  coroutine.running = thread;
  coroutine.entry = call.entry;
  if (!end) {
    coroutine.state = kDropped;
    dropCall(thread, call.entry);
    return;
  }
  coroutine.id = id;
  coroutine.startTsc = readTsc();
  const U64 awaiter = thread->awaited == frame ? thread->awaiter : 0;
  thread->awaited = nullptr;
  const U64 body[] = {coroutine.startTsc, id, awaiter};
  memcpy(thread->cursor + sizeof(EventHeader), body, sizeof(body));
  publish(thread, end, kEnter, kCoroutine, call.entry);
  runOn(coroutine, thread);
}

void goOn(CoroutineData &coroutine) {
  coroutine.suspended = false;
  coroutine.suspendedTicks += readTsc() - coroutine.suspendedAt;
}

void resume(CoroutineData &coroutine) {
  goOn(coroutine);
  Thread *const thread = currentThread(*coroutine.site);
  if (!thread)
    return;
  thread->awaited = nullptr;
  Writing writing(thread);
  constexpr U32 size = sizeof(EventHeader) + sizeof(coroutine.id);
  if (roomFor(thread) < int64_t{size} + kCoroutineReserve &&
      !refill(thread, size + kCoroutineReserve))
    return;
  memcpy(thread->cursor + sizeof(EventHeader), &coroutine.id,
         sizeof(coroutine.id));
  publish(thread, thread->cursor + size, kResume, 0, 0);
  runOn(coroutine, thread);
}

void suspend(CoroutineData &coroutine, bool transfers) {
  // An exception in await_suspend resumes a coroutine without telling.
  if (coroutine.suspended)
    resume(coroutine);
  ++coroutine.suspensions;
  coroutine.suspended = true;
  coroutine.suspendedAt = readTsc();
  Thread *const thread = coroutine.running;
  coroutine.running = nullptr;
  if (!isHere(thread))
    return; // in a forked child, too
  thread->awaited = nullptr;
  thread->awaiter = transfers ? coroutine.id : 0;
  Writing writing(thread);
  thread->reserved = coroutine.reserved;
  publish(thread, thread->cursor + sizeof(EventHeader), kSuspend, 0, 0);
}

void keepResult(CoroutineData &coroutine, const void *value) {
  Thread *const thread = coroutine.running;
  U8 *end = nullptr;
  if (isHere(thread)) {
    Writing writing(thread);
    constexpr U32 head = sizeof(EventHeader) + sizeof(coroutine.id);
    end = encodeEvent(thread, coroutine.site->limits, head, 0,
                      [&](U8 *begin, U8 *to, const Limits &limits) {
                        return encodeOne(*coroutine.site->types[0], value,
                                         begin, to, limits);
                      });
    if (end) {
      memcpy(thread->cursor + sizeof(EventHeader), &coroutine.id,
             sizeof(coroutine.id));
      publish(thread, end, kResult, kCoroutine, 0);
    }
  }
  if (!end)
    coroutine.flags |= kResultLost;
}

// Fills in the first part of the event in [event, end), and writes it wherever
// there is room.
void writeEnd(CoroutineData &coroutine, U8 *event, U8 *end, EventKind kind,
              U8 flags) {
  const End first = {{{}, readTsc()},
                     {coroutine.id, coroutine.startTsc,
                      coroutine.suspendedTicks, coroutine.suspensions,
                      coroutine.entry}};
  memcpy(event, &first, sizeof(first));
  const U32 size =
      U32(seal(event, end, kind, U8(flags | kCoroutine), 0) - event);
  coroutine.id = 0;
  Thread *const thread = currentThread(*coroutine.site);
  if (!thread)
    return;
  Writing writing(thread);
  if (thread == coroutine.running)
    thread->reserved = coroutine.reserved;
  if (!appendOrAside(thread, event, size, size))
    return;
  publishTo(thread, thread->cursor + size);
}

void fail(CoroutineData &coroutine, Site &site, Failure &failure,
          const Arguments &arguments) {
  if (coroutine.id)
    return writeEnd(coroutine, failure.before(sizeof(End)), failure.end(),
                    kFail, 0);
  if (failUnsampled(site, failure, arguments) && coroutine.state == kDropped)
    takeBackDrop(coroutine.running, coroutine.entry);
  coroutine.state = kUnsampled;
}

} // namespace
} // namespace obs::rt

namespace obs::detail {

OBS_ENTRY void obs_rt_coroutine_enter(CoroutineData *coroutine, Site *site,
                                      const void *frame, ...) noexcept {
  const rt::Started call = rt::startCall(*site);
  coroutine->state = call.refused ? kRefused : kUnsampled;
  if (!call.sampled)
    return;
  va_list values;
  va_start(values, frame);
  rt::enter(*coroutine, *site, call, frame, rt::Arguments(*site, values));
  va_end(values);
}

OBS_ENTRY void obs_rt_coroutine_end(CoroutineData *coroutine) noexcept {
  const bool abandoned = coroutine->suspended || !coroutine->finished;
  if (coroutine->suspended)
    rt::goOn(*coroutine);
  alignas(8) U8 event[sizeof(rt::End)];
  rt::writeEnd(*coroutine, event, event + sizeof(event), rt::kExit,
               U8(coroutine->flags | (abandoned ? kAbandoned : 0)));
}

OBS_ENTRY void obs_rt_coroutine_result(CoroutineData *coroutine,
                                       const void *value) noexcept {
  rt::keepResult(*coroutine, value);
}

OBS_ENTRY void obs_rt_coroutine_failed(CoroutineData *coroutine, Site *site,
                                       ...) noexcept {
  if (coroutine->state == kRefused)
    return;
  Failure failure;
  if (coroutine->suspended)
    rt::goOn(*coroutine);
  va_list values;
  va_start(values, site);
  rt::fail(*coroutine, *site, failure, rt::Arguments(*site, values));
  va_end(values);
}

OBS_ENTRY void obs_rt_coroutine_failed_with(CoroutineData *coroutine,
                                            Site *site, TellError tell,
                                            const void *error, ...) noexcept {
  if (coroutine->state == kRefused)
    return;
  Failure failure(tell, error);
  va_list values;
  va_start(values, error);
  rt::fail(*coroutine, *site, failure, rt::Arguments(*site, values));
  va_end(values);
}

OBS_ENTRY void obs_rt_suspend(CoroutineData *coroutine,
                              bool transfers) noexcept {
  rt::suspend(*coroutine, transfers);
}

OBS_ENTRY void obs_rt_resume(CoroutineData *coroutine) noexcept {
  rt::resume(*coroutine);
}

OBS_ENTRY void obs_rt_not_awaiting() noexcept {
  obs_rt_thread->awaiter = 0;
}

OBS_ENTRY void *obs_rt_transferring(void *frame) noexcept {
  if (obs_rt_thread->awaiter)
    obs_rt_thread->awaited = frame;
  return frame;
}

} // namespace obs::detail
