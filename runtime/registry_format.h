// SPDX-License-Identifier: Apache-2.0
// Types and sites as bytes, for readers in another process.
#ifndef OBS_RUNTIME_REGISTRY_FORMAT_H
#define OBS_RUNTIME_REGISTRY_FORMAT_H

#include "type_table.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace obs::rt {

// An entry: U32 size of what follows, U32 checksum of it, then 'T' or 'S', the
// id and the fields. Numbers are in host byte order.
std::string encodeType(TypeId id, const TypeNode &node);
std::string encodeSite(uint32_t id, const SiteInfo &site);

struct RegistryEntry {
  char tag = 0; // 'T' or 'S'
  uint32_t id = 0;
  TypeNode type;
  SiteInfo site;
};

// Takes the first entry off `bytes`; nothing if it is not whole.
std::optional<RegistryEntry> decodeEntry(std::string_view &bytes);

} // namespace obs::rt

#endif // OBS_RUNTIME_REGISTRY_FORMAT_H
