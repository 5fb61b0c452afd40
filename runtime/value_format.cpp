// SPDX-License-Identifier: Apache-2.0
#include "value_format.h"

#include "described_format.h"
#include "json_text.h"
#include "number_format.h"
#include "type_name.h"

#include "absl/container/flat_hash_set.h"

#include <algorithm>
#include <cstring>

namespace obs::rt {
namespace {

using namespace detail;

constexpr std::string_view kCut = "\"...\""; // not there, or too deep

// What a sound encoding never exceeds.
constexpr uint32_t kMaxStored = 1u << 20; // items
constexpr uint32_t kMaxWraps = 1000;

// --- Decoding ---------------------------------------------------------------

class Decoder {
public:
  Decoder(std::string &out, const TypeTable &types,
          std::span<const uint8_t> bytes, const ValueContext &context)
      : out_(out), types_(types), next_(bytes.data()),
        end_(bytes.data() + bytes.size()), context_(context) {}

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
    case kFunction:
      function();
      return;
    case kMember:
      member(node);
      return;
    case kMethod:
      method();
      return;
    case kBytes:
      rawBytes(node);
      return;
    case kBits:
      bits(node);
      return;
    case kExpected:
      expected(node);
      return;
    case kChoice:
      choice(node);
      return;
    case kWrapper:
      wrapped(node, 0);
      return;
    case kTypeName:
      heldType(node);
      return;
    case kDynamicType:
      dynamicType();
      return;
    case kDuration:
      time(node, [&](auto count, Period period) {
        appendDuration(out_, count, period);
      });
      return;
    case kTime:
      timeSinceEpoch(node);
      return;
    case kSplitTime:
      splitTime(node);
      return;
    case kDescribed:
      described();
      return;
    }
    over(); // a corrupted type
  }

  bool atEnd() const { return next_ == end_; }

private:
  // The rest is missing: says so, and takes nothing any more.
  void over() {
    next_ = end_;
    over_ = true;
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
    if (depth_ == context_.depth) {
      out_ += kCut;
      return;
    }
    ++depth_;
    wrapped(node, child);
    --depth_;
  }

  // A value that stands for another one. A corrupted type may be its own child.
  void wrapped(const TypeNode &node, size_t child) {
    if (child >= node.children.size() || wraps_ == kMaxWraps) {
      over();
      return;
    }
    ++wraps_;
    value(node.children[child].second);
    --wraps_;
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

  void integer(const TypeNode &node) {
    const bool isSigned = node.kind == kSigned;
    __int128 value;
    if (takeInteger(node.size, isSigned, value))
      appendInteger(out_, node.size, isSigned, value);
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
      appendInvalid(out_, unit);
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
    const bool isSigned = types_[node.children[0].second].kind == kSigned;
    __int128 value;
    if (takeInteger(node.size, isSigned, value))
      appendEnum(out_, node, isSigned, value);
    else
      over();
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
      out_ += node.kind == kTextPointer ? " or more" : "";
      out_ += node.size == 1 ? " bytes)" : " units)";
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
        appendInvalid(out_, high);
      high = isHigh ? unit : 0;
      if (!isHigh)
        appendUnit(unit, size);
    }
    if (high)
      appendInvalid(out_, high);
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

  void appendMore(uint32_t stored, uint64_t full) {
    if (full == kUnknownSize) {
      out_ += "and more";
      return;
    }
    out_ += '+';
    appendNumber(out_, full - stored);
    out_ += " more";
  }

  // False: there are no items to show, and the rest has been said.
  bool takeCounts(const TypeNode &node, uint32_t &stored, uint64_t &full) {
    if (!take(stored) || !take(full) || stored > kMaxStored || stored > full) {
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
    for (uint32_t i = 0; i < stored && !over_; ++i) {
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

  // An object; keys that are no strings are written as strings, and of those
  // that look the same (cut, or opaque) the second one is "key (2)".
  void map(const TypeNode &node) {
    uint32_t stored;
    uint64_t full;
    if (!takeCounts(node, stored, full))
      return;
    absl::flat_hash_set<std::string> keys;
    out_ += '{';
    for (uint32_t i = 0; i < stored && !over_; ++i) {
      if (i)
        out_ += ',';
      const size_t begin = out_.size();
      nested(node, 0);
      std::string key = out_.substr(begin);
      out_.resize(begin);
      if (key[0] != '"') {
        std::string quoted;
        appendJsonString(quoted, key);
        key = std::move(quoted);
      }
      if (!keys.insert(key).second) {
        key.insert(key.size() - 1, " (" + std::to_string(i + 1) + ")");
        keys.insert(key);
      }
      out_ += key;
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
    bool first = true;
    for (size_t i = 0; i < node.children.size(); ++i) {
      const auto &[name, type] = node.children[i];
      const size_t before = out_.size();
      if (!first)
        out_ += ',';
      if (type < types_.size() && types_[type].kind == kDynamicType) {
        // Said only if it is another one than the static type.
        out_ += "\"(type)\":";
        const size_t begin = out_.size();
        nested(node, i);
        const std::string_view shown = std::string_view(out_).substr(begin);
        std::string own;
        appendJsonString(own, typeName(node.name));
        if (shown == own || shown == "null" || shown == kCut) {
          out_.resize(before);
          continue;
        }
      } else {
        appendJsonString(out_, name.empty() ? "(anonymous)" : name);
        out_ += ':';
        nested(node, i);
      }
      first = false;
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

  // [Eigen::Matrix<double> 1000000×100]
  void shape(const TypeNode &node) {
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

  void function() {
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

  void member(const TypeNode &node) {
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

  // By the Itanium C++ ABI: the function's address, or 1 + its offset in the
  // table of virtual functions; then the object's adjustment.
  void method() {
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

  // What a union may hold: [Number 01 00 00 00]
  void rawBytes(const TypeNode &node) {
    uint32_t stored, full;
    if (!take(stored) || !take(full) || stored > size_t(end_ - next_)) {
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

  // The highest first, as std::bitset prints them.
  void bits(const TypeNode &node) {
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

  void expected(const TypeNode &node) {
    uint8_t present;
    if (!take(present)) {
      over();
    } else if (present) {
      nested(node, 0);
    } else {
      out_ += "{\"error\":";
      nested(node, 1);
      out_ += '}';
    }
  }

  void choice(const TypeNode &node) {
    uint8_t index;
    if (!take(index))
      over();
    else if (index == 255)
      out_ += "null";
    else
      wrapped(node, index);
  }

  // A type's name as kTextPointer has it; empty: there is none.
  bool takeTypeName(std::string &name) {
    uint8_t state;
    if (!take(state))
      return false;
    uint32_t stored, full;
    uint64_t where;
    if (state == 2)
      return take(where);
    if (state == 0)
      return true;
    if (!take(stored) || !take(full) || stored > size_t(end_ - next_))
      return false;
    std::string mangled(reinterpret_cast<const char *>(next_), stored);
    next_ += stored;
    mangled.erase(0, mangled.starts_with('*')); // local to a library
    name = typeName(demangle(mangled));
    return true;
  }

  // [std::any: int]
  void heldType(const TypeNode &node) {
    std::string name;
    if (!takeTypeName(name))
      over();
    else if (name.empty() || name == "void")
      out_ += "null";
    else
      appendJsonString(out_, '[' + briefKeeper(node.name) + ": " + name + ']');
  }

  // std::function<int (int)> is as long as what it holds.
  static std::string briefKeeper(std::string_view name) {
    return typeName(name.substr(0, name.find('<')));
  }

  void dynamicType() {
    std::string name;
    if (!takeTypeName(name))
      over();
    else if (name.empty())
      out_ += "null";
    else
      appendJsonString(out_, name);
  }

  template <class Append> void time(const TypeNode &node, Append append) {
    if (node.children.empty() || node.children[0].second >= types_.size()) {
      over();
      return;
    }
    const TypeNode &count = types_[node.children[0].second];
    Period period;
    for (const auto &[name, value] : node.enumerators)
      (name == "num" ? period.num : period.den) = int64_t(value);
    __int128 integer;
    float single;
    double twice;
    const bool isSigned = count.kind == kSigned;
    if (isSigned || count.kind == kUnsigned) {
      if (takeInteger(count.size, isSigned, integer))
        append(integer, period);
      else
        over();
    } else if (count.kind == kFloat && count.size == sizeof(single)) {
      if (take(single))
        append(double(single), period);
      else
        over();
    } else if (count.kind == kFloat && count.size == sizeof(twice)) {
      if (take(twice))
        append(twice, period);
      else
        over();
    } else {
      wrapped(node, 0); // a number of the user's own
    }
  }

  void timeSinceEpoch(const TypeNode &node) {
    if (node.children.empty() || node.children[0].second >= types_.size())
      over();
    else
      time(types_[node.children[0].second],
           [&](auto count, Period period) { appendTime(out_, count, period); });
  }

  void splitTime(const TypeNode &node) {
    int64_t seconds;
    uint32_t quarters;
    if (take(seconds) && take(quarters))
      appendSplitTime(out_, seconds, quarters, node.size == 1);
    else
      over();
  }

  void described() {
    uint32_t size;
    if (!take(size) || size > size_t(end_ - next_)) {
      over();
      return;
    }
    appendDescribed(out_, {next_, size});
    next_ += size;
  }

  std::string &out_;
  const TypeTable &types_;
  const uint8_t *next_;
  const uint8_t *end_;
  const ValueContext &context_;
  bool over_ = false;
  uint32_t depth_ = 0;
  uint32_t wraps_ = 0; // values inside of values, of equal depth or not
};

} // namespace

void formatArguments(std::string &out, const TypeTable &types,
                     const SiteInfo &site, std::span<const uint8_t> bytes,
                     const ValueContext &context, std::string_view captured) {
  out += '{';
  Decoder decoder(out, types, bytes, context);
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
    for (size_t i = 0; i != site.moved.size(); ++i) {
      out += i == 0 ? ",\"maybe_moved_from\":[" : ",";
      appendJsonString(out, site.moved[i]);
    }
    if (!site.moved.empty())
      out += ']';
  }
  out += '}';
}

void formatValue(std::string &out, const TypeTable &types, TypeId type,
                 std::span<const uint8_t> bytes, const ValueContext &context) {
  Decoder(out, types, bytes, context).value(type);
}

} // namespace obs::rt
