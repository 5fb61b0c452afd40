// SPDX-License-Identifier: Apache-2.0
// The monitored coroutines that have begun and not ended, whatever the thread.
#ifndef OBS_RUNTIME_COROUTINES_H
#define OBS_RUNTIME_COROUTINES_H

#include "call_ref.h"
#include "call_sink.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace obs::rt {

// Fed by the pairers of all rings. A coroutine may be suspended for good, so
// those that take long are parked: stored as in flight and forgotten here. An
// end without its beginning is therefore a call that completes a row.
// Not thread-safe.
class Coroutines {
public:
  explicit Coroutines(CallSink &sink) : sink_(&sink) {}

  // The first step. `call` is complete but for its end.
  void enter(CallRef call);
  // The same of one that is stored, with its end.
  void ignore(int64_t id) { ignored_.insert(id); }
  void result(int64_t id, EventRef result);
  // `end`: kExit or kFail with a CoroutineEnd.
  void end(EventRef end);

  // All rings have been read up to a time that is later than the last pass. So
  // what ended before that and is still unknown has been parked.
  void passed();
  // Nothing more comes: ends what can be ended, the others are in flight.
  void finish();

  // Calls in flight, up to `most`, of coroutines with ids below `before`,
  // which are parked once unpark() or forgetParked() is called.
  std::vector<CallRef> park(int64_t before, size_t most);
  // The row of `id` was not stored.
  void unpark(int64_t id);
  void forgetParked();

  // Takes out the oldest one.
  CallRef takeOldest();
  size_t size() const { return open_.size(); }

private:
  struct Open {
    CallRef call;
    bool parked = false;
  };
  struct Ended {
    int64_t id = 0;
    uint32_t site = 0;
    EventRef end;
    EventRef result;
    bool seenBefore = false; // in an earlier pass
  };

  bool complete(Ended &ended);
  void completeRow(Ended ended);

  CallSink *sink_;
  std::map<int64_t, Open> open_;
  std::unordered_map<int64_t, EventRef> results_; // of those not in open_
  std::vector<Ended> ended_;                      // of those not in open_
  std::unordered_set<int64_t> ignored_;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_COROUTINES_H
