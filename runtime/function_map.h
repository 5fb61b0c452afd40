// SPDX-License-Identifier: Apache-2.0
// Maps by the content of a FunctionKey.
#ifndef OBS_RUNTIME_FUNCTION_MAP_H
#define OBS_RUNTIME_FUNCTION_MAP_H

#include "record.h"

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"

#include <cstddef>
#include <memory>
#include <string_view>

namespace obs::rt {

// Leaves out what rarely differs when the rest is equal.
struct FunctionKeyHash {
  size_t operator()(const std::shared_ptr<const FunctionKey> &key) const {
    return absl::HashOf(std::string_view(key->function), key->line);
  }
};
struct FunctionKeyEqual {
  bool operator()(const std::shared_ptr<const FunctionKey> &a,
                  const std::shared_ptr<const FunctionKey> &b) const {
    return a == b || *a == *b;
  }
};
template <typename T>
using FunctionMap = absl::flat_hash_map<std::shared_ptr<const FunctionKey>, T,
                                        FunctionKeyHash, FunctionKeyEqual>;

} // namespace obs::rt

#endif // OBS_RUNTIME_FUNCTION_MAP_H
