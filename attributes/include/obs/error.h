// SPDX-License-Identifier: Apache-2.0
// For result types of your own that say that a call has failed. Declare beside
// the type
//
//   obs::Error obsError(const MyResult &result);
//
// (found by argument-dependent lookup, best inline: every monitored call that
// returns a MyResult asks it), and errors are recorded like exceptions.
// docs/errors.md has examples. C++17; needs neither plugin nor library.
#ifndef OBS_ERROR_H
#define OBS_ERROR_H

#include <string_view>

namespace obs {

// No error, or one with a type (the `error_type` of its record; empty: the name
// of the result's type) and a message. The texts must outlive the obs::Error:
// they belong to the result, or are literals. Making one must not throw.
class Error {
public:
  constexpr Error() = default;
  constexpr Error(std::string_view type, std::string_view message)
      : isError_(true), type_(type), message_(message) {}

  constexpr bool isError() const { return isError_; }
  constexpr std::string_view type() const { return type_; }
  constexpr std::string_view message() const { return message_; }

private:
  bool isError_ = false;
  std::string_view type_;
  std::string_view message_;
};

} // namespace obs

#endif // OBS_ERROR_H
