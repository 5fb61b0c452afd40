// SPDX-License-Identifier: Apache-2.0
// Threads of the program: their start, end and fork, and the runtime's with
// them.
#include "threads.h"

#include "event_writer.h"
#include "fork_gate.h"
#include "happens_before.h"
#include "log.h"

#include <climits>
#include <exception>
#include <mutex>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace obs::rt {
namespace {

enum class State : int { Idle, Starting, Running, Disabled, Stopped };

// Everything here is constant-initialized and never destroyed: monitored
// functions are called before and after the program's own static objects.
std::atomic<State> state{State::Idle};
std::atomic<Runtime *> runtime{nullptr};
// Configuration given by the program; never freed. Null: the environment's.
std::atomic<const Config *> givenConfig{nullptr};
// Rates given before there was a runtime to take them; never freed.
std::atomic<const SampleRules *> givenRules{nullptr};
pthread_key_t threadEnd;

const Registry *inherited = nullptr; // of the process that forked this one

detail::Thread idleThread; // of threads that are not attached: no slots

#define OBS_TLS __thread __attribute__((tls_model("initial-exec")))
// For disabled monitoring: one slot for all sites, counted down from INT_MAX.
OBS_TLS detail::Slot disabledSlot;
OBS_TLS detail::Thread disabledThread;

// --- Hooks ------------------------------------------------------------------

void onThreadEnd(void *thread) {
  const InRuntime inside;
  auto *ended = static_cast<detail::Thread *>(thread);
  detail::obs_rt_thread = &idleThread; // destructors still to come attach anew
  if (isOurs(ended))
    ringOf(ended).rings().release(&ringOf(ended));
}

// Locked across the fork.
void beforeFork() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  setInRuntime(true);
  Runtime *const now = currentRuntime();
  ForkGate::beforeFork();
  if (now)
    now->registry().lockForFork();
}

void afterForkInParent() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  if (Runtime *now = runtime.load(std::memory_order_acquire))
    now->registry().unlockAfterFork();
  ForkGate::afterForkInParent();
  setInRuntime(false);
}

// The parent's runtime is left as it is, for its locks may be held by threads
// that are not here; its rings are not even mapped. A new one starts with the
// next monitored call, with the sites that are known already.
void afterForkInChild() {
  ForkGate::afterForkInChild();
  if (detail::obs_rt_thread != &disabledThread)
    detail::obs_rt_thread = &idleThread;
  pthread_setspecific(threadEnd, nullptr);
  if (Runtime *parent = runtime.exchange(nullptr, std::memory_order_relaxed))
    inherited = &parent->registry();
  const State now = state.load(std::memory_order_relaxed);
  if (now == State::Starting || now == State::Running)
    state.store(State::Idle, std::memory_order_relaxed);
  setInRuntime(false);
}

// As the library is loaded, which is before any monitored call: a fork in the
// middle of the start must find the hooks.
__attribute__((constructor(101))) void installHooks() {
  pthread_key_create(&threadEnd, onThreadEnd);
  pthread_atfork(beforeFork, afterForkInParent, afterForkInChild);
}

// --- Start ------------------------------------------------------------------

// Called by whoever may be the last to see both a runtime and rules.
void takeGivenRules() {
  if (!runtime.load(std::memory_order_seq_cst))
    return;
  if (const SampleRules *rules =
          givenRules.exchange(nullptr, std::memory_order_seq_cst))
    currentRuntime()->setSampleRates(*rules);
}

State start() {
  const Config *given = givenConfig.load(std::memory_order_acquire);
  Runtime *started = nullptr;
  try {
    started =
        Runtime::start(given ? *given : Config::fromEnvironment(), inherited);
  } catch (const std::exception &error) {
    logLine(LogKind::Memory, error.what());
  }
  runtime.store(started, std::memory_order_seq_cst);
  takeGivenRules();
  const State next = started ? State::Running : State::Disabled;
  // Release: who sees the state sees the runtime.
  noteRelease(&state);
  state.store(next, std::memory_order_release);
  return next;
}

State ensureStarted() {
  State now = state.load(std::memory_order_acquire);
  if (now == State::Idle &&
      state.compare_exchange_strong(now, State::Starting,
                                    std::memory_order_acq_rel))
    return start();
  while (now == State::Starting) { // some hundred microseconds
    sched_yield();
    now = state.load(std::memory_order_acquire);
  }
  noteAcquire(&state);
  return now;
}

detail::Thread *attachDisabled(detail::Site &site) {
  disabledSlot = {INT_MAX, 0, 0};
  disabledThread.slots = &disabledSlot;
  disabledThread.slotCount = disabledThread.slotLimit = 1;
  __atomic_store_n(site.id, 0, __ATOMIC_RELAXED);
  return detail::obs_rt_thread = &disabledThread;
}

bool registerSite(detail::Site &site, Registry &registry) {
  // A forked child takes over its parent's ids, so any id is valid here.
  if (idOf(site) != detail::kUnregistered)
    return true;
  return registry.settle(site);
}

void abandon(detail::Thread *thread) { // the process is out of memory
  pthread_setspecific(threadEnd, nullptr);
  ringOf(thread).rings().release(&ringOf(thread));
}

} // namespace

bool isOurs(const detail::Thread *thread) {
  Runtime *now = currentRuntime();
  return now && thread && thread->ring &&
         &static_cast<Ring *>(thread->ring)->rings() == &now->rings();
}

Runtime *currentRuntime() {
  Runtime *const now = runtime.load(std::memory_order_acquire);
  if (!now || now->rings().isHere())
    return now;
  // A child without fork handlers (clone) has none of the runtime's threads and
  // rings, and its locks in any state.
  state.store(State::Disabled, std::memory_order_relaxed);
  runtime.store(nullptr, std::memory_order_relaxed);
  ForkGate::abandon();
  return nullptr;
}

bool setConfig(const Config &config) {
  if (state.load(std::memory_order_acquire) != State::Idle)
    return false;
  givenConfig.store(new Config(config), std::memory_order_release);
  return true;
}

size_t setSampleRate(std::string_view glob, double rate) {
  const InRuntime inside;
  if (Runtime *now = currentRuntime())
    return now->setSampleRate(glob, rate);
  const SampleRules *before = givenRules.load(std::memory_order_acquire);
  const SampleRules *after;
  do {
    auto *rules = new SampleRules(before ? *before : SampleRules());
    rules->set(glob, rate);
    after = rules;
  } while (!givenRules.compare_exchange_weak(before, after,
                                             std::memory_order_seq_cst));
  takeGivenRules();
  return 0;
}

void stopRuntime() {
  const InRuntime inside;
  Runtime *const now = currentRuntime();
  State running = State::Running;
  // A thread that exits from within the runtime (a signal handler's exit())
  // may hold its locks; what it has recorded is recovered later.
  if (inside.nested() ||
      !state.compare_exchange_strong(running, State::Stopped,
                                     std::memory_order_acq_rel))
    return;
  now->stop();
}

detail::Thread *attach(detail::Site &site) {
  const InRuntime inside;
  detail::Thread *thread = detail::obs_rt_thread;
  // A ring without slots: an event is being written.
  if (inside.nested() || (thread->ring && !inside.hadSlots()))
    return nullptr;
  currentRuntime(); // a copied process finds out here
  const State now = ensureStarted();
  if (now == State::Disabled)
    return attachDisabled(site);
  if (now != State::Running)
    return nullptr;
  Runtime *here = currentRuntime();
  try {
    if (!registerSite(site, here->registry()))
      return nullptr;
    if (!thread->ring) {
      Ring *ring = here->rings().acquire(uint32_t(syscall(SYS_gettid)));
      if (!ring)
        return nullptr;
      thread = &ring->thread;
      pthread_setspecific(threadEnd, thread);
    }
    // The slots of this thread are closed while they move.
    const bool hasSlots = ringOf(thread).ensureSlots();
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    __atomic_store_n(&thread->slotCount,
                     __atomic_load_n(&thread->slotLimit, __ATOMIC_RELAXED),
                     __ATOMIC_RELAXED);
    if (hasSlots)
      detail::obs_rt_thread = thread;
    else if (thread != detail::obs_rt_thread)
      abandon(thread);
    return hasSlots ? thread : nullptr;
  } catch (const std::exception &error) {
    logLine(LogKind::Memory, error.what());
    return nullptr;
  }
}

} // namespace obs::rt

namespace obs::detail {
extern "C" OBS_API OBS_TLS Thread *obs_rt_thread = &rt::idleThread;
} // namespace obs::detail
