// SPDX-License-Identifier: Apache-2.0
// From Describe functions to type nodes.
#include "schema_builder.h"

#include "absl/strings/str_cat.h"

namespace obs::rt {

TypeId SchemaBuilder::typeOf(detail::Describe describe) {
  const auto [it, isNew] = known_.try_emplace(describe, TypeId(nodes_.size()));
  if (isNew) {
    nodes_.emplace_back();
    describe_.push_back(describe);
  }
  return it->second;
}

void SchemaBuilder::describeAll() {
  detail::Schema schema{this};
  for (; described_ != nodes_.size(); ++described_)
    if (describe_[described_])
      describe_[described_](schema);
}

void SchemaBuilder::type(detail::TypeKind kind, uint32_t size,
                         std::string_view name) {
  TypeNode &node = nodes_[described_];
  node.kind = kind;
  node.size = size;
  node.name = name;
}

void SchemaBuilder::child(std::string_view name, detail::Describe describe) {
  const TypeId id = typeOf(describe); // may move the nodes
  nodes_[described_].children.emplace_back(name, id);
}

void SchemaBuilder::enumerator(std::string_view name, uint64_t value) {
  nodes_[described_].enumerators.emplace_back(name, value);
}

std::string SchemaBuilder::canonical(TypeId root) const {
  // Breadth first, with numbers of its own: names are length-prefixed, so that
  // two different graphs never give one text.
  absl::flat_hash_map<TypeId, size_t> number{{root, 0}};
  std::vector<TypeId> order{root};
  std::string text;
  const auto name = [&text](std::string_view value) {
    absl::StrAppend(&text, value.size(), ":");
    text.append(value);
  };
  for (size_t i = 0; i != order.size(); ++i) {
    const TypeNode &node = nodes_[order[i]];
    absl::StrAppend(&text, "T", int(node.kind), ",", node.size, ",");
    name(node.name);
    for (const auto &[childName, child] : node.children) {
      const auto [it, isNew] = number.try_emplace(child, order.size());
      if (isNew)
        order.push_back(child);
      absl::StrAppend(&text, "c", it->second, ",");
      name(childName);
    }
    for (const auto &[enumeratorName, value] : node.enumerators) {
      absl::StrAppend(&text, "e", value, ",");
      name(enumeratorName);
    }
  }
  return text;
}

} // namespace obs::rt
