// SPDX-License-Identifier: Apache-2.0
// The plugin's file of rules: each line of any text that is neither blank nor a
// comment becomes a rule within its bounds, or an error. An input is the file.
#include "fuzz.h"
#include "rules.h"

#include "clang/Frontend/ASTUnit.h"
#include "clang/Sema/Sema.h"
#include "clang/Tooling/Tooling.h"

#include <fstream>
#include <memory>

namespace {

// Constants that rules may name.
constexpr const char *kSource =
    "constexpr double rate = 0.5; constexpr int half = 2; int variable;";

// A compiler that has read kSource. Its memory of files only grows.
std::unique_ptr<clang::ASTUnit> freshUnit() {
  auto unit = clang::tooling::buildASTFromCodeWithArgs(kSource, {"-std=c++17"});
  obs::fuzz::require(unit && unit->hasSema(), "no compiler");
  clang::DiagnosticsEngine &diagnostics = unit->getDiagnostics();
  // It only counts.
  diagnostics.setClient(new clang::DiagnosticConsumer(),
                        /*ShouldOwnClient=*/true);
  diagnostics.setErrorLimit(0);
  return unit;
}

unsigned linesWithRules(std::string_view text) {
  unsigned lines = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, line.find('#'));
    lines += line.find_first_not_of(" \t\r") != line.npos;
  }
  return lines;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace obs;
  static std::unique_ptr<clang::ASTUnit> unit;
  static int uses = 0;
  if (uses++ % 2000 == 0)
    unit = freshUnit();
  const std::string_view text(reinterpret_cast<const char *>(data), size);
  std::ofstream(fuzz::scratchFile(), std::ios::binary) << text;

  clang::DiagnosticsEngine &diagnostics = unit->getDiagnostics();
  diagnostics.Reset();
  const unsigned before = diagnostics.getClient()->getNumErrors();
  const auto rules = plugin::Rules::read(unit->getSema(), fuzz::scratchFile());
  const unsigned errors = diagnostics.getClient()->getNumErrors() - before;
  const unsigned lines = linesWithRules(text);
  fuzz::require(rules.rules().size() <= lines, "more rules than lines");
  fuzz::require(rules.rules().size() + errors >= lines, "a line passed over");
  for (const plugin::Rules::Rule &rule : rules.rules()) {
    const plugin::Options &options = rule.options;
    fuzz::require(rule.line >= 1 && rule.line <= size, "line");
    fuzz::require(!rule.text.empty(), "text");
    fuzz::require(options.sample.value_or(0) >= 0 &&
                      options.sample.value_or(0) <= 1,
                  "sample");
    for (size_t i = 0; i != plugin::kLimitCount; ++i)
      fuzz::require(!options.limits[i] ||
                        (*options.limits[i] >= plugin::kLimitKeys[i].least &&
                         *options.limits[i] <= plugin::kLimitKeys[i].most),
                    plugin::kLimitKeys[i].name);
    (void)rule.glob.match("a::Book::add(int)");
  }
  return 0;
}
