// SPDX-License-Identifier: Apache-2.0
// Sampling rates that were given while the program runs.
#ifndef OBS_RUNTIME_SAMPLE_RULES_H
#define OBS_RUNTIME_SAMPLE_RULES_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace obs::rt {

// Whether `glob` names a function: its qualified name, the last parts of that
// (`add` or `Book::add` for `a::Book::add`), or a glob on either (`Book::*`;
// as in the shell, but the star stands for any characters).
bool matchesFunction(std::string_view glob, std::string_view function);

// Rules in the order of their arrival; the last one that matches wins. One with
// a glob that is there already takes its place away, so there are no more
// rules than different globs. Rates are rounded to three digits: each one that
// a function has had costs memory for good, and a program may adapt them all
// the time. A plain value.
class SampleRules {
public:
  void set(std::string_view glob, double rate);
  // In the order of `other`.
  void add(const SampleRules &other);
  std::optional<double> rateOf(std::string_view function) const;

private:
  struct Rule {
    std::string glob;
    double rate;
  };
  std::vector<Rule> rules_;
};

} // namespace obs::rt

#endif // OBS_RUNTIME_SAMPLE_RULES_H
