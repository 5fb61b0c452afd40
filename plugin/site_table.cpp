// SPDX-License-Identifier: Apache-2.0
#include "site_table.h"

#include "compat.h"
#include "names.h"

#include "clang/AST/ASTConsumer.h"
#include "clang/AST/ASTContext.h"
#include "clang/AST/Attr.h"
#include "clang/AST/DeclCXX.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Basic/TargetInfo.h"
#include "clang/Sema/Sema.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <set>

using namespace clang;

namespace obs::plugin {
namespace {

constexpr int kFormatVersion = 1;
constexpr llvm::StringLiteral kAnnotation = "obs::site";

// One entry: a JSON object on one line, opened with its version and kind.
template <typename Fill> std::string entry(llvm::StringRef kind, Fill fill) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream json(stream);
  json.object([&] {
    json.attribute("obs", kFormatVersion);
    json.attribute("kind", kind);
    fill(json);
  });
  stream.flush();
  return text;
}

void putAsker(llvm::json::OStream &json, const Selected &selected,
              const std::optional<Rules> &rules) {
  switch (selected.asker) {
  case Asker::Function:
    json.attribute("by", "attribute");
    break;
  case Asker::Scope:
    json.attribute("by",
                   isa<NamespaceDecl>(selected.scope) ? "namespace" : "class");
    json.attribute("by_name",
                   cast<NamedDecl>(selected.scope)->getQualifiedNameAsString());
    break;
  case Asker::Rule:
    json.attribute("by", "rule");
    json.attribute("by_file", rules->path());
    json.attribute("by_line", selected.rule->line);
    break;
  }
}

void putOptions(llvm::json::OStream &json, const Options &options) {
  json.attribute("sample", options.sample.value_or(1));
  json.attribute("args", options.args.value_or(true));
  json.attribute("result", options.result.value_or(true));
  if (!options.returnedErrors.value_or(true))
    json.attribute("errors", "exceptions");
  if (options.resources.value_or(false))
    json.attribute("resources", true);
  if (!options.skip.empty())
    json.attribute("skip", llvm::json::Array(options.skip));
  if (options.name)
    json.attribute("name", *options.name);
}

std::string functionEntry(const FunctionDecl &function,
                          const Selected &selected, llvm::StringRef why,
                          const std::optional<Rules> &rules) {
  const SourceManager &sources = function.getASTContext().getSourceManager();
  const PresumedLoc place =
      sources.getPresumedLoc(sources.getExpansionLoc(function.getLocation()));
  return entry(
      why.empty() ? "monitored" : "refused", [&](llvm::json::OStream &json) {
        json.attribute("function", qualifiedName(function));
        json.attribute("file", place.isValid() ? place.getFilename() : "");
        json.attribute("line", place.isValid() ? place.getLine() : 0);
        json.attribute("signature", signature(function));
        putAsker(json, selected, rules);
        if (why.empty())
          putOptions(json, selected.options);
        else
          json.attribute("why", why);
      });
}

std::string ruleEntry(const Rules::Rule &rule, llvm::StringRef path) {
  return entry("rule", [&](llvm::json::OStream &json) {
    json.attribute("file", path);
    json.attribute("line", rule.line);
    json.attribute("text", rule.text);
    json.attribute("matched", rule.matched);
  });
}

// What every assembler reads as `text` between quotes.
void escape(llvm::StringRef text, std::string &out) {
  for (const unsigned char c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    if (llvm::isPrint(c)) {
      out += char(c);
      continue;
    }
    out += '\\';
    for (int shift : {6, 3, 0})
      out += char('0' + (c >> shift & 7));
  }
}

// A section that is not loaded, of strings that the linker merges: what many
// object files say of an inline function stands in the program once.
std::string assembly(const std::set<std::string> &entries) {
  std::string text = "\t.pushsection .obs.sites,\"MS\",%progbits,1\n";
  for (const std::string &line : entries) {
    text += "\t.asciz \"";
    escape(line, text);
    text += "\"\n";
  }
  return text + "\t.popsection\n";
}

} // namespace

bool isEmitted(const FunctionDecl &function) {
  return function.isUsed() ||
         function.getASTContext().DeclMustBeEmitted(&function);
}

bool emitsCode(frontend::ActionKind action) {
  switch (action) {
  case frontend::EmitAssembly:
  case frontend::EmitBC:
  case frontend::EmitLLVM:
  case frontend::EmitLLVMOnly:
  case frontend::EmitCodeGenOnly:
  case frontend::EmitObj:
    return true;
  default:
    return false;
  }
}

void SiteTable::add(FunctionDecl &function, const Selected &selected,
                    llvm::StringRef why) {
  entries_.push_back({&function, selected, why.str(), {}});
}

bool SiteTable::adopt(FunctionDecl &function) {
  for (const auto *attribute : function.specific_attrs<AnnotateAttr>()) {
    llvm::StringRef text = attribute->getAnnotation();
    if (!text.consume_front(kAnnotation))
      continue;
    entries_.push_back({&function, {}, {}, text.str()});
    detachAnnotations(function);
    return true;
  }
  return false;
}

void SiteTable::finish(Sema &sema, frontend::ActionKind action,
                       const std::optional<Rules> &rules) {
  ASTContext &context = sema.Context;
  const auto textOf = [&](const Entry &each) {
    return each.adopted.empty()
               ? functionEntry(*each.function, each.selected, each.why, rules)
               : each.adopted;
  };
  if (!emitsCode(action)) {
    if (action != frontend::ParseSyntaxOnly) // what is written is the AST
      for (const Entry &each : entries_)
        each.function->addAttr(AnnotateAttr::CreateImplicit(
            context, (kAnnotation + textOf(each)).str(), /*Args=*/nullptr,
            /*ArgsSize=*/0, each.function->getSourceRange()));
    return;
  }
  if (!context.getTargetInfo().getTriple().isOSBinFormatELF())
    return;
  std::set<std::string> entries;
  // Asking may load more of a precompiled header, and so add entries.
  for (size_t i = 0; i < entries_.size(); ++i)
    if (isEmitted(*entries_[i].function))
      entries.insert(textOf(entries_[i]));
  if (rules)
    for (const Rules::Rule &rule : rules->rules())
      entries.insert(ruleEntry(rule, rules->path()));
  if (!entries.empty())
    sema.Consumer.HandleTopLevelDecl(DeclGroupRef(FileScopeAsmDecl::Create(
        context, context.getTranslationUnitDecl(),
        compat::stringLiteral(context, assembly(entries)), SourceLocation(),
        SourceLocation())));
}

} // namespace obs::plugin
