// SPDX-License-Identifier: Apache-2.0
// The filter language of `obsctl calls --where`.
//
//   filter     := comparison { "and" comparison }
//   comparison := path operator literal
//   operator   := "=" | "!=" | "<" | "<=" | ">" | ">=" | "~"    (~: contains)
//   path       := column | ("args" | "result") { "." key | "[" index "]" }
//   key        := identifier | '"' any text '"'
//   column     := duration status thread process function file line id parent
//                 started error_type error_message sample_rate
//   literal    := number | duration ("10ms") | 'text' | "text" | true | false
//               | null | a bare word
#ifndef OBS_TOOLS_WHERE_H
#define OBS_TOOLS_WHERE_H

#include "absl/status/statusor.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace obs::ctl {

using SqlValue = std::variant<int64_t, double, std::string>;

// A condition on the view `calls`. What the user wrote is in `values` only,
// bound in order to the question marks of `sql`: it cannot become SQL.
struct Condition {
  std::string sql; // never empty
  std::vector<SqlValue> values;
};

// InvalidArgument: the message has three lines: what is wrong, the text, and a
// caret below the place. `nowNs` is what durations given as times count from.
// A missing key matches nothing, `!=` included.
absl::StatusOr<Condition> parseWhere(std::string_view text, int64_t nowNs);

} // namespace obs::ctl

#endif // OBS_TOOLS_WHERE_H
