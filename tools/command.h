// SPDX-License-Identifier: Apache-2.0
// The commands of obsctl, and what they share.
#ifndef OBS_TOOLS_COMMAND_H
#define OBS_TOOLS_COMMAND_H

#include "sqlite.h"
#include "table.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include <CLI/App.hpp>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace obs::ctl {

using Json = nlohmann::ordered_json;

struct Context {
  std::string database; // as --db gave it; empty: not given
  bool json = false;
  Screen screen;
  std::function<absl::Status()> run; // set by the command that was named
};

// Each adds its command and options to `app`; the command sets `context.run`.
// Both must outlive the run.
void addStat(CLI::App &app, Context &context);
void addCalls(CLI::App &app, Context &context);
void addErrors(CLI::App &app, Context &context);
void addTail(CLI::App &app, Context &context);
void addHealth(CLI::App &app, Context &context);
void addRecover(CLI::App &app, Context &context);
void addCrash(CLI::App &app, Context &context);
void addSites(CLI::App &app, Context &context);
void addPs(CLI::App &app, Context &context);
void addSample(CLI::App &app, Context &context);
void addOn(CLI::App &app, Context &context);
void addOff(CLI::App &app, Context &context);

// --limit; `help` says what the default is.
void addLimitOption(CLI::App &command, int64_t &limit, const char *help);

// --db, else $OBS_DB, else obs.db.
std::string databasePath(const Context &context);

// Opens the database for reading. Errors explain themselves and the remedy:
// NotFound, DataLoss (not ours, or damaged), FailedPrecondition (newer
// schema), Unavailable (locked).
absl::StatusOr<rt::Database> openDatabase(const Context &context);

// The exit code for `status`; README and docs/obsctl.md list them.
int exitCode(const absl::Status &status);

// Unix time now.
int64_t nowNs();

// A recorded JSON text as a value; text that is no JSON as a string.
Json parseJson(std::string_view text);

// `--json` output: one indented document and a newline.
void printJson(const Json &document);
void print(std::string_view text);

} // namespace obs::ctl

#endif // OBS_TOOLS_COMMAND_H
