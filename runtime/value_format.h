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
// parameter. `truncated`: the encoding was cut at its end. `atThrow`: captured
// as an exception left, which adds `"captured":"at_throw"`. Never fails:
// bytes that end early or make no sense are shown as "...".
// Thread-safe for distinct `out`.
void formatArguments(std::string &out, const TypeTable &types,
                     const SiteInfo &site, std::span<const uint8_t> bytes,
                     bool truncated, bool atThrow);

// Appends one value of type `type` as JSON.
void formatValue(std::string &out, const TypeTable &types, TypeId type,
                 std::span<const uint8_t> bytes, bool truncated);

// Appends `text` as a JSON string; bytes that are not UTF-8 become \\ufffd.
void appendJsonString(std::string &out, std::string_view text);

} // namespace obs::rt

#endif // OBS_RUNTIME_VALUE_FORMAT_H
