// SPDX-License-Identifier: Apache-2.0
// Where paired calls go.
#ifndef OBS_RUNTIME_CALL_SINK_H
#define OBS_RUNTIME_CALL_SINK_H

#include "call_ref.h"

#include <cstdint>

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

} // namespace obs::rt

#endif // OBS_RUNTIME_CALL_SINK_H
