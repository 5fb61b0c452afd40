// SPDX-License-Identifier: Apache-2.0
// Reads the rings of this process and hands paired calls to the queue.
#ifndef OBS_RUNTIME_COLLECTOR_H
#define OBS_RUNTIME_COLLECTOR_H

#include "id_source.h"
#include "pairer.h"
#include "queue.h"
#include "rings.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace obs::rt {

// One pass over all rings. Not thread-safe; the thread around it is the
// runtime's.
class Collector : public CallSink {
public:
  Collector(Arena &arena, Rings &rings, Queue &queue, IdSource &ids);

  // Reads all that was published before the call. Returns the number of calls
  // handed over.
  size_t drain();
  // The process is at its end: drains, and hands over what is still open.
  void finish();

  // For the pairers.
  int64_t nextId() override { return ids_.next(); }
  void complete(CallRef call) override;
  void lost(uint32_t site) override { queue_.countLost(site); }

private:
  // How far a ring has been read.
  struct Reading {
    Reading(CallSink &sink, Coroutines &coroutines)
        : pairer(sink, coroutines) {}
    Pairer pairer;
    Ring *ring = nullptr;
    EventMemory memory;
    uint64_t position = 0;
    uint64_t published = 0;
    uint32_t threadId = 0;
    SideEvent *side = nullptr; // owned; a list in order of publication
    SideEvent **sideEnd = &side;
  };

  void readRing(Reading &reading);
  void readChunk(Reading &reading);
  bool nextChunk(Reading &reading);
  Reading &readingOf(uint32_t ring);
  void readSide(Reading &reading, uint64_t position);
  void handOver();
  void parkCoroutines();

  Arena &arena_;
  Rings &rings_;
  Queue &queue_;
  IdSource &ids_;
  std::vector<std::unique_ptr<Reading>> readings_; // by number of ring
  Coroutines coroutines_;
  std::optional<Queue::Progress> parking_; // when the parked ones are stored
  std::vector<CallRef> calls_;
  size_t handedOver_ = 0;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_COLLECTOR_H
