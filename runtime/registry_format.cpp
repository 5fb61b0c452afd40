// SPDX-License-Identifier: Apache-2.0
// Types and sites as bytes, for readers in another process.
#include "registry_format.h"

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include <cstring>
#include <type_traits>

namespace obs::rt {
namespace {

uint32_t checksum(std::string_view bytes) { // FNV-1a
  uint32_t hash = 0x811c9dc5;
  for (const char c : bytes)
    hash = (hash ^ uint8_t(c)) * 0x01000193;
  return hash;
}

class Out {
public:
  template <class T> void number(T value) {
    static_assert(std::is_arithmetic_v<T>);
    text_.append(reinterpret_cast<const char *>(&value), sizeof(value));
  }
  void text(std::string_view value) {
    number(uint32_t(value.size()));
    text_.append(value);
  }
  std::string finish() {
    std::string entry;
    const uint32_t head[2] = {uint32_t(text_.size()), checksum(text_)};
    entry.assign(reinterpret_cast<const char *>(head), sizeof(head));
    return entry + text_;
  }

private:
  std::string text_;
};

class In {
public:
  explicit In(std::string_view bytes) : bytes_(bytes) {}
  template <class T> void number(T &value) {
    ok_ = ok_ && bytes_.size() >= sizeof(value);
    if (!ok_)
      return;
    memcpy(&value, bytes_.data(), sizeof(value));
    bytes_.remove_prefix(sizeof(value));
  }
  void text(std::string &value) {
    uint32_t size = 0;
    number(size);
    ok_ = ok_ && bytes_.size() >= size;
    if (!ok_)
      return;
    value = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
  }
  template <class T>
  void pairs(std::vector<std::pair<std::string, T>> &values) {
    uint32_t count = 0;
    number(count);
    for (uint32_t i = 0; ok_ && i != count; ++i) {
      auto &[name, value] = values.emplace_back();
      text(name);
      number(value);
    }
  }
  bool ok() const { return ok_; }

private:
  std::string_view bytes_;
  bool ok_ = true;
};

template <class T>
void putPairs(Out &out, const std::vector<std::pair<std::string, T>> &values) {
  out.number(uint32_t(values.size()));
  for (const auto &[name, value] : values) {
    out.text(name);
    out.number(value);
  }
}

} // namespace

std::string encodeType(TypeId id, const TypeNode &node) {
  Out out;
  out.number('T');
  out.number(id);
  out.number(uint8_t(node.kind));
  out.number(node.size);
  out.text(node.name);
  putPairs(out, node.children);
  putPairs(out, node.enumerators);
  return out.finish();
}

std::string encodeSite(uint32_t id, const SiteInfo &site) {
  Out out;
  out.number('S');
  out.number(id);
  out.number(site.flags);
  out.number(site.depth);
  out.number(site.line);
  out.number(site.rate);
  out.text(site.function);
  out.text(site.file);
  out.text(site.signature);
  putPairs(out, site.parameters);
  out.text(absl::StrJoin(site.moved, ","));
  out.number(site.result);
  out.number(site.errorCode);
  return out.finish();
}

std::optional<RegistryEntry> decodeEntry(std::string_view &bytes) {
  uint32_t head[2];
  if (bytes.size() < sizeof(head))
    return std::nullopt;
  memcpy(head, bytes.data(), sizeof(head));
  if (bytes.size() - sizeof(head) < head[0])
    return std::nullopt;
  const std::string_view body = bytes.substr(sizeof(head), head[0]);
  if (checksum(body) != head[1])
    return std::nullopt;
  bytes.remove_prefix(sizeof(head) + head[0]);

  RegistryEntry entry;
  In in(body);
  in.number(entry.tag);
  in.number(entry.id);
  if (entry.tag == 'T') {
    uint8_t kind = 0;
    in.number(kind);
    entry.type.kind = detail::TypeKind(kind);
    in.number(entry.type.size);
    in.text(entry.type.name);
    in.pairs(entry.type.children);
    in.pairs(entry.type.enumerators);
  } else {
    in.number(entry.site.flags);
    in.number(entry.site.depth);
    in.number(entry.site.line);
    in.number(entry.site.rate);
    in.text(entry.site.function);
    in.text(entry.site.file);
    in.text(entry.site.signature);
    in.pairs(entry.site.parameters);
    std::string moved;
    in.text(moved);
    entry.site.moved = absl::StrSplit(moved, ',', absl::SkipEmpty());
    in.number(entry.site.result);
    in.number(entry.site.errorCode);
  }
  if (!in.ok())
    return std::nullopt;
  return entry;
}

} // namespace obs::rt
