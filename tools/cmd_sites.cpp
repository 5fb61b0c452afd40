// SPDX-License-Identifier: Apache-2.0
// `obsctl sites`: what the plugin did to the functions of compiled files.
#include "command.h"

#include "concat.h"
#include "elf_file.h"
#include "sample_rules.h"
#include "site_list.h"
#include "units.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

namespace obs::ctl {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string function;
  std::string rule;
  bool unmatched = false;
  bool refused = false;
};

// What the files given hold, and how many of them hold nothing.
struct Contents {
  SiteList list;
  size_t files = 0;
  size_t silent = 0;
};

absl::StatusOr<Contents> read(const Options &options) {
  std::vector<std::string> files;
  for (const std::string &path : options.files) {
    if (!std::filesystem::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    auto below = elfFilesBelow(path);
    if (!below.ok())
      return below.status();
    files.insert(files.end(), below->begin(), below->end());
  }
  Contents contents;
  contents.files = files.size();
  for (const std::string &file : files) {
    auto sections = readSections(file, kSiteSection);
    if (!sections.ok())
      return sections.status();
    contents.silent += sections->empty();
    for (const std::string &section : *sections)
      if (absl::Status status = contents.list.add(section, file); !status.ok())
        return status;
  }
  if (contents.silent == contents.files)
    return absl::NotFoundError(concat(
        "nothing of obs in ",
        options.files.size() == 1 ? options.files[0] : "any of the files",
        " (no section ", kSiteSection,
        ")\n  Was it compiled with the plugin, and does anything in it ask for "
        "monitoring? llvm-strip and eu-strip remove the section: look at the "
        "file as it was before"));
  return contents;
}

std::string placeOf(const std::string &file, int64_t line) {
  return concat(file, ":", line);
}

std::string askerOf(const Site &site) {
  if (site.by == "rule")
    return concat("rule ", placeOf(site.byFile, site.byLine));
  return site.byName.empty() ? site.by : concat(site.by, " ", site.byName);
}

// What is asked for besides the rate.
std::string optionsOf(const Site &site) {
  std::string text;
  const auto add = [&](const std::string &option) {
    text += (text.empty() ? "" : ", ") + option;
  };
  if (!site.args)
    add("args=false");
  if (!site.result)
    add("result=false");
  if (!site.returnedErrors)
    add("errors=exceptions");
  if (!site.skip.empty()) {
    std::string names;
    for (const std::string &name : site.skip)
      names += (names.empty() ? "" : ", ") + name;
    add(concat("skip=(", names, ")"));
  }
  if (site.name)
    add(concat("name=\"", *site.name, "\""));
  return text;
}

bool matches(const std::string &glob, const std::string &name) {
  return glob.empty() || rt::matchesFunction(glob, name);
}

// `wanted`: "12", "rules.txt:12" with as much of the path as one likes, or
// "rules.txt".
bool isRule(const std::string &wanted, const std::string &file, int64_t line) {
  const std::string place = placeOf(file, line);
  const auto endsWith = [&](const std::string &text) {
    return text == wanted || text.ends_with("/" + wanted) ||
           text.ends_with(":" + wanted);
  };
  return wanted.empty() || endsWith(place) || endsWith(file);
}

bool isChosen(const Options &options, const Site &site) {
  return site.monitored() != options.refused &&
         (matches(options.function, site.function) ||
          (site.name && matches(options.function, *site.name))) &&
         (options.rule.empty() ||
          (site.by == "rule" &&
           isRule(options.rule, site.byFile, site.byLine)));
}

Json toJson(const SiteList::Found &found) {
  const Site &site = found.site;
  Json by = {{"kind", site.by}};
  if (site.by == "rule") {
    by["file"] = site.byFile;
    by["line"] = site.byLine;
  } else if (!site.byName.empty()) {
    by["name"] = site.byName;
  }
  Json json = {{"function", site.function}, {"file", site.file},
               {"line", site.line},         {"signature", site.signature},
               {"by", std::move(by)},       {"in", found.origins}};
  if (!site.monitored()) {
    json["why"] = site.why;
    return json;
  }
  json["sample_rate"] = site.sample;
  json["args"] = site.args;
  json["result"] = site.result;
  json["errors"] = site.returnedErrors ? "all" : "exceptions";
  json["skip"] = site.skip;
  json["name"] = site.name ? Json(*site.name) : Json(nullptr);
  return json;
}

Table tableOf(const std::vector<SiteList::Found> &sites, bool refused) {
  using enum Table::Align;
  if (refused) {
    Table table({{"FUNCTION", Left, true},
                 {"PLACE", Left, true},
                 {"BY", Left, true},
                 {"NOT MONITORED BECAUSE", Left, true}});
    for (const auto &[site, origins] : sites)
      table.add({{site.function, Style::Bold},
                 {placeOf(site.file, site.line)},
                 {askerOf(site)},
                 {site.why}});
    return table;
  }
  Table table({{"FUNCTION", Left, true},
               {"PLACE", Left, true},
               {"SAMPLE", Right},
               {"BY", Left, true},
               {"OPTIONS", Left, true}});
  for (const auto &[site, origins] : sites)
    table.add({{site.function, Style::Bold},
               {placeOf(site.file, site.line)},
               {formatRate(site.sample)},
               {askerOf(site)},
               {optionsOf(site)}});
  return table;
}

std::string counted(size_t count, const char *thing) {
  return concat(formatCount(static_cast<int64_t>(count)), " ", thing,
                count == 1 ? "" : "s");
}

struct RuleCounts {
  size_t all = 0;
  std::vector<SiteRule> unmatched;
};

RuleCounts countRules(const SiteList &list, const std::string &wanted) {
  RuleCounts counts;
  for (auto &[rule, matched] : list.rules()) {
    if (!isRule(wanted, rule.file, rule.line))
      continue;
    ++counts.all;
    if (!matched)
      counts.unmatched.push_back(rule);
  }
  return counts;
}

void showUnmatched(const Context &context, const RuleCounts &rules) {
  if (context.json) {
    Json document = Json::array();
    for (const SiteRule &rule : rules.unmatched)
      document.push_back(
          {{"file", rule.file}, {"line", rule.line}, {"text", rule.text}});
    printJson(document);
    return;
  }
  if (rules.unmatched.empty()) {
    print(rules.all == 0 ? "No rules.\n" : "Every rule matched something.\n");
    return;
  }
  using enum Table::Align;
  Table table({{"RULE", Left, true}, {"MATCHED NOTHING", Left, true}});
  for (const SiteRule &rule : rules.unmatched)
    table.add({{placeOf(rule.file, rule.line)}, {rule.text, Style::Yellow}});
  print(table.render(context.screen));
  print(concat("\n", formatCount(int64_t(rules.unmatched.size())), " of ",
               counted(rules.all, "rule"),
               " matched nothing in these files: misspelled, or an earlier "
               "rule or an attribute decided first\n"));
}

void showSites(const Context &context, const Options &options,
               const Contents &contents) {
  std::vector<SiteList::Found> shown;
  size_t monitored = 0, refused = 0;
  for (SiteList::Found &found : contents.list.sites()) {
    ++(found.site.monitored() ? monitored : refused);
    if (isChosen(options, found.site))
      shown.push_back(std::move(found));
  }
  if (context.json) {
    Json document = Json::array();
    for (const SiteList::Found &found : shown)
      document.push_back(toJson(found));
    printJson(document);
    return;
  }
  if (shown.empty())
    print("No such function.\n");
  else
    print(tableOf(shown, options.refused).render(context.screen));
  const RuleCounts rules = countRules(contents.list, {});
  print(concat("\n", counted(monitored, "function"), " monitored in ",
               counted(contents.files - contents.silent, "file")));
  if (refused > 0)
    print(concat("; ", formatCount(int64_t(refused)),
                 " asked for, but not monitored",
                 options.refused ? "" : " (--refused says why)"));
  print("\n");
  if (!rules.unmatched.empty())
    print(styled(context.screen, Style::Yellow,
                 concat(formatCount(int64_t(rules.unmatched.size())), " of ",
                        counted(rules.all, "rule"),
                        " matched nothing (--unmatched)\n")));
}

absl::Status runSites(const Context &context, const Options &options) {
  auto contents = read(options);
  if (!contents.ok())
    return contents.status();
  if (options.unmatched)
    showUnmatched(context, countRules(contents->list, options.rule));
  else
    showSites(context, options, *contents);
  return absl::OkStatus();
}

} // namespace

void addSites(CLI::App &app, Context &context) {
  auto options = std::make_shared<Options>();
  CLI::App *command = app.add_subcommand(
      "sites", "compiled files: which functions are monitored, and why");
  command
      ->add_option("FILE", options->files,
                   "executables, shared objects, object files, archives, or "
                   "directories of them")
      ->required();
  CLI::Option *function =
      command
          ->add_option("--function", options->function,
                       "a name, its last part, or a glob such as 'Book::*'")
          ->type_name("GLOB");
  command
      ->add_option("--rule", options->rule,
                   "what a rule chose: its line, FILE:LINE, or a file of rules")
      ->type_name("RULE");
  CLI::Option *unmatched =
      command
          ->add_flag("--unmatched", options->unmatched,
                     "the rules that matched nothing in all of the files")
          ->excludes(function);
  command
      ->add_flag("--refused", options->refused,
                 "functions that were asked for, but are not monitored")
      ->excludes(unmatched);
  command->callback([options, &context] {
    context.run = [options, &context] { return runSites(context, *options); };
  });
}

} // namespace obs::ctl
