// SPDX-License-Identifier: Apache-2.0
// From descriptions of types (detail::Type) to nodes.
#ifndef OBS_RUNTIME_SCHEMA_BUILDER_H
#define OBS_RUNTIME_SCHEMA_BUILDER_H

#include "type_table.h"

#include "absl/container/flat_hash_map.h"

#include <string>
#include <string_view>
#include <vector>

namespace obs::rt {

// Collects the types that one site refers to, numbered as they are met.
// Addresses count only within one builder: after dlclose() another library may
// have another type at the same one.
class SchemaBuilder {
public:
  // The number of a type; its node is complete after describeAll().
  TypeId typeOf(const detail::Type *type);
  // Runs the Describe functions that are still to be run.
  void describeAll();

  // What a Describe function says about the type it describes.
  void child(std::string_view name, const detail::Type &type);
  void enumerator(std::string_view name, uint64_t value);

  const TypeTable &nodes() const { return nodes_; }

  // A text that is the same for two nodes just if they describe the same
  // type, in whatever builder.
  std::string canonical(TypeId type) const;

private:
  TypeTable nodes_;
  std::vector<const detail::Type *> types_; // by node
  absl::flat_hash_map<const detail::Type *, TypeId> known_;
  size_t described_ = 0; // nodes whose Describe has been run
};

} // namespace obs::rt

namespace obs::detail {
struct Schema {
  rt::SchemaBuilder *builder;
};
} // namespace obs::detail

#endif // OBS_RUNTIME_SCHEMA_BUILDER_H
