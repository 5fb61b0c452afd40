// SPDX-License-Identifier: Apache-2.0
// Sampling rates that were given while the program runs.
#include "sample_rules.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"

#include <algorithm>
#include <fnmatch.h>

namespace obs::rt {
namespace {

// To three digits, as decimals: 0.05 stays 0.05.
double rounded(double rate) {
  double value = rate;
  return absl::SimpleAtod(absl::StrFormat("%.3g", rate), &value) ? value : rate;
}

} // namespace

bool matchesFunction(std::string_view glob, std::string_view function) {
  const std::string name(function);
  const std::string pattern(glob);
  const std::string tail = "*::" + pattern;
  return name == pattern || name.ends_with("::" + pattern) ||
         fnmatch(pattern.c_str(), name.c_str(), FNM_NOESCAPE) == 0 ||
         fnmatch(tail.c_str(), name.c_str(), FNM_NOESCAPE) == 0;
}

void SampleRules::set(std::string_view glob, double rate) {
  const auto same =
      std::find_if(rules_.begin(), rules_.end(),
                   [glob](const Rule &r) { return r.glob == glob; });
  if (same != rules_.end())
    rules_.erase(same);
  rules_.push_back({std::string(glob), rounded(rate)});
}

void SampleRules::add(const SampleRules &other) {
  for (const Rule &rule : other.rules_)
    set(rule.glob, rule.rate);
}

std::optional<double> SampleRules::rateOf(std::string_view function) const {
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule)
    if (matchesFunction(rule->glob, function))
      return rule->rate;
  return std::nullopt;
}

} // namespace obs::rt
