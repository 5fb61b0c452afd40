// SPDX-License-Identifier: Apache-2.0
#include "schema_builder.h"

#include "absl/strings/str_cat.h"

namespace obs::rt {

TypeId SchemaBuilder::typeOf(const detail::Type *type) {
  const auto [it, isNew] = known_.try_emplace(type, TypeId(nodes_.size()));
  if (isNew) {
    TypeNode &node = nodes_.emplace_back();
    node.kind = type->kind;
    node.size = type->size;
    node.name.assign(type->name ? type->name : "", type->nameSize);
    types_.push_back(type);
  }
  return it->second;
}

void SchemaBuilder::describeAll() {
  detail::Schema schema{this};
  for (; described_ != nodes_.size(); ++described_)
    if (const detail::Describe describe = types_[described_]->describe)
      describe(schema);
}

void SchemaBuilder::child(std::string_view name, const detail::Type &type) {
  const TypeId id = typeOf(&type); // may move the nodes
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
