// SPDX-License-Identifier: Apache-2.0
// Enter, result and exit events of one ring to calls.
#ifndef OBS_RUNTIME_PAIRER_H
#define OBS_RUNTIME_PAIRER_H

#include "call_ref.h"
#include "coroutines.h"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace obs::rt {

// Fed with the events of one ring in their order. Open calls form a stack; the
// parent of a call is the nearest one below it that is recorded. An exit
// deeper in the stack closes the calls above it, which longjmp skipped. An
// exit without its enter is ignored. A coroutine is on the stack while it runs
// on this ring's thread; the rest of its life is told to `coroutines`.
// Not thread-safe.
class Pairer {
public:
  Pairer(CallSink &sink, Coroutines &coroutines)
      : sink_(&sink), coroutines_(&coroutines) {}

  // `position` is that of the event in the ring.
  void feed(const EventView &event, uint64_t position,
            const EventMemory &memory, uint32_t threadId);
  // A side event; its place is before the ring's event at its position.
  void feedSide(SideEventPtr side, uint32_t threadId);
  // Another thread took over the ring. What the former one left open may
  // still end (a fiber), but calls nobody any more.
  void newOwner();
  // The process is at its end: open calls are in flight.
  void finish();

  size_t openCalls() const { return stack_.size() + detached_.size(); }

private:
  struct OpenCall {
    EventRef enter; // none: a coroutine
    EventRef result;
    int64_t id;
    bool isStored; // by the process that recovery looks at
    int64_t parentId;
    uint32_t call;
    uint32_t site;
    uint32_t threadId;
  };

  void enter(const EventView &event, uint64_t position,
             const EventMemory &memory, uint32_t threadId);
  void result(const EventView &event, const EventMemory &memory);
  void suspend();
  void resume(const EventView &event);
  void exit(EventRef event, uint32_t call);
  void coroutineExit(EventRef event);
  void unwindTo(size_t depth, uint64_t tsc);
  void thrown(EventRef event, uint32_t site, uint32_t threadId);
  int64_t parentId() const;
  // Its id; new, if it has none yet.
  int64_t identify(const EventRef &event, bool &isStored);
  void close(OpenCall open, EventRef event, Status status, uint64_t tsc);

  CallSink *sink_;
  Coroutines *coroutines_;
  std::vector<OpenCall> stack_; // a coroutine here has its id only
  std::vector<OpenCall> detached_;
  // What comes by itself of kFail events of the ring, by call.
  std::unordered_map<uint32_t, EventRef> details_;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_PAIRER_H
