// SPDX-License-Identifier: Apache-2.0
// Rules for sampling rates, as obsctl asks for them: whatever the control area
// holds, the collector answers, and each function has a rate that it may have.
// An input is a list of requests, each of a command, a rate and a glob that
// fills the area, terminated or not.
#include "control.h"
#include "fuzz.h"
#include "monitored.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

namespace {

using namespace obs;
using namespace obs::rt;

const char *const kFunctions[] = {"add",          "Book::add", "a::Book::add",
                                  "a::b(int) <>", "",          "*"};

detail::Site site(const char *function) {
  return test::makeSite(function, "a.cpp", 1, "signature", "", 0.5, test::kBoth,
                        static_cast<void (*)()>(nullptr));
}

// The rule in words: a name, its last parts, or what fnmatch says of them.
bool mustMatch(const std::string &glob, const std::string &function) {
  return glob == "*" || glob == function ||
         (function.size() > glob.size() + 2 && function.ends_with("::" + glob));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const auto arena = Arena::create(
      {.database = "/x", .limit = 1 << 20, .directory = "/proc/none"});
  fuzz::require(arena != nullptr, "arena");
  Registry registry(*arena, 1);
  Rings rings(*arena, registry, [] {});
  Control control(arena->header(), registry, rings);
  std::map<std::string, uint32_t> sites;
  for (const char *function : kFunctions)
    sites[function] = registry.add(site(function)).value();
  bool recording = true;
  std::map<std::string, double> rates;
  for (const auto &[function, id] : sites)
    rates[function] = 0.5;

  ControlArea &area = arena->header().control;
  fuzz::Input input(data, size);
  while (input.size() > 0) {
    area.command = ControlCommand(input.take<uint8_t>() % 5);
    area.rate = input.take<double>();
    const std::string_view text =
        input.text(std::min<size_t>(input.take<uint16_t>(), sizeof(area.glob)));
    memset(area.glob, 0, sizeof(area.glob));
    memcpy(area.glob, text.data(), text.size());
    area.asked.fetch_add(1);
    control.serve();
    fuzz::require(area.answered == area.asked, "no answer");

    const bool isRule = area.command == ControlCommand::SetSampleRate &&
                        area.rate >= 0 && area.rate <= 1;
    if (area.command == ControlCommand::Record)
      recording = true;
    if (area.command == ControlCommand::DoNotRecord)
      recording = false;
    fuzz::require(area.recording == recording, "recording");
    fuzz::require(area.functions == std::size(kFunctions), "functions");
    const std::string glob = textOf(area.glob);
    size_t matched = 0;
    for (const auto &[function, id] : sites) {
      const bool matches = matchesFunction(glob, function);
      fuzz::require(matches || !mustMatch(glob, function), "no match", glob);
      matched += matches;
      if (isRule && matches)
        rates[function] = area.rate;
      const uint32_t entry = registry.entry(id);
      fuzz::require(entry < registry.size(), "an entry that is not there");
      const double rate = recording ? rates[function] : 0;
      fuzz::require(std::abs(registry.rate(entry) - rate) <= 0.005 * rate,
                    "rate", function);
    }
    fuzz::require(area.matched == matched, "matched", glob);
  }
  return 0;
}
