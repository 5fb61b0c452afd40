// SPDX-License-Identifier: Apache-2.0
// The environment's text to obs::Config, with messages for what is wrong.
#include "config_parser.h"
#include "log.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <strings.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace obs {
namespace rt {
namespace {

using std::chrono::nanoseconds;

constexpr const char *kDurationForm = "a duration such as 0.1, 100ms or 6h";
constexpr const char *kSizeForm = "a size such as 65536, 64K or 512MB";
constexpr const char *kSwitchForm = "0 or 1";

// Debian's abseil has a string_view of its own, so the standard library it is.
std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == text.npos)
    return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool equalsIgnoreCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size())
    return false;
  // An empty view may have no bytes to point to.
  return a.empty() || strncasecmp(a.data(), b.data(), a.size()) == 0;
}

template <typename... Parts> std::string concat(Parts... parts) {
  std::string all;
  (all.append(parts), ...);
  return all;
}

// The number at the start of `text`, which is then what follows it.
template <typename Number>
std::optional<Number> takeNumber(std::string_view &text) {
  Number number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc())
    return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

std::optional<double> takeUnsigned(std::string_view &text) {
  const std::optional<double> number = takeNumber<double>(text);
  return number && std::isfinite(*number) && !std::signbit(*number)
             ? number
             : std::nullopt;
}

struct Unit {
  std::string_view name;
  double factor;
};

// "<number><unit>" as number * factor, if it is finite and not negative.
template <size_t N>
std::optional<double> parseWithUnit(std::string_view text,
                                    const std::array<Unit, N> &units) {
  text = trim(text);
  const std::optional<double> number = takeUnsigned(text);
  if (!number)
    return std::nullopt;
  text = trim(text);
  for (const Unit &unit : units) {
    if (equalsIgnoreCase(text, unit.name))
      return *number * unit.factor;
  }
  return std::nullopt;
}

std::optional<int64_t> toInt64(std::optional<double> value) {
  if (!value || *value >= 0x1p63)
    return std::nullopt;
  return std::llround(*value);
}

std::optional<bool> parseSwitch(std::string_view text) {
  text = trim(text);
  for (std::string_view word : {"1", "true", "yes", "on"}) {
    if (equalsIgnoreCase(text, word))
      return true;
  }
  for (std::string_view word : {"0", "false", "no", "off"}) {
    if (equalsIgnoreCase(text, word))
      return false;
  }
  return std::nullopt;
}

std::optional<int64_t> parseCount(std::string_view text, int64_t least) {
  text = trim(text);
  const std::optional<int64_t> value = takeNumber<int64_t>(text);
  // The ceiling keeps sums and products of counts within 64 bits.
  constexpr int64_t kMost = 1'000'000'000'000;
  return text.empty() && value && *value >= least && *value <= kMost
             ? value
             : std::nullopt;
}

std::optional<int64_t> upTo(int64_t most, std::optional<int64_t> value) {
  return value && *value <= most ? value : std::nullopt;
}

std::optional<double> parseRate(std::string_view text) {
  text = trim(text);
  const std::optional<double> value = takeUnsigned(text);
  return text.empty() && value && *value <= 1 ? value : std::nullopt;
}

std::optional<double> parseCores(std::string_view text) {
  text = trim(text);
  const std::optional<double> value = takeUnsigned(text);
  return text.empty() && value && *value <= 1e6 ? value : std::nullopt;
}

std::optional<nanoseconds> parseDurationFrom(std::string_view text,
                                             nanoseconds least) {
  const std::optional<nanoseconds> value = parseDuration(text);
  return value && *value >= least ? value : std::nullopt;
}

// One environment variable of a process.
struct Variable {
  std::string_view name;
  std::string_view expected;
  std::string_view fallback; // the default, as one would write it
  bool (*set)(Config &config, std::string_view text); // false: a bad value
};

template <typename T, typename U>
bool assign(T &field, const std::optional<U> &value) {
  if (value)
    field = *value;
  return value.has_value();
}

constexpr std::array<Variable, 21> kVariables = {{
    {"OBS_DB", "a path", "obs.db",
     [](Config &config, std::string_view text) {
       config.database = std::string(text);
       return true;
     }},
    {"OBS_DISABLE", kSwitchForm, "0",
     [](Config &config, std::string_view text) {
       return assign(config.disable, parseSwitch(text));
     }},
    {"OBS_SAMPLE", "a number from 0 to 1", "1",
     [](Config &config, std::string_view text) {
       return assign(config.sample, parseRate(text));
     }},
    {"OBS_DRAIN_INTERVAL", "a duration of 1ms or more, such as 0.1 or 100ms",
     "100ms",
     [](Config &config, std::string_view text) {
       return assign(config.drainInterval,
                     parseDurationFrom(text, std::chrono::milliseconds(1)));
     }},
    {"OBS_BATCH_SIZE", "a number of 1 or more", "100",
     [](Config &config, std::string_view text) {
       return assign(config.batchSize, parseCount(text, 1));
     }},
    {"OBS_QUEUE_NORMAL", "a number of 1 or more", "10000",
     [](Config &config, std::string_view text) {
       return assign(config.queueNormal, parseCount(text, 1));
     }},
    {"OBS_QUEUE_OVERFLOW", "a number of 0 or more", "50000",
     [](Config &config, std::string_view text) {
       return assign(config.queueOverflow, parseCount(text, 0));
     }},
    {"OBS_BREAKER_FAILURES", "a number of 1 or more", "3",
     [](Config &config, std::string_view text) {
       return assign(config.breakerFailures, parseCount(text, 1));
     }},
    {"OBS_BREAKER_TIMEOUT", kDurationForm, "30s",
     [](Config &config, std::string_view text) {
       return assign(config.breakerTimeout, parseDuration(text));
     }},
    {"OBS_RETENTION_AGE", kDurationForm, "6h",
     [](Config &config, std::string_view text) {
       return assign(config.retentionAge, parseDuration(text));
     }},
    {"OBS_RETENTION_ERROR_AGE", kDurationForm, "0",
     [](Config &config, std::string_view text) {
       return assign(config.retentionErrorAge, parseDuration(text));
     }},
    {"OBS_RETENTION_SIZE", kSizeForm, "1GB",
     [](Config &config, std::string_view text) {
       return assign(config.retentionSize, parseSize(text));
     }},
    {"OBS_MEMORY_LIMIT", kSizeForm,
     "1 KB a record of the queues, at least 64MB",
     [](Config &config, std::string_view text) {
       return assign(config.memoryLimit, parseSize(text));
     }},
    {"OBS_MAX_ITEMS", "a number from 1 to 1000000", "1000",
     [](Config &config, std::string_view text) {
       return assign(config.maxItems, upTo(1'000'000, parseCount(text, 1)));
     }},
    {"OBS_MAX_TEXT", "a number from 1 to 60000", "1000",
     [](Config &config, std::string_view text) {
       return assign(config.maxText, upTo(60'000, parseCount(text, 1)));
     }},
    {"OBS_MAX_DEPTH", "a number from 1 to 100", "5",
     [](Config &config, std::string_view text) {
       return assign(config.maxDepth, upTo(100, parseCount(text, 1)));
     }},
    {"OBS_MAX_RECORD", "a size from 64 to 60K", "60K",
     [](Config &config, std::string_view text) {
       const std::optional<int64_t> size = parseSize(text);
       return assign(config.maxRecord, size && *size >= 64
                                           ? upTo(60 * 1024, size)
                                           : std::nullopt);
     }},
    {"OBS_CPU_LIMIT", "a number of cores such as 0.5 or 2", "1",
     [](Config &config, std::string_view text) {
       return assign(config.cpuLimit, parseCores(text));
     }},
    {"OBS_NICE", "a number from 0 to 19", "5",
     [](Config &config, std::string_view text) {
       return assign(config.niceness, upTo(19, parseCount(text, 0)));
     }},
    {"OBS_RESOURCES", kSwitchForm, "1",
     [](Config &config, std::string_view text) {
       return assign(config.resources, parseSwitch(text));
     }},
    {"OBS_READ_POINTERS", kSwitchForm, "1",
     [](Config &config, std::string_view text) {
       return assign(config.readPointers, parseSwitch(text));
     }},
}};

// Variables of other parts of the product.
constexpr std::array<std::string_view, 2> kElsewhere = {"OBS_CLANG",
                                                        "OBS_SHM_DIR"};

size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = std::exchange(
          row[j], std::min({replaced, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row[b.size()];
}

void warnUnknown(std::string_view name, ConfigWarning warn) {
  const Variable *nearest = nullptr;
  size_t best = 4; // further away is another word
  for (const Variable &variable : kVariables) {
    // A forgotten ending (OBS_RETENTION) is as near as a slip of the pen.
    const size_t distance = variable.name.starts_with(name) && name.size() > 4
                                ? 1
                                : editDistance(name, variable.name);
    if (distance < best) {
      best = distance;
      nearest = &variable;
    }
  }
  std::string message = concat("unknown variable ", name, " is ignored");
  if (nearest)
    message += concat("; did you mean ", nearest->name, "?");
  warn(message);
}

} // namespace

std::optional<nanoseconds> parseDuration(std::string_view text) {
  static constexpr std::array<Unit, 8> kUnits = {{{"", 1e9},
                                                  {"ns", 1},
                                                  {"us", 1e3},
                                                  {"ms", 1e6},
                                                  {"s", 1e9},
                                                  {"m", 60e9},
                                                  {"h", 3600e9},
                                                  {"d", 86400e9}}};
  const std::optional<int64_t> value = toInt64(parseWithUnit(text, kUnits));
  return value ? std::optional(nanoseconds(*value)) : std::nullopt;
}

std::optional<int64_t> parseSize(std::string_view text) {
  static constexpr std::array<Unit, 14> kUnits = {{{"", 1},
                                                   {"B", 1},
                                                   {"K", 0x1p10},
                                                   {"KB", 0x1p10},
                                                   {"KiB", 0x1p10},
                                                   {"M", 0x1p20},
                                                   {"MB", 0x1p20},
                                                   {"MiB", 0x1p20},
                                                   {"G", 0x1p30},
                                                   {"GB", 0x1p30},
                                                   {"GiB", 0x1p30},
                                                   {"T", 0x1p40},
                                                   {"TB", 0x1p40},
                                                   {"TiB", 0x1p40}}};
  return toInt64(parseWithUnit(text, kUnits));
}

Config configFromEnvironment(const char *const *environment,
                             ConfigWarning warn) {
  Config config;
  for (; environment && *environment; ++environment) {
    const std::string_view entry = *environment;
    const size_t equals = entry.find('=');
    if (!entry.starts_with("OBS_") || equals == entry.npos)
      continue;
    const std::string_view name = entry.substr(0, equals);
    const std::string_view value = entry.substr(equals + 1);
    const auto *variable =
        std::find_if(kVariables.begin(), kVariables.end(),
                     [&](const Variable &v) { return v.name == name; });
    if (variable == kVariables.end()) {
      if (std::find(kElsewhere.begin(), kElsewhere.end(), name) ==
          kElsewhere.end())
        warnUnknown(name, warn);
    } else if (!value.empty() && !variable->set(config, value)) {
      warn(concat(name, "='", value, "': expected ", variable->expected,
                  "; using the default, ", variable->fallback));
    }
  }
  return config;
}

} // namespace rt

int64_t Config::resolvedMemoryLimit() const {
  if (memoryLimit > 0)
    return memoryLimit;
  return std::max<int64_t>((queueNormal + queueOverflow) * 1024,
                           int64_t{64} << 20);
}

Config Config::fromEnvironment() {
  return rt::configFromEnvironment(environ, [](std::string_view message) {
    rt::logLine(rt::LogKind::Config, message);
  });
}

} // namespace obs
