// SPDX-License-Identifier: Apache-2.0
// `obsctl sample`, `on`, `off`: changes how a running process is monitored.
#include "command.h"

#include "concat.h"
#include "live_arena.h"
#include "units.h"

#include <cstdint>
#include <memory>
#include <string>

namespace obs::ctl {
namespace {

constexpr std::chrono::seconds kTimeout{10};

struct Options {
  int64_t pid = 0;
  std::string glob;
  double rate = 1;
};

std::string nameOf(const rt::LiveArena &arena) {
  const std::string path = arena.executable();
  return concat(path.substr(path.rfind('/') + 1), " (", arena.header().pid,
                ")");
}

absl::Status runSample(const Context &context, const Options &options) {
  auto arena = rt::liveArenaOf(options.pid);
  if (!arena.ok())
    return arena.status();
  auto answer = (*arena)->ask(rt::ControlCommand::SetSampleRate, options.glob,
                              options.rate, kTimeout);
  if (!answer.ok())
    return answer.status();
  if (answer->matched == 0)
    return absl::NotFoundError(concat(
        "none of the ", formatCount(int64_t(answer->functions)),
        " functions that ", nameOf(**arena), " has called so far is named '",
        options.glob, "'; nothing has changed (obsctl stat lists them)"));
  if (context.json) {
    printJson({{"pid", options.pid},
               {"matched", answer->matched},
               {"functions", answer->functions},
               {"sample_rate", options.rate},
               {"recording", answer->recording}});
    return absl::OkStatus();
  }
  print(concat(nameOf(**arena), ": ", formatCount(int64_t(answer->matched)),
               " of ", formatCount(int64_t(answer->functions)),
               " functions now sampled at ", formatRate(options.rate), "\n"));
  if (!answer->recording)
    print(concat("Recording is off: obsctl on ", options.pid, "\n"));
  return absl::OkStatus();
}

absl::Status runSwitch(const Context &context, int64_t pid, bool on) {
  auto arena = rt::liveArenaOf(pid);
  if (!arena.ok())
    return arena.status();
  const auto answer = (*arena)->ask(on ? rt::ControlCommand::Record
                                       : rt::ControlCommand::DoNotRecord,
                                    "", 0, kTimeout);
  if (!answer.ok())
    return answer.status();
  if (context.json)
    printJson({{"pid", pid}, {"recording", answer->recording}});
  else
    print(concat(nameOf(**arena), ": recording is ",
                 answer->recording
                     ? "on\n"
                     : "off; calls are counted, nothing else is kept\n"));
  return absl::OkStatus();
}

// CLI11's own says "not in range" with all digits of the largest double.
template <class T> CLI::Validator from(T least, T most, const char *expected) {
  return CLI::Validator(
      [=](const std::string &text) {
        T value{};
        const bool isGood = CLI::detail::lexical_cast(text, value) &&
                            value >= least && value <= most;
        return isGood ? "" : concat("'", text, "' is no ", expected);
      },
      "");
}

void addPid(CLI::App &command, Options &options) {
  command.add_option("pid", options.pid, "the process, as obsctl ps shows it")
      ->required()
      ->check(from<int64_t>(1, INT32_MAX, "process ID; obsctl ps lists them"))
      ->type_name("PID");
}

void addSwitch(CLI::App &app, Context &context, const char *name,
               const char *help, bool on) {
  auto options = std::make_shared<Options>();
  CLI::App *command = app.add_subcommand(name, help);
  addPid(*command, *options);
  command->callback([options, &context, on] {
    context.run = [options, &context, on] {
      return runSwitch(context, options->pid, on);
    };
  });
}

} // namespace

void addSample(CLI::App &app, Context &context) {
  auto options = std::make_shared<Options>();
  CLI::App *command = app.add_subcommand(
      "sample", "sets the sampling rate of functions of a running process");
  addPid(*command, *options);
  command
      ->add_option("functions", options->glob,
                   "a name, its last part, or a glob such as 'Book::*'")
      ->required()
      ->type_name("GLOB");
  command->add_option("rate", options->rate, "from 0 to 1")
      ->required()
      ->check(from(0.0, 1.0, "rate from 0 (no call) to 1 (each call)"))
      ->type_name("RATE");
  command->callback([options, &context] {
    context.run = [options, &context] { return runSample(context, *options); };
  });
}

void addOn(CLI::App &app, Context &context) {
  addSwitch(app, context, "on", "has a running process recorded again", true);
}

void addOff(CLI::App &app, Context &context) {
  addSwitch(app, context, "off",
            "has nothing of a running process recorded, not even errors",
            false);
}

} // namespace obs::ctl
