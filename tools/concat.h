// SPDX-License-Identifier: Apache-2.0
// Texts and numbers to one text. (Debian's absl::StrCat takes no
// std::string_view.)
#ifndef OBS_TOOLS_CONCAT_H
#define OBS_TOOLS_CONCAT_H

#include <concepts>
#include <string>
#include <string_view>

namespace obs::ctl {

inline std::string_view concatPart(std::string_view text) {
  return text;
}
inline std::string concatPart(std::integral auto number) {
  return std::to_string(number);
}

template <typename... Parts> std::string concat(const Parts &...parts) {
  std::string text;
  (text.append(concatPart(parts)), ...);
  return text;
}

} // namespace obs::ctl

#endif // OBS_TOOLS_CONCAT_H
