// SPDX-License-Identifier: Apache-2.0
#include "site_list.h"

#include "concat.h"
#include "table.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace obs::ctl {
namespace {

using Json = nlohmann::json;

constexpr int64_t kVersion = 1;

Site siteOf(const Json &entry) {
  Site site;
  entry.at("function").get_to(site.function);
  entry.at("file").get_to(site.file);
  entry.at("line").get_to(site.line);
  entry.at("signature").get_to(site.signature);
  entry.at("by").get_to(site.by);
  site.byName = entry.value("by_name", "");
  site.byFile = entry.value("by_file", "");
  site.byLine = entry.value("by_line", int64_t{0});
  return site;
}

} // namespace

absl::Status SiteList::addEntry(const std::string &text,
                                const std::string &origin) {
  const Json entry = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  try {
    if (entry.at("obs").get<int64_t>() > kVersion)
      return absl::FailedPreconditionError(
          concat(origin, " was compiled with a newer obs than this obsctl is "
                         "of; use the obsctl of that obs"));
    const std::string kind = entry.at("kind");
    if (kind == "rule") {
      matched_[{entry.at("file"), entry.at("line"), entry.at("text")}] |=
          entry.at("matched").get<bool>();
      return absl::OkStatus();
    }
    Site site = siteOf(entry);
    if (kind == "monitored") {
      entry.at("sample").get_to(site.sample);
      entry.at("args").get_to(site.args);
      entry.at("result").get_to(site.result);
      site.returnedErrors = !entry.contains("errors");
      if (entry.contains("skip"))
        entry.at("skip").get_to(site.skip);
      if (entry.contains("name"))
        site.name = entry.at("name").get<std::string>();
    } else {
      entry.at("why").get_to(site.why);
    }
    Found &found = sites_[text];
    found.site = std::move(site);
    found.origins.insert(origin);
    return absl::OkStatus();
  } catch (const Json::exception &) {
    return absl::DataLossError(concat(origin, " has a damaged section ",
                                      kSiteSection, ": ",
                                      shortened(printable(text), 120)));
  }
}

absl::Status SiteList::add(std::string_view section,
                           const std::string &origin) {
  while (!section.empty()) {
    const std::string text(section.substr(0, section.find('\0')));
    section.remove_prefix(std::min(section.size(), text.size() + 1));
    if (text.empty()) // between the strings of two files
      continue;
    if (absl::Status status = addEntry(text, origin); !status.ok())
      return status;
  }
  return absl::OkStatus();
}

std::vector<SiteList::Found> SiteList::sites() const {
  std::vector<Found> sorted;
  for (const auto &[text, found] : sites_)
    sorted.push_back(found);
  const auto key = [](const Found &found) {
    return std::tie(found.site.function, found.site.file, found.site.line);
  };
  std::sort(sorted.begin(), sorted.end(),
            [&](const Found &a, const Found &b) { return key(a) < key(b); });
  return sorted;
}

std::vector<std::pair<SiteRule, bool>> SiteList::rules() const {
  // A precompiled header remembers which rule chose a function, but its users'
  // rules did not have to.
  std::set<std::pair<std::string, int64_t>> chose;
  for (const auto &[text, found] : sites_)
    chose.emplace(found.site.byFile, found.site.byLine);
  std::vector<std::pair<SiteRule, bool>> sorted;
  for (const auto &[rule, matched] : matched_) {
    const auto &[file, line, text] = rule;
    sorted.push_back(
        {{file, line, text}, matched || chose.contains({file, line})});
  }
  return sorted;
}

} // namespace obs::ctl
