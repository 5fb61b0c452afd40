// SPDX-License-Identifier: Apache-2.0
#include "secrets.h"

#include "compat.h"
#include "nearest.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/Attr.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <optional>

using namespace clang;

namespace obs::plugin {
namespace {

constexpr llvm::StringLiteral kSecret = "obs::secret";
constexpr llvm::StringLiteral kNotSecret = "obs::secret(false)";

constexpr llvm::StringLiteral kDefaultNames[] = {
    "password",   "passwd",        "secret",     "token", "apikey",
    "privatekey", "authorization", "creditcard", "ssn"};

// In the name of a number these say that it counts or sorts secrets, and is
// none: token_count, maxTokens.
constexpr llvm::StringLiteral kLastWordsOfNumbers[] = {
    "count", "size", "length", "len", "limit", "index", "type", "kind"};
constexpr llvm::StringLiteral kFirstWordsOfNumbers[] = {"num", "n", "max",
                                                        "min"};

// The mark of one declaration: secret, not secret, or none. Clang has an
// attribute with a text of which code generation takes no notice, and puts it
// on redeclarations and instantiations.
std::optional<bool> markOf(const Decl &decl) {
  std::optional<bool> mark;
  for (const auto *attribute : decl.specific_attrs<SwiftAttrAttr>()) {
    if (attribute->getAttribute() == kSecret)
      return true;
    if (attribute->getAttribute() == kNotSecret)
      mark = false;
  }
  return mark;
}

bool isMarkedType(const NamedDecl &decl) {
  return llvm::any_of(decl.redecls(), [](const Decl *each) {
    return markOf(*each).value_or(false);
  });
}

// The words of an identifier in lower case: userPassword2, API_KEY.
llvm::SmallVector<std::string, 4> wordsOf(llvm::StringRef identifier) {
  llvm::SmallVector<std::string, 4> words;
  bool inWord = false;
  for (size_t i = 0; i < identifier.size(); ++i) {
    const char c = identifier[i];
    if (!llvm::isAlpha(c)) {
      inWord = false;
      continue;
    }
    const bool isUpper = llvm::toLower(c) != c;
    const bool afterLower =
        i > 0 && llvm::toUpper(identifier[i - 1]) != identifier[i - 1];
    const bool beforeLower =
        i + 1 < identifier.size() &&
        llvm::toUpper(identifier[i + 1]) != identifier[i + 1];
    if (!inWord || (isUpper && (afterLower || beforeLower)))
      words.emplace_back();
    words.back() += llvm::toLower(c);
    inWord = true;
  }
  return words;
}

// `text` is `name` or its plural, or, if only the end counts, ends so.
bool isName(llvm::StringRef text, llvm::StringRef name, bool onlyTheEnd) {
  if (!onlyTheEnd && text.size() > name.size() + 1)
    return false;
  const auto fits = [&](llvm::StringRef end) {
    return onlyTheEnd ? compat::endsWith(end, name) : end == name;
  };
  return fits(text) || (compat::endsWith(text, "s") && fits(text.drop_back()));
}

// An alias that is marked, as the type or in the arguments of a template.
bool mentionsSecretAlias(const ASTContext &context, QualType type) {
  for (;;) {
    if (const auto *reference = dyn_cast<ReferenceType>(type)) {
      type = reference->getPointeeTypeAsWritten();
      continue;
    }
    if (const auto *alias = dyn_cast<TypedefType>(type))
      if (isMarkedType(*alias->getDecl()))
        return true;
    if (const auto *applied = dyn_cast<TemplateSpecializationType>(type)) {
      const auto *alias = dyn_cast_or_null<TypeAliasTemplateDecl>(
          applied->getTemplateName().getAsTemplateDecl());
      if (alias && isMarkedType(*alias->getTemplatedDecl()))
        return true;
      for (const TemplateArgument &argument : applied->template_arguments())
        if (argument.getKind() == TemplateArgument::Type &&
            mentionsSecretAlias(context, argument.getAsType()))
          return true;
    }
    if (const auto *array = context.getAsArrayType(type))
      if (mentionsSecretAlias(context, array->getElementType()))
        return true;
    const QualType next = type.getSingleStepDesugaredType(context);
    if (next == type)
      return false;
    type = next;
  }
}

// Calls `visit` with `function`, its other declarations, those of the template
// that it comes from, and of the functions that it overrides.
template <class Visit>
void forEachDeclaration(const FunctionDecl &function, Visit visit) {
  for (const FunctionDecl *declaration : function.redecls())
    visit(*declaration);
  if (const FunctionDecl *pattern = function.getTemplateInstantiationPattern())
    for (const FunctionDecl *declaration : pattern->redecls())
      visit(*declaration);
  if (const auto *method = dyn_cast<CXXMethodDecl>(&function))
    for (const CXXMethodDecl *overridden : method->overridden_methods())
      forEachDeclaration(*overridden, visit);
}

} // namespace

void attachSecret(ASTContext &context, Decl &decl, bool isSecret,
                  SourceRange range) {
  decl.addAttr(SwiftAttrAttr::CreateImplicit(
      context, isSecret ? kSecret : kNotSecret, range));
}

Secrets::Secrets()
    : names_(std::begin(kDefaultNames), std::end(kDefaultNames)) {}

std::string Secrets::change(llvm::StringRef argument) {
  std::vector<std::string> names;
  if (argument == "none") {
    names_.clear();
    return {};
  }
  llvm::SmallVector<llvm::StringRef, 8> items;
  argument.split(items, ',');
  const auto isChange = [](llvm::StringRef item) {
    return !item.empty() && (item[0] == '+' || item[0] == '-');
  };
  const bool changes = isChange(items.front());
  if (changes)
    names = names_;
  for (llvm::StringRef item : items) {
    if (isChange(item) != changes)
      return "give each name a '+' or '-' to change the list, or none of them "
             "to replace it";
    const bool removes = changes && item[0] == '-';
    const llvm::StringRef spelling = changes ? item.drop_front() : item;
    const std::string name = llvm::join(wordsOf(spelling), "");
    if (name.empty() || !llvm::all_of(spelling, [](char c) {
          return llvm::isAlpha(c) || c == '_';
        }))
      return ("'" + spelling + "' is no name; it is made of letters and '_'")
          .str();
    const auto known = llvm::find(names, name);
    if (!removes) {
      if (known == names.end())
        names.push_back(name);
    } else if (known != names.end()) {
      names.erase(known);
    } else {
      const std::string meant = nearest(
          name, std::vector<llvm::StringRef>(names.begin(), names.end()));
      return ("there is no '" + spelling + "' to take off the list" +
              (meant.empty() ? "" : "; did you mean '" + meant + "'?"))
          .str();
    }
  }
  names_ = std::move(names);
  return {};
}

bool Secrets::matches(llvm::StringRef identifier) const {
  const llvm::SmallVector<std::string, 4> words = wordsOf(identifier);
  for (size_t first = 0; first < words.size(); ++first) {
    std::string run;
    for (size_t last = first; last < words.size(); ++last) {
      run += words[last];
      for (const std::string &name : names_)
        if (isName(run, name, /*onlyTheEnd=*/first == last))
          return true;
    }
  }
  return false;
}

bool Secrets::isNamedSecret(const NamedDecl &decl, QualType type) const {
  if (!decl.getIdentifier() || !matches(decl.getName()))
    return false;
  type = type.getNonReferenceType();
  // What holds one of a few values is none.
  if (type->isBooleanType() ||
      (type->isEnumeralType() && !type->isStdByteType()))
    return false;
  if (!type->isArithmeticType())
    return true;
  const llvm::SmallVector<std::string, 4> words = wordsOf(decl.getName());
  return !llvm::is_contained(kLastWordsOfNumbers, words.back()) &&
         !llvm::is_contained(kFirstWordsOfNumbers, words.front());
}

bool Secrets::isSecret(const FunctionDecl &function,
                       const ParmVarDecl &parameter) const {
  std::optional<bool> mark;
  bool isNamed = false;
  forEachDeclaration(function, [&](const FunctionDecl &declaration) {
    // A pack stands for any number of parameters, which have its name.
    const bool hasPack =
        llvm::any_of(declaration.parameters(), [](const ParmVarDecl *other) {
          return other->isParameterPack();
        });
    for (const ParmVarDecl *other : declaration.parameters()) {
      if (hasPack ? other->getDeclName() != parameter.getDeclName()
                  : other->getFunctionScopeIndex() !=
                        parameter.getFunctionScopeIndex())
        continue;
      if (const std::optional<bool> theirs = markOf(*other))
        mark = mark.value_or(false) || *theirs;
      isNamed = isNamed || isNamedSecret(*other, parameter.getType());
    }
  });
  return mark.value_or(isNamed ||
                       mentionsSecretAlias(function.getASTContext(),
                                           parameter.getOriginalType()));
}

bool Secrets::isSecret(const FieldDecl &field) const {
  if (const std::optional<bool> mark = markOf(field))
    return *mark;
  return isNamedSecret(field, field.getType()) ||
         mentionsSecretAlias(field.getASTContext(), field.getType());
}

bool Secrets::hasSecretResult(const FunctionDecl &function) const {
  bool isMarked = false;
  forEachDeclaration(function, [&](const FunctionDecl &declaration) {
    isMarked = isMarked || markOf(declaration).value_or(false);
  });
  return isMarked || mentionsSecretAlias(function.getASTContext(),
                                         function.getReturnType());
}

bool Secrets::isSecretType(QualType type) const {
  const TagDecl *tag = type->getAsTagDecl();
  if (!tag)
    return false;
  const auto *record = dyn_cast<CXXRecordDecl>(tag);
  const CXXRecordDecl *pattern =
      record ? record->getTemplateInstantiationPattern() : nullptr;
  return isMarkedType(*tag) || (pattern && isMarkedType(*pattern)) ||
         (tag->isUnion() && hasSecretMember(type));
}

bool Secrets::hasSecretMember(QualType type) const {
  const CXXRecordDecl *record =
      type->getBaseElementTypeUnsafe()->getAsCXXRecordDecl();
  if (!record || !record->hasDefinition())
    return false;
  const auto holds = [this](QualType member) {
    return isSecretType(member->getBaseElementTypeUnsafe()
                            ->getCanonicalTypeInternal()) ||
           hasSecretMember(member);
  };
  return llvm::any_of(record->fields(),
                      [&](const FieldDecl *field) {
                        return isSecret(*field) || holds(field->getType());
                      }) ||
         llvm::any_of(record->bases(), [&](const CXXBaseSpecifier &base) {
           return holds(base.getType());
         });
}

} // namespace obs::plugin
