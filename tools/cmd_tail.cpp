// SPDX-License-Identifier: Apache-2.0
// `obsctl tail`: calls as they arrive in the database.
#include "calls_query.h"

#include "concat.h"
#include "units.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iterator>
#include <memory>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace obs::ctl {
namespace {

constexpr std::chrono::milliseconds kPollInterval{100};

// A call gets its id when it starts and its row when it ends, so rows also
// arrive behind the newest id. Each poll looks this many rows back ...
constexpr int64_t kNear = 20'000;
// ... and some polls so many, for calls that took long.
constexpr int64_t kFar = 500'000;
constexpr int64_t kLongNs = 50'000'000;
constexpr int kPollsPerSweep = 10;

volatile std::sig_atomic_t interrupted = 0;

struct Options {
  CallFilter filter;
};

// Finds the rows that are new since the last time.
class Follower {
public:
  Follower(rt::Database &database, std::vector<Condition> conditions)
      : database_(database), conditions_(std::move(conditions)) {}

  // Moves the horizons up to the newest rows. REQUIRES: once before next(), so
  // that what lies further back is history.
  absl::Status advance(bool farToo) {
    if (absl::Status status = moveBack(near_, kNear); !status.ok() || !farToo)
      return status;
    return moveBack(far_, kFar);
  }

  // `sweep`: also long calls from far back.
  absl::StatusOr<std::vector<CallRow>> next(bool sweep) {
    // One snapshot, so that no row falls between the queries.
    if (absl::Status status = database_.execute("BEGIN"); !status.ok())
      return status;
    auto rows = newRows(sweep);
    if (absl::Status status = database_.execute("COMMIT"); !status.ok())
      return status;
    return rows;
  }

private:
  absl::StatusOr<std::vector<CallRow>> newRows(bool sweep) {
    std::vector<CallRow> rows;
    if (sweep) {
      auto far = select(
          {"id > ? AND id <= ? AND duration_ns >= ?", {far_, near_, kLongNs}});
      if (!far.ok())
        return far;
      rows = *std::move(far);
    }
    auto near = select({"id > ?", {near_}});
    if (!near.ok())
      return near;
    std::move(near->begin(), near->end(), std::back_inserter(rows));
    if (absl::Status status = advance(sweep); !status.ok())
      return status;
    seen_.erase(seen_.begin(), seen_.upper_bound(far_));
    return rows;
  }

  // The rows that meet the conditions and have not been seen.
  absl::StatusOr<std::vector<CallRow>> select(Condition range) {
    std::vector<Condition> conditions = conditions_;
    conditions.push_back(std::move(range));
    auto rows = selectCalls(database_, conditions, 0);
    if (rows.ok())
      std::erase_if(*rows, [&](const CallRow &row) {
        return !seen_.insert(row.id).second;
      });
    return rows;
  }

  // Sets `horizon` to the id that lies `rows` behind the newest.
  absl::Status moveBack(int64_t &horizon, int64_t rows) {
    auto id = database_.queryInt64(
        concat("SELECT id FROM calls ORDER BY id DESC LIMIT 1 OFFSET ", rows));
    if (absl::IsNotFound(id.status()))
      return absl::OkStatus(); // there are fewer
    if (!id.ok())
      return id.status();
    horizon = *id;
    return absl::OkStatus();
  }

  rt::Database &database_;
  std::vector<Condition> conditions_;
  std::set<int64_t> seen_; // ids beyond far_
  int64_t near_ = 0;
  int64_t far_ = 0;
};

void printRow(const Context &context, const CallRow &row) {
  if (context.json) {
    print(toJson(row).dump(-1, ' ', false, Json::error_handler_t::replace));
    print("\n");
    return;
  }
  const Screen &screen = context.screen;
  Table::Cell result = outcome(row);
  std::string duration = row.durationNs ? formatDuration(*row.durationNs) : "-";
  std::string head = formatTime(row.startedNs, /*dateToo=*/false);
  int pad = std::max(0, 9 - displayWidth(duration));
  std::string text =
      printable(concat(row.function, "(", argumentsText(row), ")"));
  std::string tail = result.text.empty() ? "" : printable(result.text);
  if (screen.width > 0) {
    int room = std::max(20, screen.width - displayWidth(head) - 13);
    tail = shortened(tail, std::max(12, room / 2));
    text = shortened(
        text, std::max(12, room - (tail.empty() ? 0 : displayWidth(tail) + 4)));
  }
  print(concat(styled(screen, Style::Dim, head), "  ", std::string(pad, ' '),
               duration, "  ", text));
  if (!tail.empty())
    print(concat(" -> ", styled(screen, result.style, tail)));
  else if (row.status != "ok")
    print(concat(" ", styled(screen, Style::Yellow, row.status)));
  print("\n");
}

absl::Status runTail(const Context &context, const Options &options) {
  auto fixed = conditionsOf(options.filter);
  if (!fixed.ok())
    return fixed.status();
  auto database = openDatabase(context);
  if (!database.ok())
    return database.status();
  struct sigaction action = {};
  action.sa_handler = [](int) { interrupted = 1; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);

  Follower follower(*database, *std::move(fixed));
  if (absl::Status status = follower.advance(/*farToo=*/true); !status.ok())
    return status;
  int64_t version = -1;
  bool sweepDue = true;
  for (int64_t poll = 0; !interrupted; ++poll) {
    auto now = database->queryInt64("PRAGMA data_version");
    if (!now.ok())
      return now.status();
    bool sweep = sweepDue && poll % kPollsPerSweep == 0;
    if (*now != version || sweep) { // somebody has written
      sweepDue = *now != version;
      version = *now;
      auto rows = follower.next(sweep);
      if (!rows.ok())
        return rows.status();
      size_t skipped = 0;
      if (poll == 0 && rows->size() > static_cast<size_t>(options.filter.limit))
        skipped = rows->size() - options.filter.limit;
      for (size_t i = skipped; i < rows->size(); ++i)
        printRow(context, (*rows)[i]);
      std::fflush(stdout);
    }
    std::this_thread::sleep_for(kPollInterval);
  }
  return absl::OkStatus();
}

} // namespace

void addTail(CLI::App &app, Context &context) {
  auto options = std::make_shared<Options>();
  options->filter.limit = 10;
  CLI::App *command =
      app.add_subcommand("tail", "calls as they arrive, until Ctrl-C");
  addFilterOptions(*command, options->filter);
  addOutcomeOptions(*command, options->filter);
  addLimitOption(*command, options->filter.limit,
                 "how many of the past are shown first (default 10)");
  command->callback([options, &context] {
    context.run = [options, &context] { return runTail(context, *options); };
  });
}

} // namespace obs::ctl
