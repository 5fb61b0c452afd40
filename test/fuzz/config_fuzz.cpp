// SPDX-License-Identifier: Apache-2.0
// Any environment gives a configuration within its bounds. An input is a list
// of variables, each with a line end.
#include "config_parser.h"
#include "fuzz.h"

#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace obs;
  std::string text(reinterpret_cast<const char *>(data), size);
  std::vector<const char *> variables;
  for (size_t at = 0; at < text.size();) {
    variables.push_back(text.c_str() + at);
    at = text.find('\n', at);
    if (at == text.npos)
      break;
    text[at++] = 0;
  }
  variables.push_back(nullptr);
  size_t warnings = 0;
  const Config config = rt::configFromEnvironment(
      variables.data(), [&](std::string_view message) {
        fuzz::require(!message.empty(), "an empty warning");
        ++warnings;
      });
  fuzz::require(warnings < variables.size(), "more than a warning a variable");
  fuzz::require(config.sample >= 0 && config.sample <= 1, "sample");
  fuzz::require(config.drainInterval >= std::chrono::milliseconds(1),
                "drainInterval");
  fuzz::require(config.batchSize >= 1 && config.queueNormal >= 1 &&
                    config.queueOverflow >= 0 && config.breakerFailures >= 1,
                "counts");
  fuzz::require(
      config.breakerTimeout.count() >= 0 && config.retentionAge.count() >= 0 &&
          config.retentionErrorAge.count() >= 0 && config.retentionSize >= 0,
      "durations and sizes");
  fuzz::require(config.resolvedMemoryLimit() > 0, "memory limit");
  return 0;
}
