// SPDX-License-Identifier: Apache-2.0
// Text as JSON wants it.
#ifndef OBS_RUNTIME_JSON_TEXT_H
#define OBS_RUNTIME_JSON_TEXT_H

#include <cstdint>
#include <string>
#include <string_view>

namespace obs::rt {

// Appends `text` as a JSON string, or what stands between its quotes. Bytes
// that are no UTF-8 become appendInvalid().
void appendJsonString(std::string &out, std::string_view text);
void appendEscaped(std::string &out, std::string_view text);

// Appends what stands for a byte, or a code unit, that is no text: "\\xff".
void appendInvalid(std::string &out, uint32_t unit);

// Appends a code point. REQUIRES: it is one, and no surrogate.
void appendUtf8(std::string &out, uint32_t code);

} // namespace obs::rt

#endif // OBS_RUNTIME_JSON_TEXT_H
