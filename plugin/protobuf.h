// SPDX-License-Identifier: Apache-2.0
// The fields of protobuf messages.
#ifndef OBS_PLUGIN_PROTOBUF_H
#define OBS_PLUGIN_PROTOBUF_H

#include "clang/AST/DeclarationName.h"
#include "llvm/ADT/StringRef.h"

#include <optional>
#include <vector>

namespace clang {
class CXXRecordDecl;
} // namespace clang

namespace obs::plugin {

struct MessageField {
  llvm::StringRef name;
  clang::DeclarationName get; // the accessor
  clang::DeclarationName has; // whether it is there; empty: it always is
};

// The fields of a class that protoc made, in order of their numbers; nothing of
// any other class. The members of such a class are its library's own business,
// its accessors are not.
std::optional<std::vector<MessageField>>
messageFields(const clang::CXXRecordDecl &record);

} // namespace obs::plugin

#endif // OBS_PLUGIN_PROTOBUF_H
