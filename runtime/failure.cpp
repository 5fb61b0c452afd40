// SPDX-License-Identifier: Apache-2.0
#include "failure.h"

#include "entry_point.h"
#include "exception_info.h"
#include "in_runtime.h"

#include <algorithm>

namespace obs::detail {
namespace {

void tellGuarded(TellError tell, Failure &failure, const void *error) noexcept {
  try {
    tell(failure, error);
  } catch (...) { // what is told so far
  }
}

} // namespace

Failure::Failure() noexcept {
  const rt::InRuntime inside;
  end_ = begin() + rt::describeException(begin());
}

Failure::Failure(TellError tell, const void *error) noexcept
    : end_(begin() + sizeof(rt::FailDetail)) {
  detail_.form = rt::kReturned;
  tellGuarded(tell, *this, error);
  memcpy(begin(), &detail_, sizeof(detail_));
  codeOnly_ = true;
  tellGuarded(tell, *this, error);
}

U32 Failure::append(const char *text, U64 size, U32 most) {
  const auto stored = U32(std::min<U64>(size, most));
  memcpy(end_, text, stored);
  end_ += stored;
  return stored;
}

void Failure::type(const char *text, U64 size) {
  if (!codeOnly_)
    detail_.typeSize = append(text, size, rt::kMaxTypeName);
}

void Failure::message(const char *text, U64 size) {
  if (codeOnly_)
    return;
  detail_.messageSize = append(text, size, rt::kMaxMessage);
  detail_.messageFull = U32(std::min<U64>(size, 0xFFFFFFFF));
}

void Failure::code(const Type &type, const void *value) {
  if (!codeOnly_)
    return;
  Encoder encoder = {end_, begin() + rt::kMaxFailBytes, &kDefaultLimits};
  rt::encodeValue(encoder, type, value);
  end_ = encoder.cursor;
}

OBS_ENTRY void obs_rt_error_type(Failure &failure, const char *text,
                                 U64 size) noexcept {
  failure.type(text, size);
}

OBS_ENTRY void obs_rt_error_message(Failure &failure, const char *text,
                                    U64 size) noexcept {
  failure.message(text, size);
}

OBS_ENTRY void obs_rt_error_code(Failure &failure, const Type &type,
                                 const void *value) {
  failure.code(type, value);
}

} // namespace obs::detail
