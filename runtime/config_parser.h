// SPDX-License-Identifier: Apache-2.0
// The environment's text to obs::Config, with messages for what is wrong.
#ifndef OBS_RUNTIME_CONFIG_PARSER_H
#define OBS_RUNTIME_CONFIG_PARSER_H

#include "obs/config.h"

#include "absl/functional/function_ref.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace obs::rt {

// Receives one message a bad or unknown variable, without a line end.
using ConfigWarning = absl::FunctionRef<void(std::string_view message)>;

// `environment`: "NAME=value" strings, ended by null, as `environ`. May be
// null. A variable with an empty value counts as not set.
Config configFromEnvironment(const char *const *environment,
                             ConfigWarning warn);

// The grammars of config.h, also for the options of obsctl. Nothing if `text`
// is not of that form, is negative or does not fit.
std::optional<std::chrono::nanoseconds> parseDuration(std::string_view text);
std::optional<int64_t> parseSize(std::string_view text);

} // namespace obs::rt

#endif // OBS_RUNTIME_CONFIG_PARSER_H
