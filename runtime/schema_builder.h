// SPDX-License-Identifier: Apache-2.0
// From Describe functions to type nodes.
#ifndef OBS_RUNTIME_SCHEMA_BUILDER_H
#define OBS_RUNTIME_SCHEMA_BUILDER_H

#include "type_table.h"

#include "absl/container/flat_hash_map.h"

#include <string>
#include <string_view>
#include <vector>

namespace obs::rt {

// Collects the types that one site refers to, numbered as they are met.
// Describe addresses count only within one builder: after dlclose() another
// library may have another type at the same address.
class SchemaBuilder {
public:
  // The number of a type; its node is complete after describeAll().
  TypeId typeOf(detail::Describe describe);
  // Runs the Describe functions that are still to be run.
  void describeAll();

  // What a Describe function says about the type it describes.
  void type(detail::TypeKind kind, uint32_t size, std::string_view name);
  void child(std::string_view name, detail::Describe describe);
  void enumerator(std::string_view name, uint64_t value);

  const TypeTable &nodes() const { return nodes_; }

  // A text that is the same for two nodes just if they describe the same
  // type, in whatever builder.
  std::string canonical(TypeId type) const;

private:
  TypeTable nodes_;
  std::vector<detail::Describe> describe_; // by node
  absl::flat_hash_map<detail::Describe, TypeId> known_;
  size_t described_ = 0; // nodes whose Describe has been run
};

} // namespace obs::rt

namespace obs::detail {
struct Schema {
  rt::SchemaBuilder *builder;
};
} // namespace obs::detail

#endif // OBS_RUNTIME_SCHEMA_BUILDER_H
