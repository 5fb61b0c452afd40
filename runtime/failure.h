// SPDX-License-Identifier: Apache-2.0
// An error as it stands in an event.
#ifndef OBS_RUNTIME_FAILURE_H
#define OBS_RUNTIME_FAILURE_H

#include "encoder.h"
#include "events.h"

#include "obs/detail/abi.h"

#include <cstdint>

namespace obs::detail {

// With room for what comes before it in an event.
struct Failure {
  // The exception that is being handled.
  Failure() noexcept;
  // An error that is returned; what `tell` throws is swallowed.
  Failure(TellError tell, const void *error) noexcept;
  Failure(const Failure &) = delete;
  Failure &operator=(const Failure &) = delete;

  const U8 *begin() const { return bytes_ + kRoom; }
  const U8 *end() const { return end_; }
  U8 *end() { return end_; }
  U32 size() const { return U32(end_ - begin()); }
  // Where an event begins that has `head` bytes before the error.
  U8 *before(U32 head) { return bytes_ + kRoom - head; }

  // See obs_rt_error_…
  void type(const char *text, U64 size);
  void message(const char *text, U64 size);
  void code(const Type &type, const void *value);

private:
  static constexpr U32 kRoom = sizeof(rt::ExitEvent) + sizeof(rt::CoroutineEnd);

  U8 *begin() { return bytes_ + kRoom; }
  U32 append(const char *text, U64 size, U32 most);

  alignas(8) U8 bytes_[kRoom + rt::kMaxFailBytes + 8]; // and for the padding
  U8 *end_;
  // Of a returned error. It is told twice, as the code comes last in the event
  // whatever the order in which a type tells.
  rt::FailDetail detail_ = {};
  bool codeOnly_ = false;
};

} // namespace obs::detail

#endif // OBS_RUNTIME_FAILURE_H
