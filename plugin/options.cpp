// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include "compat.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/Attr.h"
#include "clang/AST/Decl.h"
#include "clang/AST/DeclTemplate.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace clang;

namespace obs::plugin {

static constexpr llvm::StringLiteral kPrefix = "obs::";
static constexpr llvm::StringLiteral kMonitor = "obs::monitor";

void Options::inherit(const Options &outer) {
  const auto take = [](auto &mine, const auto &theirs) {
    if (!mine)
      mine = theirs;
  };
  take(sample, outer.sample);
  take(args, outer.args);
  take(result, outer.result);
  take(returnedErrors, outer.returnedErrors);
  take(name, outer.name);
  take(accessors, outer.accessors);
  take(system, outer.system);
  take(pointers, outer.pointers);
  take(resources, outer.resources);
  for (size_t i = 0; i != kLimitCount; ++i)
    take(limits[i], outer.limits[i]);
  if (skip.empty())
    skip = outer.skip;
}

void attachMark(ASTContext &context, Decl &decl, const Mark &mark,
                SourceRange range) {
  llvm::json::Object json;
  const auto put = [&](llvm::StringRef key, const auto &value) {
    if (value)
      json[key] = *value;
  };
  const Options &options = mark.options;
  put("sample", options.sample);
  put("args", options.args);
  put("result", options.result);
  put("returned_errors", options.returnedErrors);
  put("name", options.name);
  put("accessors", options.accessors);
  put("pointers", options.pointers);
  put("resources", options.resources);
  for (size_t i = 0; i != kLimitCount; ++i)
    if (options.limits[i])
      json[kLimitKeys[i].name] = int64_t(*options.limits[i]);
  if (!options.skip.empty())
    json["skip"] = llvm::json::Array(options.skip);
  if (mark.ignore)
    json["ignore"] = true;
  std::string text;
  llvm::raw_string_ostream(text)
      << kMonitor << llvm::json::Value(std::move(json));
  decl.addAttr(AnnotateAttr::CreateImplicit(context, text, /*Args=*/nullptr,
                                            /*ArgsSize=*/0, range));
}

static std::optional<Mark> parse(llvm::StringRef text) {
  auto json = llvm::json::parse(text);
  if (!json) {
    llvm::consumeError(json.takeError());
    return std::nullopt;
  }
  const llvm::json::Object *object = json->getAsObject();
  if (!object)
    return std::nullopt;
  Mark mark;
  if (auto ignore = object->getBoolean("ignore"))
    mark.ignore = *ignore;
  Options &options = mark.options;
  if (auto sample = object->getNumber("sample"))
    options.sample = *sample;
  if (auto args = object->getBoolean("args"))
    options.args = *args;
  if (auto result = object->getBoolean("result"))
    options.result = *result;
  if (auto returnedErrors = object->getBoolean("returned_errors"))
    options.returnedErrors = *returnedErrors;
  if (auto name = object->getString("name"))
    options.name = name->str();
  if (auto accessors = object->getBoolean("accessors"))
    options.accessors = *accessors;
  if (auto pointers = object->getBoolean("pointers"))
    options.pointers = *pointers;
  if (auto resources = object->getBoolean("resources"))
    options.resources = *resources;
  for (size_t i = 0; i != kLimitCount; ++i)
    if (auto limit = object->getInteger(kLimitKeys[i].name))
      options.limits[i] = unsigned(*limit);
  if (const llvm::json::Array *skip = object->getArray("skip"))
    for (const llvm::json::Value &value : *skip)
      if (auto name = value.getAsString())
        options.skip.push_back(name->str());
  return mark;
}

// The template's function that an explicit specialization stands in for.
static const FunctionDecl *specialized(const Decl &decl) {
  const auto *function = dyn_cast<FunctionDecl>(&decl);
  if (!function ||
      function->getTemplateSpecializationKind() != TSK_ExplicitSpecialization)
    return nullptr;
  const FunctionTemplateDecl *primary = function->getPrimaryTemplate();
  return primary ? primary->getTemplatedDecl()
                 : function->getInstantiatedFromMemberFunction();
}

// The marks of a declaration. An explicit specialization has its own; clang
// also gives it those of the template.
static llvm::SmallVector<const AnnotateAttr *, 2> marksOf(const Decl &decl) {
  llvm::SmallVector<const AnnotateAttr *, 2> marks;
  for (const auto *attribute : decl.specific_attrs<AnnotateAttr>())
    if (compat::startsWith(attribute->getAnnotation(), kMonitor))
      marks.push_back(attribute);
  if (marks.empty())
    return marks;
  if (const FunctionDecl *pattern = specialized(decl))
    for (const FunctionDecl *redeclaration : pattern->redecls())
      for (const AnnotateAttr *theirs : marksOf(*redeclaration))
        llvm::erase_if(marks, [&](const AnnotateAttr *attribute) {
          return attribute->getLocation() == theirs->getLocation();
        });
  return marks;
}

std::optional<Mark> attachedMark(const Decl &decl) {
  const auto marks = marksOf(decl);
  if (marks.empty())
    return std::nullopt;
  return parse(marks.front()->getAnnotation().substr(kMonitor.size()));
}

std::optional<Conflict> conflictingMarks(const Decl &decl) {
  const AnnotateAttr *own = nullptr;
  const AnnotateAttr *inherited = nullptr;
  for (const AnnotateAttr *attribute : marksOf(decl))
    (attribute->isInherited() ? inherited : own) = attribute;
  if (!own || !inherited)
    return std::nullopt;
  return Conflict{own->getLocation(), inherited->getLocation()};
}

void detachAnnotations(FunctionDecl &function) {
  if (!function.hasAttrs())
    return;
  AttrVec kept;
  for (Attr *attribute : function.getAttrs()) {
    const auto *annotation = dyn_cast<AnnotateAttr>(attribute);
    if (!annotation ||
        !compat::startsWith(annotation->getAnnotation(), kPrefix))
      kept.push_back(attribute);
  }
  function.dropAttrs();
  if (!kept.empty())
    function.setAttrs(kept);
}

bool hasAnnotation(const FunctionDecl &function, llvm::StringRef text) {
  return llvm::any_of(function.specific_attrs<AnnotateAttr>(),
                      [&](const AnnotateAttr *attribute) {
                        return attribute->getAnnotation() == text;
                      });
}

} // namespace obs::plugin
