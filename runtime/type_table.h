// SPDX-License-Identifier: Apache-2.0
// The types of captured values, as the decoder needs them.
#ifndef OBS_RUNTIME_TYPE_TABLE_H
#define OBS_RUNTIME_TYPE_TABLE_H

#include "obs/detail/abi.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace obs::rt {

using TypeId = uint32_t; // index into a TypeTable

// One type. `children` are elements, fields, alternatives … in the order that
// abi.h gives for the kind; their names are empty but for fields.
struct TypeNode {
  detail::TypeKind kind = detail::kOpaque;
  uint32_t size = 0;
  std::string name;
  std::vector<std::pair<std::string, TypeId>> children;
  std::vector<std::pair<std::string, uint64_t>> enumerators;
};

using TypeTable = std::vector<TypeNode>; // recursive types refer back by id

// One site, as registered.
struct SiteInfo {
  std::string function;
  std::string file;
  uint32_t line = 0;
  std::string signature;
  double rate = 1;
  uint32_t flags = 0;                            // detail::SiteFlags
  uint32_t depth = detail::kDefaultLimits.depth; // Limits::depth
  std::vector<std::pair<std::string, TypeId>> parameters;
  std::vector<std::string> moved; // those that the body moves from
  TypeId result = 0;              // meaningful if flags & kCaptureResult
  TypeId errorCode = 0;           // meaningful if flags & kReturnsErrors
};

} // namespace obs::rt

#endif // OBS_RUNTIME_TYPE_TABLE_H
