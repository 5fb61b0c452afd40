// SPDX-License-Identifier: Apache-2.0
// What obsDescribe() wrote (DescribedTag, described_tags.h) to JSON.
#ifndef OBS_RUNTIME_DESCRIBED_FORMAT_H
#define OBS_RUNTIME_DESCRIBED_FORMAT_H

#include <cstdint>
#include <span>
#include <string>

namespace obs::rt {

// Appends one value. Whatever the bytes are, it is valid JSON; where they end
// early, "..." stands for the rest.
void appendDescribed(std::string &out, std::span<const uint8_t> bytes);

} // namespace obs::rt

#endif // OBS_RUNTIME_DESCRIBED_FORMAT_H
