// SPDX-License-Identifier: Apache-2.0
#include "described_format.h"

#include "encoder.h"
#include "json_text.h"
#include "number_format.h"
#include "type_name.h"

#include "obs/detail/described_tags.h"

#include <cstring>
#include <string_view>
#include <vector>

namespace obs::rt {
namespace {

using namespace detail;

class Decoder {
public:
  Decoder(std::string &out, std::span<const uint8_t> bytes)
      : out_(out), next_(bytes.data()), end_(next_ + bytes.size()) {}

  void run() {
    uint8_t tag;
    while (!complete_ && take(tag) && token(DescribedTag(tag))) {
    }
    if (!complete_)
      scalar("\"...\"");
    while (!open_.empty())
      close();
  }

private:
  struct Level {
    bool isObject;
    bool hasKey; // whose value is to come
    uint32_t count;
  };

  // False: the bytes end here.
  bool token(DescribedTag tag) {
    std::string text;
    switch (tag) {
    case kTagNull:
      return scalar("null");
    case kTagCut:
      return scalar("\"...\"");
    case kTagBool: {
      uint8_t value;
      return take(value) && scalar(value ? "true" : "false");
    }
    case kTagSigned: {
      int64_t value;
      if (!take(value))
        return false;
      appendNumber(text, value);
      return scalar(text);
    }
    case kTagUnsigned: {
      uint64_t value;
      if (!take(value))
        return false;
      appendNumber(text, value);
      return scalar(text);
    }
    case kTagFloat: {
      double value;
      if (!take(value))
        return false;
      appendFloat(text, value);
      return scalar(text);
    }
    case kTagAddress: {
      uint64_t value;
      if (!take(value))
        return false;
      appendAddress(text, value);
      return scalar(text);
    }
    case kTagTextPointer: {
      uint8_t state;
      if (!take(state))
        return false;
      if (state == 1)
        return takeText(text) && string(text);
      return token(state == 0 ? kTagNull : kTagAddress);
    }
    case kTagMore: {
      uint64_t value;
      if (!take(value))
        return false;
      return scalar("\"+" + std::to_string(value) + " more\"");
    }
    case kTagText:
      return takeText(text) && string(text);
    case kTagType:
      return takeText(text) && string('[' + typeName(text) + ']');
    case kTagThrew:
      return takeText(text) && string("<describe threw: " + text + '>');
    case kTagKey:
      return takeText(text) && key(text);
    case kTagObject:
    case kTagList:
      if (open_.size() == kMaxOpen)
        return false;
      before();
      out_ += tag == kTagObject ? '{' : '[';
      open_.push_back({tag == kTagObject, false, 0});
      return true;
    case kTagEnd:
      if (open_.empty())
        return false;
      close();
      return true;
    }
    return false;
  }

  // What stands in front of a value.
  void before() {
    if (open_.empty())
      return;
    Level &level = open_.back();
    if (level.isObject && !level.hasKey)
      key("...");
    else if (!level.isObject && level.count++)
      out_ += ',';
    level.hasKey = false;
  }

  bool key(std::string_view name) {
    if (open_.empty() || !open_.back().isObject || open_.back().hasKey)
      return string(name);
    if (open_.back().count++)
      out_ += ',';
    appendJsonString(out_, name);
    out_ += ':';
    open_.back().hasKey = true;
    return true;
  }

  bool string(std::string_view text) {
    std::string quoted;
    appendJsonString(quoted, text);
    return scalar(quoted);
  }

  bool scalar(std::string_view json) {
    before();
    out_ += json;
    complete_ = open_.empty();
    return true;
  }

  void close() {
    if (open_.back().isObject && open_.back().hasKey)
      out_ += "\"...\"";
    out_ += open_.back().isObject ? '}' : ']';
    open_.pop_back();
    complete_ = open_.empty();
  }

  template <class T> bool take(T &value) {
    if (sizeof(value) > size_t(end_ - next_))
      return false;
    memcpy(&value, next_, sizeof(value));
    next_ += sizeof(value);
    return true;
  }

  bool takeText(std::string &text) {
    uint32_t stored, full;
    if (!takeTextCounts(next_, end_, /*unit=*/1, stored, full))
      return false;
    text.assign(reinterpret_cast<const char *>(next_), stored);
    next_ += stored;
    if (full > stored)
      text += "... (" + std::to_string(full) + " bytes)";
    return true;
  }

  static constexpr size_t kMaxOpen = 1000;

  std::string &out_;
  const uint8_t *next_;
  const uint8_t *end_;
  std::vector<Level> open_;
  bool complete_ = false;
};

} // namespace

void appendDescribed(std::string &out, std::span<const uint8_t> bytes) {
  Decoder(out, bytes).run();
}

} // namespace obs::rt
