// SPDX-License-Identifier: Apache-2.0
#include "value_format.h"

#include "json_text.h"
#include "leaf_decoder.h"
#include "number_format.h"
#include "type_name.h"

#include "absl/container/flat_hash_set.h"

namespace obs::rt {
namespace {

using namespace detail;

constexpr uint32_t kMaxWraps = 1000; // which no sound encoding exceeds

class Decoder : LeafDecoder {
public:
  Decoder(std::string &out, const TypeTable &types,
          std::span<const uint8_t> bytes, const ValueContext &context)
      : LeafDecoder(out, types, bytes, context) {}

  void value(TypeId type) {
    if (type >= types_.size()) {
      over();
      return;
    }
    const TypeNode &node = types_[type];
    if (leaf(node))
      return;
    switch (node.kind) {
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
    case kExpected:
      expected(node);
      return;
    case kChoice:
      choice(node);
      return;
    case kWrapper:
      wrapped(node, 0);
      return;
    case kDuration:
      time(node, [&](auto count, Period period) {
        appendDuration(out_, count, period);
      });
      return;
    case kTime:
      timeSinceEpoch(node);
      return;
    default:
      over(); // a corrupted type
    }
  }

private:
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

  // How many items are shown, when that at `index` is. Those that take no bytes
  // (they are beyond the depth, or empty) are all alike, and what a damaged
  // count says of them is not to become megabytes.
  uint32_t stopIfAlike(const uint8_t *before, uint32_t index,
                       uint32_t stored) const {
    constexpr uint32_t kMostAlike = 1000;
    return position() == before && index + 1 >= kMostAlike ? index + 1 : stored;
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
      const uint8_t *const before = position();
      nested(node, 0);
      stored = stopIfAlike(before, i, stored);
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
      const uint8_t *const before = position();
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
      stored = stopIfAlike(before, i, stored);
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
        std::string ownName = typeName(node.name);
        if (ownName.starts_with("volatile "))
          ownName.erase(0, sizeof("volatile ") - 1);
        std::string own;
        appendJsonString(own, ownName);
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
