// SPDX-License-Identifier: Apache-2.0
#include "json_text.h"

#include <array>
#include <charconv>

namespace obs::rt {
namespace {

// Characters that stand for themselves.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (int c = 0x20; c < 0x7F; ++c)
    plain[size_t(c)] = c != '"' && c != '\\';
  return plain;
}();

// Length of the UTF-8 sequence at `text`, 0 if it is none.
size_t utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return uint8_t(text[i]); };
  const uint8_t first = byte(0);
  const size_t length = first >= 0xC2 && first < 0xE0   ? 2
                        : first >= 0xE0 && first < 0xF0 ? 3
                        : first >= 0xF0 && first < 0xF5 ? 4
                                                        : 0;
  if (length == 0 || text.size() < length)
    return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80)
      return 0;
  // No overlong forms, no surrogates, nothing beyond U+10FFFF.
  if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F) ||
      (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F))
    return 0;
  return length;
}

void appendEscaped(std::string &out, char c) {
  switch (c) {
  case '"':
    out += "\\\"";
    return;
  case '\\':
    out += "\\\\";
    return;
  case '\n':
    out += "\\n";
    return;
  case '\r':
    out += "\\r";
    return;
  case '\t':
    out += "\\t";
    return;
  default:
    static constexpr char kHex[] = "0123456789abcdef";
    out += "\\u00";
    out += kHex[uint8_t(c) >> 4];
    out += kHex[c & 15];
  }
}

} // namespace

void appendInvalid(std::string &out, uint32_t unit) {
  char digits[8];
  const auto end = std::to_chars(digits, digits + sizeof(digits), unit, 16).ptr;
  out += "\\\\x";
  out.append(digits, end);
}

void appendUtf8(std::string &out, uint32_t code) {
  if (code < 0x80) {
    out += char(code);
  } else if (code < 0x800) {
    out += char(0xC0 | code >> 6);
    out += char(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += char(0xE0 | code >> 12);
    out += char(0x80 | (code >> 6 & 0x3F));
    out += char(0x80 | (code & 0x3F));
  } else {
    out += char(0xF0 | code >> 18);
    out += char(0x80 | (code >> 12 & 0x3F));
    out += char(0x80 | (code >> 6 & 0x3F));
    out += char(0x80 | (code & 0x3F));
  }
}

void appendEscaped(std::string &out, std::string_view text) {
  size_t plain = 0; // start of what needs no escape
  for (size_t i = 0; i < text.size();) {
    const uint8_t c = uint8_t(text[i]);
    if (kPlain[c]) {
      ++i;
      continue;
    }
    if (const size_t length = utf8Length(text.substr(i))) {
      i += length;
      continue;
    }
    out.append(text.substr(plain, i - plain));
    if (c < 0x80)
      appendEscaped(out, char(c));
    else
      appendInvalid(out, c);
    plain = ++i;
  }
  out.append(text.substr(plain));
}

void appendJsonString(std::string &out, std::string_view text) {
  out += '"';
  appendEscaped(out, text);
  out += '"';
}

} // namespace obs::rt
