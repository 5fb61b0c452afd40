// SPDX-License-Identifier: Apache-2.0
// The commands of obsctl, and what they share.
#include "command.h"

#include "concat.h"

#include "database_file.h"
#include "recovery.h"
#include "schema.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <sys/stat.h>

namespace obs::ctl {
namespace {

constexpr std::chrono::seconds kBusyTimeout{2};

const char *environmentPath() {
  const char *path = std::getenv("OBS_DB");
  return path && *path ? path : nullptr;
}

std::string origin(const Context &context) {
  if (!context.database.empty())
    return "given by --db";
  if (environmentPath())
    return "given by OBS_DB";
  return "the default: neither --db nor OBS_DB is given";
}

absl::Status explained(const absl::Status &status, const std::string &path) {
  switch (status.code()) {
  case absl::StatusCode::kDataLoss:
    return absl::DataLossError(
        concat(path, " is not a database of obs, or is damaged: ",
               std::string(status.message())));
  case absl::StatusCode::kUnavailable:
    return absl::UnavailableError(
        concat(path,
               " is locked by another process; try again when "
               "that has finished: ",
               std::string(status.message())));
  default:
    return absl::Status(status.code(), concat("cannot read ", path, ": ",
                                              std::string(status.message())));
  }
}

} // namespace

void addLimitOption(CLI::App &command, int64_t &limit, const char *help) {
  command.add_option("--limit", limit, help)->check(CLI::NonNegativeNumber);
}

std::string databasePath(const Context &context) {
  if (!context.database.empty())
    return context.database;
  const char *path = environmentPath();
  return path ? path : "obs.db";
}

absl::StatusOr<rt::Database> openDatabase(const Context &context) {
  std::string path = rt::absolutePath(databasePath(context));
  struct stat file = {};
  if (stat(path.c_str(), &file) != 0)
    return absl::NotFoundError(
        concat("no database at ", path, " (", origin(context), ")\n  ",
               rt::listLeftovers(path).empty()
                   ? "Run a monitored program first, or name its database: "
                     "obsctl --db FILE"
                   : "A process that was killed left calls for it: obsctl "
                     "recover brings them in"));
  if (!S_ISREG(file.st_mode))
    return absl::DataLossError(concat(path, " is not a file"));

  auto database =
      rt::Database::open(path, rt::OpenMode::ReadOnly, kBusyTimeout);
  if (!database.ok())
    return explained(database.status(), path);
  auto application = database->queryInt64("PRAGMA application_id");
  if (!application.ok())
    return explained(application.status(), path);
  auto version = database->queryInt64("PRAGMA user_version");
  if (!version.ok())
    return explained(version.status(), path);
  if (*application != rt::kApplicationId || *version < 1)
    return absl::DataLossError(
        concat(path, " is a SQLite database, but not one of obs (",
               origin(context), ")"));
  if (*version > rt::kSchemaVersion)
    return absl::FailedPreconditionError(concat(
        path, " has schema ", *version, ", but this obsctl knows up to ",
        rt::kSchemaVersion, "; use the obsctl of the obs that wrote it"));
  if (*version < rt::kSchemaVersion)
    return absl::FailedPreconditionError(concat(
        path, " has schema ", *version, " of an older obs; the next monitored ",
        "program that writes to it brings it to schema ", rt::kSchemaVersion));
  return database;
}

int exitCode(const absl::Status &status) {
  switch (status.code()) {
  case absl::StatusCode::kOk:
    return 0;
  case absl::StatusCode::kInvalidArgument:
    return 2;
  case absl::StatusCode::kNotFound:
    return 3;
  case absl::StatusCode::kDataLoss:
    return 4;
  case absl::StatusCode::kFailedPrecondition:
    return 5;
  case absl::StatusCode::kUnavailable:
    return 6;
  default:
    return 1;
  }
}

int64_t nowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Json parseJson(std::string_view text) {
  Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return value.is_discarded() ? Json(std::string(text)) : value;
}

void printJson(const Json &document) {
  print(document.dump(2, ' ', false, Json::error_handler_t::replace));
  print("\n");
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

} // namespace obs::ctl
