// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/Attr.h"
#include "clang/AST/Decl.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace clang;

namespace obs::plugin {

static constexpr llvm::StringLiteral kPrefix = "obs::";
static constexpr llvm::StringLiteral kMonitor = "obs::monitor";

void attachOptions(ASTContext &context, Decl &decl, const Options &options,
                   SourceRange range) {
  llvm::json::Object json{{"sample", options.sample},
                          {"args", options.args},
                          {"result", options.result}};
  if (!options.name.empty())
    json["name"] = options.name;
  if (!options.skip.empty())
    json["skip"] = llvm::json::Array(options.skip);
  std::string text;
  llvm::raw_string_ostream(text)
      << kMonitor << llvm::json::Value(std::move(json));
  decl.addAttr(AnnotateAttr::CreateImplicit(context, text, /*Args=*/nullptr,
                                            /*ArgsSize=*/0, range));
}

static std::optional<Options> parse(llvm::StringRef text) {
  auto json = llvm::json::parse(text);
  if (!json) {
    llvm::consumeError(json.takeError());
    return std::nullopt;
  }
  const llvm::json::Object *object = json->getAsObject();
  if (!object)
    return std::nullopt;
  Options options;
  options.sample = object->getNumber("sample").value_or(1);
  options.args = object->getBoolean("args").value_or(true);
  options.result = object->getBoolean("result").value_or(true);
  options.name = object->getString("name").value_or("").str();
  if (const llvm::json::Array *skip = object->getArray("skip"))
    for (const llvm::json::Value &value : *skip)
      options.skip.push_back(value.getAsString().value_or("").str());
  return options;
}

std::optional<Options> attachedOptions(const FunctionDecl &function) {
  for (const auto *attribute : function.specific_attrs<AnnotateAttr>()) {
    llvm::StringRef text = attribute->getAnnotation();
    if (text.consume_front(kMonitor))
      return parse(text);
  }
  return std::nullopt;
}

void detachAnnotations(FunctionDecl &function) {
  if (!function.hasAttrs())
    return;
  AttrVec kept;
  for (Attr *attribute : function.getAttrs()) {
    const auto *annotation = dyn_cast<AnnotateAttr>(attribute);
    if (!annotation || !annotation->getAnnotation().starts_with(kPrefix))
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
