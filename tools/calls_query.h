// SPDX-License-Identifier: Apache-2.0
// Rows of the view `calls`: chosen, read, shown.
#ifndef OBS_TOOLS_CALLS_QUERY_H
#define OBS_TOOLS_CALLS_QUERY_H

#include "command.h"
#include "where.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace obs::ctl {

struct CallRow {
  int64_t id = 0;
  std::string function;
  std::string file;
  int64_t line = 0;
  int64_t threadId = 0;
  int64_t processId = 0;
  std::optional<int64_t> parentId;
  int64_t startedNs = 0;
  std::optional<int64_t> durationNs;
  std::string status;
  std::optional<std::string> args;
  std::optional<std::string> result;
  std::optional<std::string> errorType;
  std::optional<std::string> errorMessage;
  std::optional<std::string> errorDetail; // JSON
  double sampleRate = 1;
  std::optional<int64_t> suspensions; // of a coroutine that has ended
  std::optional<int64_t> suspendedNs;
  std::optional<int64_t> cpuNs;
  std::optional<int64_t> allocatedBytes;
};

// As options give it; empty texts do not filter.
struct CallFilter {
  std::string function = {}; // a glob; without wildcards: a whole name, or its
                             // end behind "::"
  std::string status = {};
  std::string minDuration = {};
  std::string since = {};
  std::string until = {};
  std::vector<std::string> where = {};
  int64_t limit = 20; // the newest ones; 0: all
};

// The options of `filter` that every command has that lists calls.
void addFilterOptions(CLI::App &command, CallFilter &filter);
// --status and --min-duration, for those that do not say how a call ended.
void addOutcomeOptions(CLI::App &command, CallFilter &filter);

// What the filter means in SQL; InvalidArgument if an option makes no sense.
absl::StatusOr<std::vector<Condition>> conditionsOf(const CallFilter &filter);

// Rows that meet all conditions in order of their ids (of time): the newest
// `limit` (0: all).
absl::StatusOr<std::vector<CallRow>>
selectCalls(rt::Database &database, const std::vector<Condition> &conditions,
            int64_t limit);

Json toJson(const CallRow &row);

// The arguments without the braces of the whole: "id=42, price=1.5".
std::string argumentsText(const CallRow &row);

// What came of the call: its result, or error type and message.
Table::Cell outcome(const CallRow &row);

Table::Cell statusCell(const std::string &status);

} // namespace obs::ctl

#endif // OBS_TOOLS_CALLS_QUERY_H
