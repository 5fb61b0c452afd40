// SPDX-License-Identifier: Apache-2.0
// Rings as their readers see them: events out of chunks, checked.
#include "ring.h"

#include <cstring>

namespace obs::rt {

std::optional<EventView> EventReader::next() {
  const auto left = uint64_t(end_ - cursor_);
  if (corrupt_ || left == 0)
    return std::nullopt;
  EventView view;
  if (left < sizeof(view.header)) {
    corrupt_ = true;
    return std::nullopt;
  }
  memcpy(&view.header, cursor_, sizeof(view.header));
  uint64_t whole = uint64_t{view.header.words} * 8;
  uint32_t padding = view.header.flags & detail::kPaddingMask;
  if (view.header.kind == kBriefExit) {
    whole =
        sizeof(BriefExit) + (view.header.flags & detail::kHasResult ? 8 : 0);
    padding = 0;
  }
  const uint32_t least = leastEventBytes(view.header.kind);
  if (least == 0 || whole > left || whole < padding + uint64_t{least}) {
    corrupt_ = true;
    return std::nullopt;
  }
  if (view.header.kind == kSkip) {
    cursor_ = end_;
    return std::nullopt;
  }
  view.at = cursor_;
  view.bytes = uint32_t(whole) - padding;
  cursor_ += whole;
  return view;
}

} // namespace obs::rt
