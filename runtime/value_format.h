// SPDX-License-Identifier: Apache-2.0
// Encoded values (abi.h, "Values") to JSON.
#ifndef OBS_RUNTIME_VALUE_FORMAT_H
#define OBS_RUNTIME_VALUE_FORMAT_H

#include "type_table.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace obs::rt {

// What else the text of values depends on.
struct ValueContext {
  uint32_t depth = detail::kDefaultLimits.depth; // Limits::depth when encoded
  // The name of the function at an address of the process that encoded it, or
  // an empty one; null: that process is not this one.
  std::string (*functionName)(uint64_t address) = nullptr;
};

// Appends the arguments of a call as a JSON object, one key a captured
// parameter, and `"captured":…` if `captured` says that they are not those of
// the call's beginning, with those that may be moved from by then. Never fails:
// values whose bytes are missing (they did not fit, or are corrupted) are shown
// as "...".
// Thread-safe for distinct `out`.
void formatArguments(std::string &out, const TypeTable &types,
                     const SiteInfo &site, std::span<const uint8_t> bytes,
                     const ValueContext &context,
                     std::string_view captured = {});

// Appends one value of type `type` as JSON.
void formatValue(std::string &out, const TypeTable &types, TypeId type,
                 std::span<const uint8_t> bytes,
                 const ValueContext &context = {});

} // namespace obs::rt

#endif // OBS_RUNTIME_VALUE_FORMAT_H
