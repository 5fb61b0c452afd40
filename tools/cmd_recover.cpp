// SPDX-License-Identifier: Apache-2.0
// `obsctl recover`: brings in what killed processes left in shared memory.
#include "command.h"

#include "concat.h"
#include "recovery.h"
#include "units.h"

namespace obs::ctl {
namespace {

absl::Status runRecover(const Context &context) {
  auto report = rt::recoverAll(databasePath(context));
  if (!report.ok())
    return report.status();
  if (context.json) {
    printJson({{"processes", report->processes},
               {"calls", report->calls},
               {"errors", report->errors},
               {"in_flight", report->inFlight},
               {"problems", report->problems}});
  } else if (report->processes == 0 && report->problems.empty()) {
    print("Nothing to recover.\n");
  } else {
    print(concat("Recovered ", formatCount(report->calls), " calls of ",
                 formatCount(report->processes),
                 " processes: ", formatCount(report->errors), " errors, ",
                 formatCount(report->inFlight), " in flight\n"));
  }
  if (report->problems.empty())
    return absl::OkStatus();
  std::string message = "some leftovers could not be read:";
  for (const std::string &problem : report->problems)
    message += concat("\n  ", problem);
  return absl::InternalError(message);
}

} // namespace

void addRecover(CLI::App &app, Context &context) {
  app.add_subcommand("recover",
                     "brings in the calls that killed processes left behind")
      ->callback([&context] {
        context.run = [&context] { return runRecover(context); };
      });
}

} // namespace obs::ctl
