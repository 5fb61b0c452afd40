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

// Appends the arguments of a call as a JSON object, one key a captured
// parameter, and `"captured":…` if `captured` says that they are not those of
// the call's beginning. Never fails: values whose bytes are missing (they
// did not fit, or are corrupted) are shown as "...".
// Thread-safe for distinct `out`.
void formatArguments(std::string &out, const TypeTable &types,
                     const SiteInfo &site, std::span<const uint8_t> bytes,
                     std::string_view captured = {});

// Appends one value of type `type` as JSON.
void formatValue(std::string &out, const TypeTable &types, TypeId type,
                 std::span<const uint8_t> bytes);

// A type's name as people write it.
std::string typeName(std::string_view name);

} // namespace obs::rt

#endif // OBS_RUNTIME_VALUE_FORMAT_H
