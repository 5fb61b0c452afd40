// SPDX-License-Identifier: Apache-2.0
// Any bytes as values of any type, and any text, become JSON that parses.
#include "fuzz.h"
#include "json_text.h"
#include "types.h"
#include "value_format.h"

#include <nlohmann/json.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace obs;
  static const fuzz::Types types = fuzz::manyTypes();
  fuzz::Input input(data, size);
  const uint8_t choice = input.take<uint8_t>();
  rt::ValueContext context;
  context.depth = input.take<uint8_t>() % 8;
  const std::string_view bytes = input.text(input.size());

  std::string out;
  rt::formatValue(
      out, types.table, types.ids[choice % types.ids.size()],
      {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()}, context);
  fuzz::require(nlohmann::json::accept(out), "no JSON", out);

  out.clear();
  rt::appendJsonString(out, bytes);
  fuzz::require(nlohmann::json::accept(out), "no JSON string", out);
  return 0;
}
