// SPDX-License-Identifier: Apache-2.0
// Types of all kinds, as a registry has them.
#ifndef OBS_TEST_FUZZ_TYPES_H
#define OBS_TEST_FUZZ_TYPES_H

#include "obs/detail/encode.h"
#include "schema_builder.h"
#include "type_table.h"

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace obs::fuzz {

struct Types {
  rt::TypeTable table;
  std::vector<rt::TypeId> ids; // those to be used, in a fixed order
};

template <class... T> Types typesOf() {
  rt::SchemaBuilder builder;
  Types types;
  types.ids = {builder.typeOf(&detail::kType<T>)...};
  builder.describeAll();
  types.table = builder.nodes();
  // What the plugin describes: an enumeration, and a class that holds itself.
  rt::TypeNode color;
  color.kind = detail::kEnum;
  color.size = 4;
  color.name = "Color";
  color.enumerators = {{"Red", 0}, {"Green", 1}};
  const auto colorId = rt::TypeId(types.table.size());
  types.table.push_back(color);
  rt::TypeNode item;
  item.kind = detail::kStruct;
  item.name = "Item";
  item.children = {
      {"color", colorId}, {"next", colorId + 1}, {"number", types.ids[0]}};
  types.table.push_back(item);
  types.ids.push_back(colorId);
  types.ids.push_back(colorId + 1);
  return types;
}

inline Types manyTypes() {
  return typesOf<
      int, bool, char, double, float, long double, __int128, char16_t,
      const char *, std::string, std::string_view, std::u16string, std::wstring,
      std::vector<int>, std::vector<std::string>,
      std::map<std::string, std::vector<double>>, std::set<int>,
      std::array<int, 3>, std::optional<std::string>,
      std::variant<int, std::string>, std::pair<int, std::string>,
      std::tuple<int, double, std::string>, std::unique_ptr<int>,
      std::shared_ptr<std::string>, int *, int (*)(int), std::vector<bool>>();
}

} // namespace obs::fuzz

#endif // OBS_TEST_FUZZ_TYPES_H
