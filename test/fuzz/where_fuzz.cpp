// SPDX-License-Identifier: Apache-2.0
// `obsctl --where`: any text is refused with a message of three lines, or
// becomes a condition that SQLite takes, with all of its values bound.
#include "fuzz.h"
#include "schema.h"
#include "sqlite.h"
#include "where.h"

#include <algorithm>

namespace {

obs::rt::Database emptyDatabase() {
  auto database = obs::rt::Database::open(
      ":memory:", obs::rt::OpenMode::ReadWrite, std::chrono::milliseconds(0));
  obs::fuzz::require(database.ok(), "open", database.status().ToString());
  obs::fuzz::require(database->execute(obs::rt::kCreateSchema).ok(), "schema");
  return *std::move(database);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace obs;
  static rt::Database database = emptyDatabase();
  const std::string_view text(reinterpret_cast<const char *>(data), size);
  const auto condition = ctl::parseWhere(text, 1'800'000'000'000'000'000);
  if (!condition.ok()) {
    const std::string message(condition.status().message());
    fuzz::require(std::count(message.begin(), message.end(), '\n') == 2,
                  "lines of the message", message);
    return 0;
  }
  const auto statement =
      database.prepare("SELECT 1 FROM calls WHERE " + condition->sql);
  fuzz::require(statement.ok(), "no SQL", condition->sql);
  const auto marks =
      std::count(condition->sql.begin(), condition->sql.end(), '?');
  fuzz::require(size_t(marks) == condition->values.size(), "values",
                condition->sql);
  return 0;
}
