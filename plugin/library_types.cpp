// SPDX-License-Identifier: Apache-2.0
#include "library_types.h"

#include "compat.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"

using namespace clang;

namespace obs::plugin {
namespace {

using namespace detail;

constexpr LibraryType kTypes[] = {
    {"std::atomic", kWrapper, "wrapped", {{"", "load()"}}},
    {"std::reference_wrapper", kWrapper, "wrapped", {{"", "get()"}}},
    {"std::stack", kWrapper, "wrapped", {{"", "c"}}},
    {"std::queue", kWrapper, "wrapped", {{"", "c"}}},
    {"std::priority_queue", kWrapper, "wrapped", {{"", "c"}}},
    {"std::coroutine_handle", kWrapper, "wrapped", {{"", "address()"}}},
    {"std::thread::id", kWrapper, "wrapped", {{"", "_M_thread|__id_"}}},
    {"std::__thread_id", kWrapper, "wrapped", {{"", "__id_"}}},
    {"std::filesystem::directory_entry", kWrapper, "wrapped", {{"", "path()"}}},
    {"std::tuple", kTuple, "", {}}, // the empty one
    {"std::monostate", kNull, "", {}},
    {"std::complex", kStruct, "", {{"real", "real()"}, {"imag", "imag()"}}},
    {"std::weak_ptr", kStruct, "", {{"use_count", "use_count()"}}},
    {"std::error_code",
     kStruct,
     "",
     {{"category", "category().name()"}, {"value", "value()"}}},
    {"std::error_condition",
     kStruct,
     "",
     {{"category", "category().name()"}, {"value", "value()"}}},
    {"std::source_location",
     kStruct,
     "",
     {{"file", "file_name()"},
      {"line", "line()"},
      {"column", "column()"},
      {"function", "function_name()"}}},
    {"std::bitset", kBits, "bits", {}},
    {"std::valarray", kSequence, "indexed", {}},
    {"std::chrono::duration", kDuration, "wrapped", {{"", "count()"}}},
    {"std::chrono::time_point", kTime, "wrapped", {{"", "time_since_epoch()"}}},
    {"std::chrono::year", kWrapper, "wrapped", {{"", "_M_y|__y_"}}},
    {"std::chrono::month", kWrapper, "wrapped", {{"", "_M_m|__m_"}}},
    {"std::chrono::day", kWrapper, "wrapped", {{"", "_M_d|__d_"}}},
    {"std::chrono::weekday", kWrapper, "wrapped", {{"", "_M_wd|__wd_"}}},
    {"std::chrono::year_month_day",
     kStruct,
     "",
     {{"year", "year()"}, {"month", "month()"}, {"day", "day()"}}},
    {"std::any", kTypeName, "typeName", {{"", "type()"}}},
    {"std::function", kTypeName, "typeName", {{"", "target_type()"}}},
    {"std::type_info", kTypeName, "typeName", {}},
    {"std::type_index", kTypeName, "typeName", {}},
    {"std::__exception_ptr::exception_ptr", kTypeName, "exceptionType", {}},
    {"absl::Status",
     kStruct,
     "",
     {{"code", "code()"}, {"message", "message()"}}},
    {"absl::Cord", kText, "pieces", {}},
    {"absl::Duration", kSplitTime, "splitTime", {}},
    {"absl::Time", kSplitTime, "splitTime", {}},
    {"cv::Mat", kShape, "dimensions", {{"", "dims"}, {"", "size.p"}}},
};

} // namespace

std::string plainName(const DeclContext &context) {
  const auto *named = dyn_cast<NamedDecl>(&context);
  if (!named)
    return {};
  const DeclContext *outer = context.getParent();
  std::string name = outer ? plainName(*outer) : std::string();
  const auto *space = dyn_cast<NamespaceDecl>(&context);
  if (space && space->isInline())
    return name;
  if (!name.empty())
    name += "::";
  return name + named->getNameAsString();
}

const LibraryType *libraryType(const CXXRecordDecl &record) {
  // Most classes can be told by less than their whole name.
  if (!record.getIdentifier())
    return nullptr;
  for (const LibraryType &type : kTypes)
    if (compat::endsWith(type.name, record.getName()) &&
        plainName(record) == type.name)
      return &type;
  return nullptr;
}

} // namespace obs::plugin
