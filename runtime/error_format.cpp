// SPDX-License-Identifier: Apache-2.0
#include "error_format.h"

#include "events.h"
#include "json_text.h"
#include "type_name.h"
#include "value_format.h"

#include "absl/strings/str_cat.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace obs::rt {
namespace {

using Bytes = std::span<const uint8_t>;

// One FailDetail with its texts.
struct Part {
  FailDetail head{};
  std::string_view type;
  std::string_view message;
  std::string_view file;
  Bytes value;
};

// Takes it off the front; false: there is no more.
bool take(Bytes &bytes, Part &part) {
  if (bytes.size() < sizeof(part.head))
    return false;
  memcpy(&part.head, bytes.data(), sizeof(part.head));
  bytes = bytes.subspan(sizeof(part.head));
  const auto text = [&bytes](size_t size) {
    size = std::min(size, bytes.size());
    const std::string_view result(reinterpret_cast<const char *>(bytes.data()),
                                  size);
    bytes = bytes.subspan(size);
    return result;
  };
  part.type = text(part.head.typeSize);
  part.message = text(part.head.messageSize);
  part.file = text(part.head.fileSize);
  const size_t valueSize = std::min<size_t>(part.head.valueSize, bytes.size());
  part.value = bytes.first(valueSize);
  bytes = bytes.subspan(valueSize);
  return true;
}

// The type that was thrown, without what std::throw_with_nested makes of it.
std::string thrownType(std::string_view mangled) {
  const std::string name = typeName(demangle(mangled));
  for (std::string_view wrapper : {"std::_Nested_exception<", "std::__nested<"})
    if (name.starts_with(wrapper) && name.ends_with('>'))
      return name.substr(wrapper.size(), name.size() - wrapper.size() - 1);
  return name;
}

// A text of JSON without its quotes, if that is all there is to take off.
std::string unquoted(const std::string &json) {
  const bool plain = json.size() >= 2 && json.front() == '"' &&
                     json.find('\\') == std::string::npos;
  return plain ? json.substr(1, json.size() - 2) : json;
}

// The value of what has no message of its own; nothing of an empty class.
std::string messageOf(const TypeTable &types, const Part &part) {
  if (part.head.form == kThrown && part.head.valueType < types.size()) {
    std::string json;
    formatValue(json, types, part.head.valueType, part.value);
    return json == "{}" ? "" : unquoted(json);
  }
  std::string message(part.message);
  if (part.head.messageFull > part.message.size())
    message += "...";
  return message;
}

void appendKey(std::string &out, std::string_view key) {
  if (out.back() != '{')
    out += ',';
  appendJsonString(out, key);
  out += ':';
}

void appendThrownAt(std::string &out, const Part &part) {
  if (part.file.empty())
    return;
  appendKey(out, "thrown_at");
  appendJsonString(out,
                   absl::StrCat(std::string(part.file), ":", part.head.line));
}

void setThrown(CallRecord &record, const TypeTable &types, const Part &part,
               Bytes rest) {
  if (!part.type.empty())
    record.errorType = thrownType(part.type);
  record.errorMessage = messageOf(types, part);

  std::string detail = "{";
  appendThrownAt(detail, part);
  Part nested;
  std::string list;
  while (take(rest, nested)) {
    list += list.empty() ? "[{" : ",{";
    appendKey(list, "type");
    appendJsonString(list, thrownType(nested.type));
    appendKey(list, "message");
    appendJsonString(list, messageOf(types, nested));
    appendThrownAt(list, nested);
    list += '}';
  }
  if (!list.empty()) {
    appendKey(detail, "nested");
    detail += list + ']';
  }
  if (detail.size() > 1)
    record.errorDetail = detail + '}';
}

// Of the categories whose codes are those of the system.
std::string systemMessage(std::string_view category, int code) {
  if (category != "generic" && category != "system")
    return {};
  char buffer[256];
  return strerror_r(code, buffer, sizeof(buffer));
}

void setReturned(CallRecord &record, const TypeTable &types,
                 const SiteInfo &site, const Part &part, Bytes rest) {
  std::string code; // JSON
  const TypeNode *node = nullptr;
  if (site.flags & detail::kReturnsErrors && site.errorCode < types.size()) {
    node = &types[site.errorCode];
    if (!rest.empty())
      formatValue(code, types, site.errorCode, rest);
  }
  const std::string name = node ? typeName(node->name) : "";
  std::string message = messageOf(types, part);
  if (!part.type.empty()) {
    record.errorType = std::string(part.type);
    if (!code.empty()) { // a category, and a number in it
      absl::StrAppend(&*record.errorType, ":", code);
      if (message.empty())
        message = systemMessage(part.type, atoi(code.c_str()));
    }
  } else if (node && node->kind == detail::kEnum && !code.empty()) {
    record.errorType = code.front() == '"'
                           ? absl::StrCat(name, "::", unquoted(code))
                           : absl::StrCat(name, "(", code, ")");
  } else if (!code.empty() && !part.message.empty()) {
    record.errorType = absl::StrCat("code ", code);
  } else if (node) {
    record.errorType = name;
    if (message.empty())
      message = unquoted(code);
  }
  record.errorMessage = message;
  record.errorDetail = "{\"returned\":true";
  if (!code.empty()) {
    appendKey(*record.errorDetail, "code");
    *record.errorDetail += code;
  }
  *record.errorDetail += '}';
}

} // namespace

void setError(CallRecord &record, const TypeTable &types, const SiteInfo &site,
              Bytes bytes) {
  Part part;
  if (!take(bytes, part))
    return;
  if (part.head.form == kReturned)
    setReturned(record, types, site, part, bytes);
  else
    setThrown(record, types, part, bytes);
}

bool isReturned(Bytes bytes) {
  Part part;
  return take(bytes, part) && part.head.form == kReturned;
}

} // namespace obs::rt
