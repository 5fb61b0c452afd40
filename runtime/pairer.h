// SPDX-License-Identifier: Apache-2.0
// Enter, result and exit events of one ring to calls.
#ifndef OBS_RUNTIME_PAIRER_H
#define OBS_RUNTIME_PAIRER_H

#include "call_ref.h"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace obs::rt {

// Receives calls from a Pairer and gives ids.
class CallSink {
public:
  virtual ~CallSink() = default;
  virtual int64_t nextId() = 0;
  virtual void complete(CallRef call) = 0;
  // There was no memory to take note of a call of `site`.
  virtual void lost(uint32_t site) = 0;
};

// Fed with the events of one ring in their order. Open calls form a stack; the
// parent of a call is the nearest one below it that is recorded. An exit
// deeper in the stack closes the calls above it, which longjmp skipped. An
// exit without its enter is ignored. Not thread-safe.
class Pairer {
public:
  explicit Pairer(CallSink &sink) : sink_(&sink) {}

  // `position` is that of the event in the ring.
  void feed(const EventView &event, uint64_t position, const ChunkRef &chunk,
            uint32_t threadId);
  // A side event; its place is before the ring's event at its position.
  void feedSide(SideEventPtr side, uint32_t threadId);
  // Another thread took over the ring. What the former one left open may
  // still end (a coroutine), but calls nobody any more.
  void newOwner();
  // The process is at its end: open calls are in flight.
  void finish();

  size_t openCalls() const { return stack_.size() + detached_.size(); }

private:
  struct OpenCall {
    EventRef enter;
    EventRef result;
    int64_t id;
    int64_t parentId;
    uint32_t call;
    uint32_t site;
    uint32_t threadId;
  };

  void enter(const EventView &event, uint64_t position, const ChunkRef &chunk,
             uint32_t threadId);
  void result(const EventView &event, const ChunkRef &chunk);
  void exit(EventRef event, uint32_t call);
  void thrown(EventRef event, uint32_t site, uint32_t threadId);
  int64_t parentId() const;
  int64_t identify(const EventRef &event);
  void close(OpenCall open, EventRef event, Status status, uint64_t tsc);

  CallSink *sink_;
  std::vector<OpenCall> stack_;
  std::vector<OpenCall> detached_;
  // Details of kFail events that come in the ring, by call.
  std::unordered_map<uint32_t, EventRef> details_;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_PAIRER_H
