// SPDX-License-Identifier: Apache-2.0
#include "argument_parser.h"

#include "compat.h"
#include "diagnostics.h"
#include "nearest.h"

#include "clang/AST/Decl.h"
#include "clang/Lex/LiteralSupport.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Sema/Lookup.h"
#include "clang/Sema/Sema.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Format.h"

using namespace clang;

namespace obs::plugin {
namespace {

constexpr llvm::StringRef kFunctionKeys[] = {
    "sample", "args", "result", "errors", "name",     "skip",
    "items",  "text", "depth",  "record", "pointers", "resources"};
constexpr llvm::StringRef kScopeKeys[] = {
    "sample", "args",   "result",   "errors",    "items",    "text",
    "depth",  "record", "pointers", "resources", "accessors"};
constexpr llvm::StringRef kRuleKeys[] = {
    "sample",   "args",      "result",    "errors", "name",
    "skip",     "items",     "text",      "depth",  "record",
    "pointers", "resources", "accessors", "system"};

llvm::ArrayRef<llvm::StringRef> keysOf(Place place) {
  switch (place) {
  case Place::Function:
    return kFunctionKeys;
  case Place::Scope:
    return kScopeKeys;
  case Place::Rule:
    return kRuleKeys;
  }
  llvm_unreachable("all places are listed");
}

std::string shortest(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%g", value);
  return text;
}

class Parser {
public:
  Parser(Sema &sema, Place place, const FunctionDecl *function,
         llvm::ArrayRef<Token> tokens)
      : sema_(sema), place_(place), function_(function), tokens_(tokens) {}

  std::optional<Options> run() {
    if (atEnd()) // monitor()
      return options_;
    do {
      if (!pair())
        return std::nullopt;
    } while (take(tok::comma));
    if (!atEnd()) {
      error("expected ',' or the end of the arguments of 'obs::monitor'");
      return std::nullopt;
    }
    return options_;
  }

private:
  const Token &token() const { return tokens_[next_]; }
  bool at(tok::TokenKind kind) const { return token().is(kind); }
  bool take(tok::TokenKind kind) {
    if (!at(kind))
      return false;
    ++next_; // never past the end, which nothing takes
    return true;
  }
  bool atEnd() const { return next_ + 1 == tokens_.size(); }
  std::string spelling() const {
    return sema_.getPreprocessor().getSpelling(token());
  }

  template <unsigned N>
  DiagnosticBuilder report(SourceLocation place, const char (&text)[N]) {
    return reportError(sema_, place, text);
  }
  template <unsigned N>
  DiagnosticBuilder note(SourceLocation place, const char (&text)[N]) {
    return plugin::report(sema_.getDiagnostics(), DiagnosticsEngine::Note,
                          place, text);
  }
  template <unsigned N> bool error(const char (&text)[N]) {
    report(token().getLocation(), text);
    return false;
  }

  void validKeys(SourceLocation where) {
    std::string keys;
    for (llvm::StringRef key : keysOf(place_))
      keys += (keys.empty() ? "'" : ", '") + key.str() + "'";
    note(where, "valid keys here are %0") << keys;
  }

  bool pair() {
    const SourceLocation place = token().getLocation();
    const IdentifierInfo *identifier = token().getIdentifierInfo();
    if (!identifier) {
      error("expected a key in 'obs::monitor'");
      validKeys(place);
      return false;
    }
    const llvm::StringRef key = identifier->getName();
    if (!llvm::is_contained(keysOf(place_), key)) {
      const std::string meant = nearest(key, keysOf(place_));
      if (meant.empty())
        report(place, "unknown key '%0' in 'obs::monitor'") << key;
      else
        report(place, "unknown key '%0' in 'obs::monitor'; did you mean '%1'?")
            << key << meant << FixItHint::CreateReplacement(place, meant);
      validKeys(place);
      return false;
    }
    if (!seen_.insert(key.str()).second) {
      report(place, "key '%0' is given twice in 'obs::monitor'") << key;
      return false;
    }
    ++next_;
    if (!take(tok::equal)) {
      report(token().getLocation(), "expected '=' after '%0'") << key;
      return false;
    }
    if (key == "sample")
      return sample();
    if (key == "name")
      return name();
    if (key == "skip")
      return skip();
    if (key == "args")
      return boolean(key, options_.args);
    if (key == "result")
      return boolean(key, options_.result);
    if (key == "errors")
      return errors();
    if (key == "accessors")
      return boolean(key, options_.accessors);
    if (key == "pointers")
      return boolean(key, options_.pointers);
    if (key == "resources")
      return boolean(key, options_.resources);
    for (size_t i = 0; i != kLimitCount; ++i)
      if (key == kLimitKeys[i].name)
        return limit(kLimitKeys[i], options_.limits[i]);
    return boolean(key, options_.system);
  }

  bool boolean(llvm::StringRef key, std::optional<bool> &value) {
    const SourceLocation place = token().getLocation();
    if (take(tok::kw_true) || (at(tok::numeric_constant) && spelling() == "1" &&
                               take(tok::numeric_constant)))
      value = true;
    else if (take(tok::kw_false) ||
             (at(tok::numeric_constant) && spelling() == "0" &&
              take(tok::numeric_constant)))
      value = false;
    else {
      report(place, "'%0' is 'true' or 'false'") << key;
      return false;
    }
    return true;
  }

  bool errors() {
    const IdentifierInfo *identifier = token().getIdentifierInfo();
    const llvm::StringRef word =
        identifier ? identifier->getName() : llvm::StringRef();
    if (word != "all" && word != "exceptions")
      return error("'errors' is 'all' or 'exceptions'");
    options_.returnedErrors = word == "all";
    ++next_;
    return true;
  }

  bool limit(const LimitKey &key, std::optional<unsigned> &limit) {
    const SourceLocation place = token().getLocation();
    const std::optional<double> value = sum();
    if (!value || !(*value >= key.least && *value <= key.most) ||
        *value != unsigned(*value)) {
      report(place, "'%0' is a whole number from %1 to %2")
          << key.name << key.least << key.most;
      return false;
    }
    limit = unsigned(*value);
    return true;
  }

  bool name() {
    llvm::SmallVector<Token, 2> parts;
    const SourceLocation place = token().getLocation();
    while (at(tok::string_literal)) {
      parts.push_back(token());
      ++next_;
    }
    if (parts.empty()) {
      report(place, "'name' is a string, such as name=\"checkout\"");
      return false;
    }
    StringLiteralParser literal(parts, sema_.getPreprocessor());
    if (literal.hadError)
      return false;
    if (literal.GetString().empty()) {
      report(place, "'name' must not be empty");
      return false;
    }
    options_.name = literal.GetString().str();
    return true;
  }

  bool skip() {
    if (!at(tok::l_paren))
      return skipped();
    ++next_;
    do {
      if (!skipped())
        return false;
    } while (take(tok::comma));
    if (!take(tok::r_paren))
      return error("expected ',' or ')' in 'skip'");
    return true;
  }

  bool skipped() {
    const SourceLocation place = token().getLocation();
    const IdentifierInfo *identifier = token().getIdentifierInfo();
    if (!identifier || !at(tok::identifier)) {
      report(place, "'skip' is a parameter or a list of them, such as "
                    "skip=(a, b)");
      return false;
    }
    const llvm::StringRef name = identifier->getName();
    std::vector<llvm::StringRef> names;
    if (function_)
      for (const ParmVarDecl *parameter : function_->parameters())
        if (!parameter->getName().empty())
          names.push_back(parameter->getName());
    if (function_ && !llvm::is_contained(names, name)) {
      const std::string meant = nearest(name, names);
      if (meant.empty())
        report(place, "%0 has no parameter '%1' to skip") << function_ << name;
      else
        report(place, "%0 has no parameter '%1' to skip; did you mean '%2'?")
            << function_ << name << meant
            << FixItHint::CreateReplacement(place, meant);
      if (!names.empty())
        note(function_->getLocation(), "its parameters are: %0")
            << llvm::join(names, ", ");
      return false;
    }
    options_.skip.push_back(name.str());
    ++next_;
    return true;
  }

  bool sample() {
    const SourceLocation place = token().getLocation();
    const std::optional<double> value = sum();
    if (!value) {
      report(place, "'sample' is a number from 0 to 1, such as sample=0.01");
      return false;
    }
    if (!(*value >= 0 && *value <= 1)) {
      const std::string shown = shortest(*value);
      report(place, "'sample' is %0, but a rate is from 0 to 1") << shown;
      if (*value > 1 && *value <= 100)
        note(place, "for %0 %% of the calls write sample=%1")
            << shown << shortest(*value / 100);
      return false;
    }
    options_.sample = *value;
    return true;
  }

  // A constant expression as far as a rate needs one: + - * / ( ), numbers and
  // named constants.
  std::optional<double> sum() {
    std::optional<double> left = product();
    while (left && (at(tok::plus) || at(tok::minus))) {
      const bool plus = at(tok::plus);
      ++next_;
      const std::optional<double> right = product();
      if (!right)
        return std::nullopt;
      left = plus ? *left + *right : *left - *right;
    }
    return left;
  }

  std::optional<double> product() {
    std::optional<double> left = factor();
    while (left && (at(tok::star) || at(tok::slash))) {
      const bool times = at(tok::star);
      ++next_;
      const std::optional<double> right = factor();
      if (!right || (!times && *right == 0))
        return std::nullopt;
      left = times ? *left * *right : *left / *right;
    }
    return left;
  }

  std::optional<double> factor() {
    if (take(tok::minus)) {
      const std::optional<double> value = factor();
      return value ? std::optional(-*value) : std::nullopt;
    }
    if (take(tok::l_paren)) {
      const std::optional<double> value = sum();
      return value && take(tok::r_paren) ? value : std::nullopt;
    }
    if (at(tok::numeric_constant))
      return number();
    if (at(tok::identifier))
      return constant();
    return std::nullopt;
  }

  std::optional<double> number() {
    Preprocessor &preprocessor = sema_.getPreprocessor();
    const std::string text = spelling();
    NumericLiteralParser literal(
        text, token().getLocation(), preprocessor.getSourceManager(),
        preprocessor.getLangOpts(), preprocessor.getTargetInfo(),
        sema_.getDiagnostics());
    if (literal.hadError)
      return std::nullopt;
    ++next_;
    if (literal.isFloatingLiteral()) {
      return compat::floatValue(literal);
    }
    llvm::APInt value(64, 0);
    literal.GetIntegerValue(value);
    return value.roundToDouble();
  }

  std::optional<double> constant() {
    NamedDecl *found =
        sema_.LookupSingleName(sema_.getCurScope(), token().getIdentifierInfo(),
                               token().getLocation(), Sema::LookupOrdinaryName);
    const auto *variable = dyn_cast_or_null<VarDecl>(found);
    if (!variable || variable->getType()->isDependentType() ||
        !variable->isUsableInConstantExpressions(sema_.Context))
      return std::nullopt;
    const APValue *value = variable->evaluateValue();
    if (!value)
      return std::nullopt;
    ++next_;
    if (value->isInt())
      return value->getInt().roundToDouble();
    if (value->isFloat()) {
      llvm::APFloat number = value->getFloat();
      bool lost;
      number.convert(llvm::APFloat::IEEEdouble(),
                     llvm::APFloat::rmNearestTiesToEven, &lost);
      return number.convertToDouble();
    }
    return std::nullopt;
  }

  Sema &sema_;
  Place place_;
  const FunctionDecl *function_; // null: any parameter may be skipped
  llvm::ArrayRef<Token> tokens_;
  size_t next_ = 0;
  llvm::StringSet<> seen_;
  Options options_;
};

} // namespace

std::optional<Options> parseArguments(Sema &sema, Place place,
                                      const FunctionDecl *function,
                                      llvm::ArrayRef<Token> tokens) {
  if (tokens.empty())
    return Options();
  return Parser(sema, place, function, tokens).run();
}

} // namespace obs::plugin
