// SPDX-License-Identifier: Apache-2.0
#include "leaf_decoder.h"

#include "described_format.h"
#include "encoder.h"
#include "json_text.h"
#include "number_format.h"
#include "type_name.h"

#include <algorithm>
#include <cstring>

namespace obs::rt {

using namespace detail;

// What a sound encoding never exceeds.
static constexpr uint32_t kMaxStored = 1u << 20; // items

bool LeafDecoder::leaf(const TypeNode &node) {
  switch (node.kind) {
  case kVoid:
  case kNull:
    out_ += "null";
    return true;
  case kBool:
    boolean();
    return true;
  case kSigned:
  case kUnsigned:
    integer(node);
    return true;
  case kChar:
    character(node);
    return true;
  case kFloat:
    floating(node);
    return true;
  case kEnum:
    enumeration(node);
    return true;
  case kAddress:
    address();
    return true;
  case kText:
    text(node);
    return true;
  case kTextPointer:
    textPointer(node);
    return true;
  case kShape:
    shape(node);
    return true;
  case kOpaque:
    bracketed(node.name);
    return true;
  case kSecret:
    out_ += "\"***\"";
    return true;
  case kFunction:
    function();
    return true;
  case kMember:
    member(node);
    return true;
  case kMethod:
    method();
    return true;
  case kBytes:
    rawBytes(node);
    return true;
  case kBits:
    bits(node);
    return true;
  case kTypeName:
    heldType(node);
    return true;
  case kDynamicType:
    dynamicType();
    return true;
  case kSplitTime:
    splitTime(node);
    return true;
  case kDescribed:
    described();
    return true;
  default:
    return false;
  }
}

void LeafDecoder::over() {
  next_ = end_;
  over_ = true;
  out_ += kCut;
}

bool LeafDecoder::take(void *to, size_t size) {
  if (size > size_t(end_ - next_))
    return false;
  std::memcpy(to, next_, size);
  next_ += size;
  return true;
}

void LeafDecoder::bracketed(std::string_view name) {
  out_ += "\"[";
  appendEscaped(out_, typeName(name));
  out_ += "]\"";
}

void LeafDecoder::boolean() {
  uint8_t byte;
  if (take(byte))
    out_ += byte ? "true" : "false";
  else
    over();
}

bool LeafDecoder::takeInteger(uint32_t size, bool isSigned, __int128 &value) {
  unsigned __int128 bits = 0;
  if (size == 0 || size > sizeof(bits) || !take(&bits, size))
    return false;
  const int spare = int(8 * (sizeof(bits) - size));
  value = __int128(bits << spare);
  value =
      isSigned ? value >> spare : __int128((unsigned __int128)value >> spare);
  return true;
}

void LeafDecoder::integer(const TypeNode &node) {
  const bool isSigned = node.kind == kSigned;
  __int128 value;
  if (takeInteger(node.size, isSigned, value))
    appendInteger(out_, node.size, isSigned, value);
  else
    over();
}

void LeafDecoder::character(const TypeNode &node) {
  __int128 value;
  if (!takeInteger(node.size, /*isSigned=*/false, value)) {
    over();
    return;
  }
  out_ += '"';
  appendUnit(uint32_t(value), node.size);
  out_ += '"';
}

void LeafDecoder::appendUnit(uint32_t unit, uint32_t size) {
  if (unit < 0x80)
    appendEscaped(out_, std::string_view(reinterpret_cast<char *>(&unit), 1));
  else if (size == 1 || unit > 0x10FFFF || (unit >= 0xD800 && unit < 0xE000))
    appendInvalid(out_, unit);
  else
    appendUtf8(out_, unit);
}

void LeafDecoder::floating(const TypeNode &node) {
  float single;
  double twice;
  long double extended = 0;
  if (node.size == sizeof(single) && take(single))
    appendFloat(out_, single);
  else if (node.size == sizeof(twice) && take(twice))
    appendFloat(out_, twice);
  else if (node.size == sizeof(extended) && take(extended))
    appendFloat(out_, extended);
  else
    over();
}

void LeafDecoder::enumeration(const TypeNode &node) {
  if (node.children.empty() || node.children[0].second >= types_.size()) {
    over();
    return;
  }
  const bool isSigned = types_[node.children[0].second].kind == kSigned;
  __int128 value;
  if (takeInteger(node.size, isSigned, value))
    appendEnum(out_, node, isSigned, value);
  else
    over();
}

void LeafDecoder::address() {
  uint64_t value;
  if (take(value))
    appendAddress(out_, value);
  else
    over();
}

void LeafDecoder::text(const TypeNode &node) {
  uint32_t stored, full;
  if (!takeTextCounts(next_, end_, node.size, stored, full)) {
    over();
    return;
  }
  out_ += '"';
  if (node.size == 1) {
    appendEscaped(out_, {reinterpret_cast<const char *>(next_), stored});
    next_ += stored;
  } else {
    wideText(stored, node.size);
  }
  if (full > stored) {
    out_ += "... (";
    appendNumber(out_, full);
    out_ += node.kind == kTextPointer ? " or more" : "";
    out_ += node.size == 1 ? " bytes)" : " units)";
  }
  out_ += '"';
}

void LeafDecoder::wideText(uint32_t count, uint32_t size) {
  uint32_t high = 0; // of a surrogate pair
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t unit = 0;
    take(&unit, std::min(size, 4u));
    const bool isHigh = size == 2 && unit >= 0xD800 && unit < 0xDC00;
    const bool isLow = size == 2 && unit >= 0xDC00 && unit < 0xE000;
    if (high && isLow) {
      appendUtf8(out_, 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00));
      high = 0;
      continue;
    }
    if (high)
      appendInvalid(out_, high);
    high = isHigh ? unit : 0;
    if (!isHigh)
      appendUnit(unit, size);
  }
  if (high)
    appendInvalid(out_, high);
}

void LeafDecoder::textPointer(const TypeNode &node) {
  uint8_t state;
  if (!take(state) || state > 2)
    over();
  else if (state == 0)
    out_ += "null";
  else if (state == 1)
    text(node);
  else
    address();
}

bool LeafDecoder::summarized(const TypeNode &node, uint32_t stored,
                             uint64_t full) {
  if (stored != 0 || full == 0)
    return false;
  out_ += "\"[";
  appendEscaped(out_, typeName(node.name));
  if (full == kUnknownSize) {
    out_ += " with more items than are shown";
  } else {
    out_ += " with ";
    appendNumber(out_, full);
    out_ += full == 1 ? " item" : " items";
  }
  out_ += "]\"";
  return true;
}

void LeafDecoder::appendMore(uint32_t stored, uint64_t full) {
  if (full == kUnknownSize) {
    out_ += "and more";
    return;
  }
  out_ += '+';
  appendNumber(out_, full - stored);
  out_ += " more";
}

bool LeafDecoder::takeCounts(const TypeNode &node, uint32_t &stored,
                             uint64_t &full) {
  if (!take(stored) || !take(full) || stored > kMaxStored || stored > full) {
    over();
    return false;
  }
  return !summarized(node, stored, full);
}

void LeafDecoder::shape(const TypeNode &node) {
  uint8_t dimensions;
  if (!take(dimensions)) {
    over();
    return;
  }
  std::string text = briefTypeName(node.name);
  for (int i = 0; i < dimensions; ++i) {
    int64_t size;
    if (!take(size)) {
      over();
      return;
    }
    text += i ? "×" : " ";
    appendNumber(text, size);
  }
  appendJsonString(out_, '[' + text + ']');
}

void LeafDecoder::function() {
  uint64_t where;
  if (!take(where)) {
    over();
    return;
  }
  const std::string name =
      where && context_.functionName ? context_.functionName(where) : "";
  if (name.empty())
    appendAddress(out_, where);
  else
    appendJsonString(out_, name);
}

void LeafDecoder::member(const TypeNode &node) {
  int64_t offset;
  if (!take(offset)) {
    over();
    return;
  }
  if (offset == -1) {
    out_ += "null";
    return;
  }
  for (const auto &[name, at] : node.enumerators)
    if (at == uint64_t(offset)) {
      appendJsonString(out_, '&' + name);
      return;
    }
  appendJsonString(out_, "+" + std::to_string(offset));
}

void LeafDecoder::method() {
  uint64_t where, adjustment;
  if (!take(where) || !take(adjustment)) {
    over();
  } else if (where & 1) {
    appendJsonString(out_, "virtual #" + std::to_string(where / 8));
  } else {
    next_ -= 2 * sizeof(uint64_t);
    function();
    next_ += sizeof(uint64_t);
  }
}

void LeafDecoder::rawBytes(const TypeNode &node) {
  uint32_t stored, full;
  if (!takeTextCounts(next_, end_, /*unit=*/1, stored, full)) {
    over();
    return;
  }
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text = '[' + typeName(node.name);
  for (uint32_t i = 0; i < stored; ++i) {
    const uint8_t byte = *next_++;
    text += {' ', kHex[byte >> 4], kHex[byte & 15]};
  }
  if (full > stored)
    text += "... (" + std::to_string(full) + " bytes)";
  appendJsonString(out_, text + ']');
}

void LeafDecoder::bits(const TypeNode &node) {
  uint32_t stored;
  uint64_t full;
  if (!takeCounts(node, stored, full))
    return;
  const size_t bytes = (size_t(stored) + 7) / 8;
  if (bytes > size_t(end_ - next_)) {
    over();
    return;
  }
  out_ += '"';
  for (uint32_t i = stored; i-- != 0;)
    out_ += next_[i / 8] >> i % 8 & 1 ? '1' : '0';
  out_ += '"';
  next_ += bytes;
}

bool LeafDecoder::takeTypeName(std::string &name) {
  uint8_t state;
  if (!take(state))
    return false;
  uint32_t stored, full;
  uint64_t where;
  if (state == 2)
    return take(where);
  if (state == 0)
    return true;
  if (!takeTextCounts(next_, end_, /*unit=*/1, stored, full))
    return false;
  std::string mangled(reinterpret_cast<const char *>(next_), stored);
  next_ += stored;
  mangled.erase(0, mangled.starts_with('*')); // local to a library
  name = typeName(demangle(mangled));
  return true;
}

void LeafDecoder::heldType(const TypeNode &node) {
  std::string name;
  if (!takeTypeName(name))
    over();
  else if (name.empty() || name == "void")
    out_ += "null";
  else
    appendJsonString(out_, '[' +
                               typeName(std::string_view(node.name).substr(
                                   0, node.name.find('<'))) +
                               ": " + name + ']');
}

void LeafDecoder::dynamicType() {
  std::string name;
  if (!takeTypeName(name))
    over();
  else if (name.empty())
    out_ += "null";
  else
    appendJsonString(out_, name);
}

void LeafDecoder::splitTime(const TypeNode &node) {
  int64_t seconds;
  uint32_t quarters;
  if (take(seconds) && take(quarters))
    appendSplitTime(out_, seconds, quarters, node.size == 1);
  else
    over();
}

void LeafDecoder::described() {
  uint32_t size;
  if (!take(size) || size > size_t(end_ - next_)) {
    over();
    return;
  }
  appendDescribed(out_, {next_, size});
  next_ += size;
}

} // namespace obs::rt
