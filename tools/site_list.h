// SPDX-License-Identifier: Apache-2.0
// What the plugin left in object files about functions and rules;
// docs/sites.md defines the format.
#ifndef OBS_TOOLS_SITE_LIST_H
#define OBS_TOOLS_SITE_LIST_H

#include "absl/status/status.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace obs::ctl {

inline constexpr char kSiteSection[] = ".obs.sites";

// A function that somebody asked for.
struct Site {
  std::string function; // qualified
  std::string file;
  int64_t line = 0;
  std::string signature;
  std::string by;     // "attribute", "class", "namespace", "rule"
  std::string byName; // of the class or namespace
  std::string byFile; // of the rule
  int64_t byLine = 0;
  // Monitored ones:
  double sample = 1;
  bool args = true;
  bool result = true;
  bool returnedErrors = true; // count as errors
  std::vector<std::string> skip;
  std::optional<std::string> name; // in the database
  // Others:
  std::string why;

  bool monitored() const { return why.empty(); }
};

struct SiteRule {
  std::string file;
  int64_t line = 0;
  std::string text;
};

// Thread-compatible. What object files and the linked files made of them say
// alike stands in it once.
class SiteList {
public:
  // Adds the contents of a section of the file `origin`, which errors name:
  // DataLoss (damaged), FailedPrecondition (of a newer plugin).
  absl::Status add(std::string_view section, const std::string &origin);

  struct Found {
    Site site;
    std::set<std::string> origins;
  };
  // By function, file and line.
  std::vector<Found> sites() const;

  // All rules by file and line; with whether one has matched anywhere.
  std::vector<std::pair<SiteRule, bool>> rules() const;

private:
  absl::Status addEntry(const std::string &text, const std::string &origin);

  std::map<std::string, Found> sites_; // by the text of their entry
  std::map<std::tuple<std::string, int64_t, std::string>, bool> matched_;
};

} // namespace obs::ctl

#endif // OBS_TOOLS_SITE_LIST_H
