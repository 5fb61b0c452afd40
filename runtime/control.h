// SPDX-License-Identifier: Apache-2.0
// What obsctl asks of the running process, and what it shows of it.
#ifndef OBS_RUNTIME_CONTROL_H
#define OBS_RUNTIME_CONTROL_H

#include "arena_layout.h"
#include "registry.h"
#include "rings.h"

#include "obs/obs.h"

#include <chrono>

namespace obs::rt {

// The process's side of ControlArea and LiveFigures. The collector's.
class Control {
public:
  using Clock = std::chrono::steady_clock;

  Control(ArenaHeader &header, Registry &registry, Rings &rings)
      : header_(header), registry_(registry), rings_(rings) {}

  // Carries out what has been asked, and says that the process is there.
  void serve(Clock::time_point now = Clock::now());
  // To be called once a second.
  bool isDue(Clock::time_point now = Clock::now()) const {
    return now - publishedAt_ >= std::chrono::seconds(1);
  }
  void publish(const Stats &stats, Clock::time_point now = Clock::now());

private:
  void answer();

  ArenaHeader &header_;
  Registry &registry_;
  Rings &rings_;
  Stats published_;
  Clock::time_point publishedAt_{};
};

} // namespace obs::rt

#endif // OBS_RUNTIME_CONTROL_H
