// SPDX-License-Identifier: Apache-2.0
// The thread that runs retention passes.
#include "retention.h"

#include "log.h"

#include "absl/status/status.h"
#include "absl/time/time.h"

#include <algorithm>
#include <utility>

namespace obs::rt {
namespace {

// Often enough for the file to level off, also in a window of seconds.
absl::Duration passInterval(std::chrono::nanoseconds age) {
  constexpr std::chrono::nanoseconds kLeast = std::chrono::milliseconds(100);
  constexpr std::chrono::nanoseconds kMost = std::chrono::seconds(1);
  return absl::FromChrono(age.count() > 0 ? std::clamp(age / 20, kLeast, kMost)
                                          : kMost);
}

} // namespace

Retention::Retention(RetentionOptions options)
    : hasLimits_(options.age.count() > 0 || options.size > 0), pass_(options),
      worker_(
          "obs-retention", passInterval(options.age), [this] { work(); },
          options.background) {}

Retention::~Retention() {
  stop();
}

bool Retention::start() {
  return !hasLimits_ || worker_.start();
}

void Retention::stop() {
  worker_.stop();
  pass_.close();
}

void Retention::work() {
  absl::Status status;
  try {
    status =
        pass_.run([this](auto time) { return worker_.pause(time); }).status();
  } catch (...) {
    pass_.close(); // with its transaction
    throw;
  }
  // A lock passes, and what is wrong with the file or its disk the writer
  // reports.
  if (!status.ok() && !absl::IsInternal(status))
    return;
  std::string message = status.ok() ? "" : status.ToString();
  if (!message.empty() && message != told_)
    logLine(LogKind::Database, "retention: " + message);
  told_ = std::move(message);
}

} // namespace obs::rt
