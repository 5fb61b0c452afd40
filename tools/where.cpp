// SPDX-License-Identifier: Apache-2.0
// The filter language of `obsctl calls --where`.
#include "where.h"

#include "concat.h"

#include "table.h"
#include "units.h"

#include "absl/strings/ascii.h"

#include <charconv>
#include <optional>

namespace obs::ctl {
namespace {

enum class Kind { Number, Duration, Time, Text };

struct Column {
  std::string_view name; // in the filter
  std::string_view sql;  // in the view `calls`
  Kind kind;
};

constexpr Column kColumns[] = {
    {"duration", "duration_ns", Kind::Duration},
    {"status", "status", Kind::Text},
    {"thread", "thread_id", Kind::Number},
    {"process", "process_id", Kind::Number},
    {"function", "function", Kind::Text},
    {"file", "file", Kind::Text},
    {"line", "line", Kind::Number},
    {"id", "id", Kind::Number},
    {"parent", "parent_id", Kind::Number},
    {"started", "started_ns", Kind::Time},
    {"error_type", "error_type", Kind::Text},
    {"error_message", "error_message", Kind::Text},
    {"sample_rate", "sample_rate", Kind::Number},
    {"suspensions", "suspensions", Kind::Number},
    {"suspended", "suspended_ns", Kind::Duration},
    {"cpu", "cpu_ns", Kind::Duration},
    {"allocated", "allocated_bytes", Kind::Number},
};

constexpr std::string_view kStatuses[] = {"ok", "error", "abandoned",
                                          "in_flight"};

// What a path names: a column, or a value inside a JSON column.
struct Target {
  const Column *column = nullptr;
  std::string_view json; // "args" or "result" if `column` is null
  std::string path = "$";
};

struct Literal {
  std::string_view text; // without quotes
  bool quoted = false;
  size_t begin = 0;
};

bool isWordStart(char c) {
  return absl::ascii_isalpha(c) || c == '_';
}
bool isWord(char c) {
  return absl::ascii_isalnum(c) || c == '_';
}

class Parser {
public:
  Parser(std::string_view text, int64_t nowNs) : text_(text), nowNs_(nowNs) {}

  absl::StatusOr<Condition> parse() {
    do {
      Target target;
      std::string_view op;
      Literal literal;
      if (!parseTarget(target) || !parseOperator(op) ||
          !parseLiteral(literal) || !emit(target, op, literal))
        return error();
      skipSpace();
      if (position_ == text_.size())
        return std::move(condition_);
    } while (parseAnd());
    return error();
  }

private:
  // Always false, so that `return fail(…)` reads well.
  bool fail(size_t at, std::string message) {
    errorAt_ = at;
    message_ = std::move(message);
    return false;
  }

  absl::Status error() const {
    return absl::InvalidArgumentError(concat(
        message_, "\n  ", printable(text_), "\n  ",
        std::string(displayWidth(printable(text_.substr(0, errorAt_))), ' '),
        "^"));
  }

  void skipSpace() {
    while (position_ < text_.size() && absl::ascii_isspace(text_[position_]))
      ++position_;
  }

  char peek() const { return position_ < text_.size() ? text_[position_] : 0; }

  std::string_view takeWord() {
    size_t begin = position_;
    if (isWordStart(peek()))
      while (isWord(peek()))
        ++position_;
    return text_.substr(begin, position_ - begin);
  }

  // The text between quotes. REQUIRES: a quote is next.
  std::optional<std::string_view> takeQuoted() {
    size_t begin = position_;
    size_t end = text_.find(text_[begin], begin + 1);
    if (end == std::string_view::npos) {
      fail(begin, "this quote is not closed");
      return std::nullopt;
    }
    position_ = end + 1;
    return text_.substr(begin + 1, end - begin - 1);
  }

  bool parseAnd() {
    size_t begin = position_;
    if (takeWord() != "and")
      return fail(begin, "expected `and` or the end");
    return true;
  }

  bool parseTarget(Target &target) {
    skipSpace();
    size_t begin = position_;
    std::string_view word = takeWord();
    if (word.empty())
      return fail(begin, "expected what to compare, such as args.order_id, "
                         "result or duration");
    if (word == "args" || word == "result") {
      target.json = word;
      return parseJsonPath(target.path);
    }
    for (const Column &column : kColumns)
      if (column.name == word)
        target.column = &column;
    if (target.column)
      return true;
    std::string names = "args.<name>, result";
    for (const Column &column : kColumns)
      names += concat(", ", column.name);
    return fail(begin, concat("unknown name `", word, "`; there are ", names));
  }

  bool parseJsonPath(std::string &path) {
    for (;;) {
      if (peek() == '.') {
        ++position_;
        std::string_view key;
        if (peek() == '"') {
          auto quoted = takeQuoted();
          if (!quoted)
            return false;
          key = *quoted;
        } else {
          key = takeWord();
        }
        if (key.empty())
          return fail(position_, "expected a name after the dot");
        path += concat(".\"", key, "\"");
      } else if (peek() == '[') {
        size_t begin = ++position_;
        while (absl::ascii_isdigit(peek()))
          ++position_;
        std::string_view index = text_.substr(begin, position_ - begin);
        if (index.empty() || peek() != ']')
          return fail(position_, "expected an index such as [0]");
        ++position_;
        path += concat("[", index, "]");
      } else {
        return true;
      }
    }
  }

  bool parseOperator(std::string_view &op) {
    skipSpace();
    for (std::string_view known : {"!=", "<=", ">=", "=", "<", ">", "~"}) {
      if (text_.substr(position_).starts_with(known)) {
        op = known;
        position_ += known.size();
        if (op == "=" && peek() == '=')
          ++position_;
        return true;
      }
    }
    return fail(position_, "expected an operator: = != < <= > >= ~");
  }

  bool parseLiteral(Literal &literal) {
    skipSpace();
    literal.begin = position_;
    if (peek() == '\'' || peek() == '"') {
      auto quoted = takeQuoted();
      if (!quoted)
        return false;
      literal.text = *quoted;
      literal.quoted = true;
      return true;
    }
    while (position_ < text_.size() && !absl::ascii_isspace(text_[position_]))
      ++position_;
    literal.text = text_.substr(literal.begin, position_ - literal.begin);
    if (literal.text.empty())
      return fail(position_, "expected a value");
    return true;
  }

  static std::optional<SqlValue> numberOf(const Literal &literal) {
    if (literal.quoted)
      return std::nullopt;
    int64_t integer = 0;
    double real = 0;
    const char *begin = literal.text.data();
    const char *end = begin + literal.text.size();
    auto parsed = [end](std::from_chars_result result) {
      return result.ec == std::errc() && result.ptr == end;
    };
    if (parsed(std::from_chars(begin, end, integer)))
      return integer;
    char first = literal.text[0]; // from_chars also reads inf and nan
    if ((absl::ascii_isdigit(first) || first == '-' || first == '.') &&
        parsed(std::from_chars(begin, end, real)))
      return real;
    return std::nullopt;
  }

  void open() {
    if (!condition_.sql.empty())
      condition_.sql += " AND ";
  }

  bool emit(const Target &target, std::string_view op, const Literal &literal) {
    return target.column ? emitColumn(*target.column, op, literal)
                         : emitJson(target, op, literal);
  }

  bool emitColumn(const Column &column, std::string_view op,
                  const Literal &literal) {
    open();
    if (literal.text == "null" && !literal.quoted) {
      if (op != "=" && op != "!=")
        return fail(literal.begin, "null can only be compared with = or !=");
      condition_.sql +=
          concat(column.sql, op == "=" ? " IS NULL" : " IS NOT NULL");
      return true;
    }
    if (op == "~") {
      if (column.kind != Kind::Text)
        return fail(literal.begin, concat("`~` looks into texts, and `",
                                          column.name, "` is a number"));
      return contains(column.sql, literal);
    }
    SqlValue value;
    if (!columnValue(column, literal, value))
      return false;
    condition_.sql += concat(column.sql, " ", op, " ?");
    condition_.values.push_back(std::move(value));
    return true;
  }

  bool columnValue(const Column &column, const Literal &literal,
                   SqlValue &value) {
    switch (column.kind) {
    case Kind::Text:
      if (column.name == "status" && !isStatus(literal.text))
        return fail(literal.begin,
                    "status is one of ok, error, abandoned, in_flight");
      value = std::string(literal.text);
      return true;
    case Kind::Number:
      if (auto number = numberOf(literal)) {
        value = *number;
        return true;
      }
      return fail(literal.begin, concat("`", column.name, "` is a number"));
    case Kind::Duration:
      // A bare number would leave the reader to guess its unit.
      if (auto ns = parseDuration(literal.text);
          ns && (*ns == 0 || absl::ascii_isalpha(literal.text.back()))) {
        value = *ns;
        return true;
      }
      return fail(literal.begin, "expected a duration with its unit, such as "
                                 "250us, 10ms or 1.5s");
    case Kind::Time:
      if (auto ns = parseTime(literal.text, nowNs_)) {
        value = *ns;
        return true;
      }
      return fail(literal.begin, "expected a time, such as 5m (ago) or "
                                 "'2026-11-22 10:15'");
    }
    return false;
  }

  static bool isStatus(std::string_view text) {
    for (std::string_view status : kStatuses)
      if (status == text)
        return true;
    return false;
  }

  bool emitJson(const Target &target, std::string_view op,
                const Literal &literal) {
    open();
    std::string value = concat("json_extract(", target.json, ", ?)");
    std::string type = concat("json_type(", target.json, ", ?)");
    if (op == "~") {
      condition_.values.push_back(target.path);
      return contains(value, literal);
    }
    bool ordering = op != "=" && op != "!=";
    if (!literal.quoted && (literal.text == "true" || literal.text == "false" ||
                            literal.text == "null")) {
      if (ordering)
        return fail(literal.begin,
                    concat(literal.text, " can only be compared with = or !="));
      condition_.sql += concat(type, " ", op, " ?");
      condition_.values.push_back(target.path);
      condition_.values.push_back(std::string(literal.text));
      return true;
    }
    auto number = numberOf(literal);
    // SQLite orders every text behind every number: compare like with like.
    if (ordering) {
      condition_.sql += concat(type, number ? " IN ('integer', 'real') AND "
                                            : " = 'text' AND ");
      condition_.values.push_back(target.path);
    }
    condition_.sql += concat(value, " ", op, " ?");
    condition_.values.push_back(target.path);
    condition_.values.push_back(number ? *number
                                       : SqlValue(std::string(literal.text)));
    return true;
  }

  bool contains(std::string_view value, const Literal &literal) {
    condition_.sql += concat("instr(", value, ", ?) > 0");
    condition_.values.push_back(std::string(literal.text));
    return true;
  }

  std::string_view text_;
  int64_t nowNs_;
  size_t position_ = 0;
  size_t errorAt_ = 0;
  std::string message_;
  Condition condition_;
};

} // namespace

absl::StatusOr<Condition> parseWhere(std::string_view text, int64_t nowNs) {
  return Parser(text, nowNs).parse();
}

} // namespace obs::ctl
