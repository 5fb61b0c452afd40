// SPDX-License-Identifier: Apache-2.0
#include "value_format.h"

#include "json_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace obs::rt {
namespace {

using namespace detail;

constexpr std::string_view kCut = "\"...\""; // not there, or too deep

// --- Numbers ----------------------------------------------------------------

template <class T> void appendNumber(std::string &out, T value) {
  char digits[64];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  out.append(digits, end);
}

void appendNumber(std::string &out, unsigned __int128 value) {
  char digits[40];
  char *begin = digits + sizeof(digits);
  do
    *--begin = char('0' + int(value % 10));
  while (value /= 10);
  out.append(begin, digits + sizeof(digits));
}

template <class T> void appendFloat(std::string &out, T value) {
  if (std::isnan(value))
    out += "\"NaN\"";
  else if (std::isinf(value))
    out += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  else
    appendNumber(out, value);
}

void appendAddress(std::string &out, uint64_t address) {
  if (address == 0) {
    out += "null";
    return;
  }
  char digits[16];
  const auto end =
      std::to_chars(digits, digits + sizeof(digits), address, 16).ptr;
  out += "\"0x";
  out.append(digits, end);
  out += '"';
}

// --- Decoding ---------------------------------------------------------------

class Decoder {
public:
  Decoder(std::string &out, const TypeTable &types,
          std::span<const uint8_t> bytes)
      : out_(out), types_(types), next_(bytes.data()),
        end_(bytes.data() + bytes.size()) {}

  void value(TypeId type) {
    if (type >= types_.size()) {
      over();
      return;
    }
    const TypeNode &node = types_[type];
    switch (node.kind) {
    case kVoid:
    case kNull:
      out_ += "null";
      return;
    case kBool:
      boolean();
      return;
    case kSigned:
    case kUnsigned:
      integer(node);
      return;
    case kChar:
      character(node);
      return;
    case kFloat:
      floating(node);
      return;
    case kEnum:
      enumeration(node);
      return;
    case kAddress:
      address();
      return;
    case kText:
      text(node);
      return;
    case kTextPointer:
      textPointer(node);
      return;
    case kSequence:
      sequence(node);
      return;
    case kMap:
      map(node);
      return;
    case kStruct:
      structure(node);
      return;
    case kTuple:
      tuple(node);
      return;
    case kOptional:
      optional(node);
      return;
    case kPointer:
      pointer(node);
      return;
    case kVariant:
      variant(node);
      return;
    case kShape:
      shape(node);
      return;
    case kOpaque:
      bracketed(node.name);
      return;
    case kSecret:
      out_ += "\"***\"";
      return;
    }
    over(); // a corrupted type
  }

  bool atEnd() const { return next_ == end_; }

private:
  // The rest is missing: says so, and takes nothing any more.
  void over() {
    next_ = end_;
    out_ += kCut;
  }

  bool take(void *to, size_t size) {
    if (size > size_t(end_ - next_))
      return false;
    std::memcpy(to, next_, size);
    next_ += size;
    return true;
  }
  template <class T> bool take(T &value) { return take(&value, sizeof(value)); }

  // A value inside another one.
  void nested(const TypeNode &node, size_t child) {
    if (depth_ == kMaxDepth) {
      out_ += kCut;
    } else if (child >= node.children.size()) {
      over();
    } else {
      ++depth_;
      value(node.children[child].second);
      --depth_;
    }
  }

  void bracketed(std::string_view name) {
    out_ += "\"[";
    appendEscaped(out_, typeName(name));
    out_ += "]\"";
  }

  void boolean() {
    uint8_t byte;
    if (take(byte))
      out_ += byte ? "true" : "false";
    else
      over();
  }

  // The integer of `size` bytes, sign- or zero-extended.
  bool takeInteger(uint32_t size, bool isSigned, __int128 &value) {
    unsigned __int128 bits = 0;
    if (size == 0 || size > sizeof(bits) || !take(&bits, size))
      return false;
    const int spare = int(8 * (sizeof(bits) - size));
    value = __int128(bits << spare);
    value =
        isSigned ? value >> spare : __int128((unsigned __int128)value >> spare);
    return true;
  }

  void appendInteger(uint32_t size, bool isSigned, __int128 value) {
    if (size <= 8 && isSigned) {
      appendNumber(out_, int64_t(value));
    } else if (size <= 8) {
      appendNumber(out_, uint64_t(value));
    } else { // more than a JSON reader can be trusted with
      out_ += '"';
      const bool negative = isSigned && value < 0;
      if (negative)
        out_ += '-';
      appendNumber(out_, negative ? -(unsigned __int128)value
                                  : (unsigned __int128)value);
      out_ += '"';
    }
  }

  void integer(const TypeNode &node) {
    const bool isSigned = node.kind == kSigned;
    __int128 value;
    if (takeInteger(node.size, isSigned, value))
      appendInteger(node.size, isSigned, value);
    else
      over();
  }

  void character(const TypeNode &node) {
    __int128 value;
    if (!takeInteger(node.size, /*isSigned=*/false, value)) {
      over();
      return;
    }
    out_ += '"';
    appendUnit(uint32_t(value), node.size);
    out_ += '"';
  }

  void appendUnit(uint32_t unit, uint32_t size) {
    if (unit < 0x80)
      appendEscaped(out_, std::string_view(reinterpret_cast<char *>(&unit), 1));
    else if (size == 1 || unit > 0x10FFFF || (unit >= 0xD800 && unit < 0xE000))
      out_ += kReplacement;
    else
      appendUtf8(out_, unit);
  }

  void floating(const TypeNode &node) {
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

  void enumeration(const TypeNode &node) {
    if (node.children.empty() || node.children[0].second >= types_.size()) {
      over();
      return;
    }
    const TypeNode &underlying = types_[node.children[0].second];
    const bool isSigned = underlying.kind == kSigned;
    __int128 value;
    if (!takeInteger(underlying.size, isSigned, value)) {
      over();
      return;
    }
    for (const auto &[name, number] : node.enumerators)
      if (number == uint64_t(value)) {
        appendJsonString(out_, name);
        return;
      }
    appendInteger(underlying.size, isSigned, value);
  }

  void address() {
    uint64_t value;
    if (take(value))
      appendAddress(out_, value);
    else
      over();
  }

  void text(const TypeNode &node) {
    uint32_t stored, full;
    if (!take(stored) || !take(full) ||
        uint64_t(stored) * node.size > uint64_t(end_ - next_)) {
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
      out_ += node.kind == kTextPointer ? " or more bytes)"
              : node.size == 1          ? " bytes)"
                                        : " units)";
    }
    out_ += '"';
  }

  void wideText(uint32_t count, uint32_t size) {
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
        out_ += kReplacement;
      high = isHigh ? unit : 0;
      if (!isHigh)
        appendUnit(unit, size);
    }
    if (high)
      out_ += kReplacement;
  }

  void textPointer(const TypeNode &node) {
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

  // [std::vector<int> with 10000000 items]
  bool summarized(const TypeNode &node, uint32_t stored, uint64_t full) {
    if (stored != 0 || full <= kMaxItems)
      return false;
    out_ += "\"[";
    appendEscaped(out_, typeName(node.name));
    if (full == kUnknownSize) {
      out_ += " with over ";
      appendNumber(out_, kMaxItems);
    } else {
      out_ += " with ";
      appendNumber(out_, full);
    }
    out_ += " items]\"";
    return true;
  }

  void appendMore(uint32_t stored, uint64_t full) {
    out_ += '+';
    appendNumber(out_, full - stored);
    out_ += " more";
  }

  // False: there are no items to show, and the rest has been said.
  bool takeCounts(const TypeNode &node, uint32_t &stored, uint64_t &full) {
    if (!take(stored) || !take(full) || stored > kMaxItems || stored > full) {
      over();
      return false;
    }
    return !summarized(node, stored, full);
  }

  void sequence(const TypeNode &node) {
    uint32_t stored;
    uint64_t full;
    if (!takeCounts(node, stored, full))
      return;
    out_ += '[';
    for (uint32_t i = 0; i < stored; ++i) {
      if (i)
        out_ += ',';
      nested(node, 0);
    }
    if (full > stored) {
      out_ += stored ? ",\"" : "\"";
      appendMore(stored, full);
      out_ += '"';
    }
    out_ += ']';
  }

  // An object; keys that are no strings are written as strings.
  void map(const TypeNode &node) {
    uint32_t stored;
    uint64_t full;
    if (!takeCounts(node, stored, full))
      return;
    out_ += '{';
    for (uint32_t i = 0; i < stored; ++i) {
      if (i)
        out_ += ',';
      const size_t begin = out_.size();
      nested(node, 0);
      if (out_[begin] != '"') {
        const std::string key = out_.substr(begin);
        out_.resize(begin);
        appendJsonString(out_, key);
      }
      out_ += ':';
      nested(node, 1);
    }
    if (full > stored) {
      out_ += stored ? ",\"" : "\"";
      appendMore(stored, full);
      out_ += "\":null";
    }
    out_ += '}';
  }

  void structure(const TypeNode &node) {
    out_ += '{';
    for (size_t i = 0; i < node.children.size(); ++i) {
      if (i)
        out_ += ',';
      const std::string &name = node.children[i].first;
      appendJsonString(out_, name.empty() ? "(anonymous)" : name);
      out_ += ':';
      nested(node, i);
    }
    out_ += '}';
  }

  void tuple(const TypeNode &node) {
    out_ += '[';
    for (size_t i = 0; i < node.children.size(); ++i) {
      if (i)
        out_ += ',';
      nested(node, i);
    }
    out_ += ']';
  }

  void optional(const TypeNode &node) {
    uint8_t present;
    if (!take(present))
      over();
    else if (present)
      nested(node, 0);
    else
      out_ += "null";
  }

  void pointer(const TypeNode &node) {
    uint64_t where;
    uint8_t followed;
    if (!take(where) || !take(followed))
      over();
    else if (followed)
      nested(node, 0);
    else
      appendAddress(out_, where);
  }

  void variant(const TypeNode &node) {
    uint8_t index;
    if (!take(index)) {
      over();
      return;
    }
    if (index == 255) {
      out_ += "\"[valueless]\"";
      return;
    }
    if (index >= node.children.size()) {
      over();
      return;
    }
    const TypeId alternative = node.children[index].second;
    out_ += '{';
    appendJsonString(out_, alternative < types_.size()
                               ? typeName(types_[alternative].name)
                               : "?");
    out_ += ':';
    nested(node, index);
    out_ += '}';
  }

  void shape(const TypeNode &node) {
    uint64_t rows, columns;
    if (!take(rows) || !take(columns)) {
      over();
      return;
    }
    out_ += "\"[";
    appendEscaped(out_, typeName(node.name));
    out_ += ' ';
    appendNumber(out_, rows);
    out_ += "×";
    appendNumber(out_, columns);
    out_ += "]\"";
  }

  std::string &out_;
  const TypeTable &types_;
  const uint8_t *next_;
  const uint8_t *end_;
  uint32_t depth_ = 0;
};

} // namespace

std::string typeName(std::string_view name) {
  std::string text(name);
  static constexpr std::string_view kLong[] = {"std::basic_string<char>",
                                               "std::__cxx11::string"};
  for (std::string_view spelling : kLong)
    for (size_t at; (at = text.find(spelling)) != text.npos;)
      text.replace(at, spelling.size(), "std::string");
  return text;
}

void formatArguments(std::string &out, const TypeTable &types,
                     const SiteInfo &site, std::span<const uint8_t> bytes,
                     std::string_view captured) {
  out += '{';
  Decoder decoder(out, types, bytes);
  bool first = true;
  for (const auto &[name, type] : site.parameters) {
    if (!first)
      out += ',';
    first = false;
    appendJsonString(out, name);
    out += ':';
    decoder.value(type);
  }
  if (!captured.empty()) {
    out += first ? "\"captured\":" : ",\"captured\":";
    appendJsonString(out, captured);
  }
  out += '}';
}

void formatValue(std::string &out, const TypeTable &types, TypeId type,
                 std::span<const uint8_t> bytes) {
  Decoder(out, types, bytes).value(type);
}

} // namespace obs::rt
