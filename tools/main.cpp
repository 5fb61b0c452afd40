// SPDX-License-Identifier: Apache-2.0
// obsctl: looks into the database of a monitored program, and into the program.
#include "command.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <csignal>
#include <cstdio>

int main(int argc, char **argv) {
  using namespace obs::ctl;
  Context context;
  context.screen = Screen::standardOutput();

  CLI::App app("Shows what [[obs::monitor]] recorded.", "obsctl");
  app.option_defaults()->always_capture_default(false);
  app.require_subcommand(1);
  app.fallthrough(); // --db and --json may stand behind the command, too
  app.add_option("--db", context.database,
                 "the database (default: $OBS_DB, then obs.db)");
  app.add_flag("--json", context.json, "JSON instead of a table");
  addStat(app, context);
  addCalls(app, context);
  addErrors(app, context);
  addTail(app, context);
  addHealth(app, context);
  addRecover(app, context);
  addCrash(app, context);
  addSites(app, context);
  addPs(app, context);
  addSample(app, context);
  addOn(app, context);
  addOff(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  absl::Status status = context.run();
  std::fflush(stdout);
  if (!status.ok())
    std::fprintf(stderr, "obsctl: %.*s\n",
                 static_cast<int>(status.message().size()),
                 status.message().data());
  return exitCode(status);
}
