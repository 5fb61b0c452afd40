// SPDX-License-Identifier: Apache-2.0
// How errors are shown: those that are returned as the header writes them,
// exceptions as the runtime does.
#include "error_format.h"

#include "exception_info.h"
#include "failure.h"
#include "obs/detail/scope.h"
#include "schema_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace obs::rt {
namespace {

struct Shown {
  std::string type, message, detail;
  bool operator==(const Shown &) const = default;
};
void PrintTo(const Shown &shown, std::ostream *out) {
  *out << shown.type << " | " << shown.message << " | " << shown.detail;
}

Shown shown(const TypeTable &types, const SiteInfo &site,
            std::span<const uint8_t> bytes) {
  CallRecord record;
  setError(record, types, site, bytes);
  return {record.errorType.value_or("-"), record.errorMessage.value_or("-"),
          record.errorDetail.value_or("-")};
}

template <class E> Shown returned(const E &error) {
  SchemaBuilder builder;
  SiteInfo site;
  site.flags = detail::kReturnsErrors;
  site.errorCode = builder.typeOf(&detail::codeTypeOf(&error));
  builder.describeAll();
  const detail::Failure failure(detail::tellErrorOf(&error), &error);
  EXPECT_TRUE(isReturned({failure.begin(), failure.size()}));
  return shown(builder.nodes(), site, {failure.begin(), failure.size()});
}

template <class Throw> Shown thrown(Throw action) {
  std::vector<uint8_t> bytes(kMaxFailBytes);
  try {
    action();
  } catch (...) {
    bytes.resize(describeException(bytes.data()));
  }
  EXPECT_FALSE(isReturned(bytes));
  return shown({}, {}, bytes);
}

struct Status {
  int number;
  std::string text;
  bool ok() const { return number == 0; }
  int code() const { return number; }
  const std::string &message() const { return text; }
};

TEST(ErrorFormat, ReturnedErrors) {
  EXPECT_EQ(returned(Status{5, "busy"}),
            (Shown{"code 5", "busy", R"({"returned":true,"code":5})"}));
  EXPECT_EQ(returned(std::make_error_code(std::errc::timed_out)),
            (Shown{"generic:110", "Connection timed out",
                   R"({"returned":true,"code":110})"}));
  EXPECT_EQ(returned(std::make_error_code(std::future_errc::no_state)),
            (Shown{"future:3", "", R"({"returned":true,"code":3})"}));
}

TEST(ErrorFormat, LongMessagesAreCut) {
  const std::string text(5000, 'x');
  EXPECT_EQ(returned(Status{1, text}).message,
            text.substr(0, kMaxMessage) + "...");
  EXPECT_EQ(thrown([&] { throw std::runtime_error(text); }).message,
            text.substr(0, kMaxMessage) + "...");
}

TEST(ErrorFormat, Exceptions) {
  EXPECT_EQ(thrown([] { throw std::out_of_range("far"); }),
            (Shown{"std::out_of_range", "far", "-"}));
  EXPECT_EQ(thrown([] { throw std::string("text"); }).message, "text");
  EXPECT_EQ(thrown([] { throw "literal"; }).message, "literal");
  EXPECT_EQ(thrown([] { throw std::string_view("view"); }).message, "view");
  EXPECT_EQ(thrown([] { throw -42; }), (Shown{"int", "-42", "-"}));
  EXPECT_EQ(thrown([] { throw 1.5; }), (Shown{"double", "1.5", "-"}));
  EXPECT_EQ(thrown([] { throw 42ull; }).message, "42");
  EXPECT_EQ(thrown([] { throw true; }).message, "true");
  EXPECT_EQ(thrown([] { throw 'c'; }).message, "c");
  EXPECT_EQ(thrown([] { throw nullptr; }).message, "");
  EXPECT_EQ(thrown([] { throw std::vector<int>(); }).message, "");
}

void nest(int depth) {
  if (depth == 0)
    throw 7;
  try {
    nest(depth - 1);
  } catch (...) {
    std::throw_with_nested(
        std::runtime_error("level " + std::to_string(depth)));
  }
}

TEST(ErrorFormat, NestedExceptions) {
  EXPECT_EQ(thrown([] { nest(2); }).detail,
            R"({"nested":[{"type":"std::runtime_error","message":"level 1"},)"
            R"({"type":"int","message":"7"}]})");
  // Eight of them, and no more than there is room for.
  const std::string all = thrown([] { nest(20); }).detail;
  EXPECT_THAT(all, testing::HasSubstr("level 12"));
  EXPECT_THAT(all, testing::Not(testing::HasSubstr("level 11")));
  EXPECT_EQ(
      thrown([] {
        try {
          throw std::runtime_error(std::string(5000, 'x'));
        } catch (...) {
          try {
            std::throw_with_nested(std::runtime_error(std::string(5000, 'y')));
          } catch (...) {
            std::throw_with_nested(std::runtime_error(std::string(5000, 'z')));
          }
        }
      }).message.size(),
      kMaxMessage + 3);
}

// As the event of an exception that is shown by its value.
std::vector<uint8_t> bytesOf(TypeId type, const std::vector<uint8_t> &value) {
  FailDetail head{};
  head.valueType = type;
  head.valueSize = uint32_t(value.size());
  std::vector<uint8_t> bytes(sizeof(head));
  memcpy(bytes.data(), &head, sizeof(head));
  bytes.insert(bytes.end(), value.begin(), value.end());
  return bytes;
}

TEST(ErrorFormat, ValuesOfExceptions) {
  SchemaBuilder builder;
  const TypeId pair = builder.typeOf(&detail::kType<std::pair<int, bool>>);
  const TypeId text = builder.typeOf(&detail::kType<std::wstring>);
  const TypeId secret = builder.typeOf(&detail::kType<detail::Secret>);
  builder.describeAll();
  const TypeTable &types = builder.nodes();
  const auto message = [&](std::vector<uint8_t> bytes) {
    return shown(types, {}, bytes).message;
  };
  EXPECT_EQ(message(bytesOf(pair, {7, 0, 0, 0, 1})), "[7,true]");
  EXPECT_EQ(message(bytesOf(pair, {7, 0, 0, 0})), "[7,\"...\"]");
  EXPECT_EQ(message(bytesOf(text, {1, 'x', 0, 0, 0})), "x");
  EXPECT_EQ(message(bytesOf(secret, {})), "***");
  EXPECT_EQ(message(bytesOf(TypeId(types.size()), {1, 2})), "");
  std::vector<uint8_t> damaged = bytesOf(pair, {7, 0, 0, 0, 1});
  damaged.pop_back();
  EXPECT_EQ(message(damaged), "[7,\"...\"]");
  // What follows the value is the next exception.
  std::vector<uint8_t> two = bytesOf(pair, {7, 0, 0, 0, 1});
  const std::vector<uint8_t> second = bytesOf(pair, {8, 0, 0, 0, 0});
  two.insert(two.end(), second.begin(), second.end());
  EXPECT_EQ(shown(types, {}, two).detail,
            R"({"nested":[{"type":"","message":"[8,false]"}]})");
}

TEST(ErrorFormat, DamagedBytes) {
  std::vector<uint8_t> bytes(kMaxFailBytes);
  try {
    nest(3);
  } catch (...) {
    bytes.resize(describeException(bytes.data()));
  }
  for (size_t size = 0; size <= bytes.size(); ++size)
    shown({}, {}, std::span(bytes).first(size));
}

} // namespace
} // namespace obs::rt
