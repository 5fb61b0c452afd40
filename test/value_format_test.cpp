// SPDX-License-Identifier: Apache-2.0
// Values as the header encodes them and the runtime shows them. Classes and
// enumerators need the plugin: test/e2e has those.
#include "described_format.h"
#include "encoder.h"
#include "number_format.h"
#include "obs/detail/encode.h"
#include "schema_builder.h"
#include "value_format.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <deque>
#include <filesystem>
#include <forward_list>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

namespace obs::rt {
namespace {

template <class T> std::string show(const T &value, size_t room = 65536) {
  SchemaBuilder builder;
  const detail::Type &described = detail::kType<detail::Plain<T>>;
  const TypeId type = builder.typeOf(&described);
  builder.describeAll();
  std::vector<uint8_t> memory(room);
  detail::Encoder encoder = {memory.data(), memory.data() + room,
                             &detail::kDefaultLimits};
  encodeValue(encoder, described, detail::addressOf(value));
  std::string out;
  formatValue(out, builder.nodes(), type, {memory.data(), encoder.cursor}, {});
  EXPECT_TRUE(nlohmann::json::accept(out)) << out;
  return out;
}

TEST(ValueFormat, Scalars) {
  EXPECT_EQ(show(true), "true");
  EXPECT_EQ(show(-42), "-42");
  EXPECT_EQ(show(std::numeric_limits<int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(show(std::numeric_limits<uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(show(int8_t(-1)), "-1");
  EXPECT_EQ(show(uint8_t(200)), "200");
  EXPECT_EQ(show(0.1), "0.1");
  EXPECT_EQ(show(0.1f), "0.1");
  EXPECT_EQ(show(1e300), "1e+300");
  EXPECT_EQ(show(2.5L), "2.5");
  EXPECT_EQ(show(-1e4000L), "\"-1e+4000\""); // beyond what JSON readers take
  EXPECT_EQ(show(std::nan("")), "\"NaN\"");
  EXPECT_EQ(show(-std::numeric_limits<double>::infinity()), "\"-Infinity\"");
  EXPECT_EQ(show('x'), "\"x\"");
  EXPECT_EQ(show('"'), "\"\\\"\"");
  EXPECT_EQ(show(char(0xff)), "\"\\\\xff\"");
  EXPECT_EQ(show(u'é'), "\"é\"");
  EXPECT_EQ(show(nullptr), "null");
  EXPECT_EQ(show(static_cast<__int128>(-5)), "\"-5\"");
  const volatile int changing = 7;
  EXPECT_EQ(show(changing), "7");
}

TEST(ValueFormat, Pointers) {
  int *none = nullptr;
  EXPECT_EQ(show(none), "null");
  EXPECT_EQ(show(reinterpret_cast<void *>(0x1234)), "\"0x1234\"");
}

TEST(ValueFormat, Text) {
  EXPECT_EQ(show(std::string("a \"b\"\n\x01")), "\"a \\\"b\\\"\\n\\u0001\"");
  EXPECT_EQ(show(std::string_view("x")), "\"x\"");
  EXPECT_EQ(show(std::string("grün €")), "\"grün €\"");
  EXPECT_EQ(show(std::string("\xff\xc3")), "\"\\\\xff\\\\xc3\"");
  EXPECT_EQ(show(std::string("\xed\xa0\x80")), "\"\\\\xed\\\\xa0\\\\x80\"");
  EXPECT_EQ(show(std::u16string(u"a\U0001F600")), "\"a\U0001F600\"");
  EXPECT_EQ(show(std::u32string(U"\U0001F600")), "\"\U0001F600\"");
  EXPECT_EQ(show(std::wstring(L"wide")), "\"wide\"");
  EXPECT_EQ(show(std::filesystem::path("/tmp/x")), "\"/tmp/x\"");
  EXPECT_EQ(show(static_cast<const char *>("text")), "\"text\"");
  EXPECT_EQ(show(static_cast<const char *>(nullptr)), "null");
}

TEST(ValueFormat, LongTextIsCutWithItsLength) {
  const std::string text(5000, 'a');
  EXPECT_EQ(show(text), '"' + std::string(1000, 'a') + "... (5000 bytes)\"");
  EXPECT_EQ(show(text.c_str()),
            '"' + std::string(1000, 'a') + "... (1001 or more bytes)\"");
}

TEST(ValueFormat, TextsOfEachLengthAreWhole) {
  for (size_t length = 0; length != 300; ++length) {
    std::string text;
    for (size_t i = 0; i != length; ++i)
      text += char('a' + i % 26);
    const std::string shown = '"' + text + '"';
    EXPECT_EQ(show(text), shown);
    EXPECT_EQ(show(text.c_str()), shown);
    EXPECT_EQ(show(std::u16string(text.begin(), text.end())), shown);
    EXPECT_EQ(show(std::u32string(text.begin(), text.end())), shown);
  }
}

TEST(ValueFormat, UnreadableTextPointerIsItsAddress) {
  EXPECT_EQ(show(reinterpret_cast<const char *>(16)), "\"0x10\"");
}

TEST(ValueFormat, Containers) {
  EXPECT_EQ(show(std::vector<int>{1, 2, 3}), "[1,2,3]");
  EXPECT_EQ(show(std::vector<bool>{true, false}), "[true,false]");
  EXPECT_EQ(show(std::vector<std::string>{"a", "b"}), "[\"a\",\"b\"]");
  EXPECT_EQ(show(std::array<double, 2>{1.5, 2}), "[1.5,2]");
  EXPECT_EQ(show(std::list<int>{}), "[]");
  EXPECT_EQ(show(std::deque<int>{4}), "[4]");
  EXPECT_EQ(show(std::set<char>{'a', 'b'}), "[\"a\",\"b\"]");
  EXPECT_EQ(show(std::forward_list<int>{1, 2}), "[1,2]");
  const int array[] = {1, 2};
  EXPECT_EQ(show(array), "[1,2]");
  const std::string strings[] = {"x"};
  EXPECT_EQ(show(strings), "[\"x\"]");
}

TEST(ValueFormat, MapsAreObjects) {
  EXPECT_EQ(show(std::map<std::string, int>{{"a", 1}, {"b", 2}}),
            "{\"a\":1,\"b\":2}");
  EXPECT_EQ(show(std::map<int, std::vector<int>>{{1, {2}}}), "{\"1\":[2]}");
  EXPECT_EQ(show(std::map<std::pair<int, int>, int>{{{1, 2}, 3}}),
            "{\"[1,2]\":3}");
  EXPECT_EQ(show(std::unordered_map<int, bool>{{7, true}}), "{\"7\":true}");
}

TEST(ValueFormat, LargeContainersAreSummarized) {
  EXPECT_EQ(show(std::vector<int>(1001)),
            "\"[std::vector<int> with 1001 items]\"");
  EXPECT_EQ(show(std::vector<std::string>(2000)),
            "\"[std::vector<std::string> with 2000 items]\"");
  EXPECT_EQ(show(std::forward_list<int>(1001)),
            "\"[std::forward_list<int> with more items than are shown]\"");
  const std::string last = show(std::vector<int>(1000, 1));
  EXPECT_EQ(std::count(last.begin(), last.end(), ','), 999);
  EXPECT_EQ(show(std::forward_list<int>(1000, 1)), last);
}

TEST(ValueFormat, Wrappers) {
  EXPECT_EQ(show(std::optional<int>(3)), "3");
  EXPECT_EQ(show(std::optional<int>()), "null");
  EXPECT_EQ(show(std::make_pair(1, std::string("x"))), "[1,\"x\"]");
  EXPECT_EQ(show(std::make_tuple(1, 'a', 2.5)), "[1,\"a\",2.5]");
  EXPECT_EQ(show(std::variant<int, std::string>("v")),
            "{\"std::string\":\"v\"}");
  EXPECT_EQ(show(std::make_unique<int>(9)), "9");
  EXPECT_EQ(show(std::unique_ptr<int>()), "null");
  EXPECT_EQ(show(std::make_shared<std::string>("s")), "\"s\"");
  EXPECT_EQ(show(std::shared_ptr<void>()), "null");
  EXPECT_EQ(show(std::unique_ptr<int[]>(new int[1])).substr(0, 3), "\"0x");
}

TEST(ValueFormat, NestingStops) {
  using Six = std::vector<
      std::vector<std::vector<std::vector<std::vector<std::vector<int>>>>>>;
  EXPECT_EQ(show(Six{{{{{{1}}}}}}), "[[[[[[\"...\"]]]]]]");
  using Five = Six::value_type;
  EXPECT_EQ(show(Five{{{{{1}}}}}), "[[[[[1]]]]]");
}

struct Matrix {
  long rows() const { return 1000000; }
  long cols() const { return 100; }
};

TEST(ValueFormat, TabularThingsAreTheirShape) {
  EXPECT_EQ(show(Matrix()),
            "\"[obs::rt::(anonymous namespace)::Matrix 1000000×100]\"");
}

TEST(ValueFormat, WhatDoesNotFitIsSaid) {
  // A container keeps the items that fit.
  EXPECT_EQ(show(std::vector<int>{1, 2, 3, 4}, 12 + 8), "[1,2,\"+2 more\"]");
  EXPECT_EQ(show(std::vector<std::string>{"aaaa", "b"}, 12 + 6),
            "[\"aaaa\",\"+1 more\"]");
  EXPECT_EQ(show(std::map<int, int>{{1, 1}, {2, 2}}, 12 + 8),
            "{\"1\":1,\"+1 more\":null}");
  EXPECT_EQ(show(std::string("abcdef"), 1 + 6), "\"abcdef\"");
  EXPECT_EQ(show(std::string("abcdef"), 1 + 5), "\"...\"");
  EXPECT_EQ(show(std::string("abcdefghijkl"), 1 + 8 + 3),
            "\"abc... (12 bytes)\"");
  EXPECT_EQ(show(5, 2), "\"...\"");
  EXPECT_EQ(show(std::make_pair(1, 2), 6), "[1,\"...\"]");
}

TEST(ValueFormat, GarbageNeverCrashes) {
  using Type =
      std::map<std::string, std::variant<int, std::vector<std::string>>>;
  SchemaBuilder builder;
  const TypeId type = builder.typeOf(&detail::kType<Type>);
  builder.describeAll();
  uint32_t seed = 1;
  for (int round = 0; round < 2000; ++round) {
    std::vector<uint8_t> bytes(round % 97);
    for (uint8_t &byte : bytes)
      byte = uint8_t((seed = seed * 1664525 + 1013904223) >> 29);
    std::string out;
    formatValue(out, builder.nodes(), type, bytes, {});
    EXPECT_TRUE(nlohmann::json::accept(out)) << out;
  }
}

TEST(ValueFormat, Arguments) {
  SchemaBuilder builder;
  SiteInfo site;
  site.parameters = {{"id", builder.typeOf(&detail::kType<int>)},
                     {"name", builder.typeOf(&detail::kType<std::string>)}};
  builder.describeAll();
  uint8_t memory[100];
  detail::Encoder encoder = {memory, memory + sizeof(memory),
                             &detail::kDefaultLimits};
  const int id = 7;
  const std::string name = "x";
  encodeValue(encoder, detail::kType<int>, &id);
  encodeValue(encoder, detail::kType<std::string>, &name);
  std::string out;
  const std::span<const uint8_t> bytes(memory, encoder.cursor);
  formatArguments(out, builder.nodes(), site, bytes, {});
  EXPECT_EQ(out, "{\"id\":7,\"name\":\"x\"}");
  out.clear();
  formatArguments(out, builder.nodes(), site, bytes, {}, "at_throw");
  EXPECT_EQ(out, "{\"id\":7,\"name\":\"x\",\"captured\":\"at_throw\"}");
  out.clear();
  site.moved = {"id", "name"};
  formatArguments(out, builder.nodes(), site, bytes, {}, "at_return");
  EXPECT_EQ(out, "{\"id\":7,\"name\":\"x\",\"captured\":\"at_return\","
                 "\"maybe_moved_from\":[\"id\",\"name\"]}");
}

TEST(ValueFormat, Secrets) {
  EXPECT_EQ(show(detail::Secret()), "\"***\"");
  EXPECT_EQ(show(std::vector<detail::Secret>(2)), "[\"***\",\"***\"]");
  EXPECT_EQ(show(std::optional<detail::Secret>()), "null");
  EXPECT_EQ(show(std::map<int, detail::Secret>{{1, {}}}), "{\"1\":\"***\"}");
}

TEST(ValueFormat, WhatTakesNoRoomTakesLittleTime) {
  // A thousand times a thousand values too deep to have any bytes.
  using Deep = std::vector<
      std::vector<std::vector<std::vector<std::vector<std::vector<char>>>>>>;
  const std::vector<char> none;
  const Deep deep(
      100, Deep::value_type(
               100, Deep::value_type::value_type(
                        1, {{std::vector<std::vector<char>>(1000, none)}})));
  const std::string shown = show(deep);
  EXPECT_LT(std::count(shown.begin(), shown.end(), '.') / 3, 3000);
}

TEST(ValueFormat, KeysThatLookTheSameStayApart) {
  const std::string text(1500, 'k');
  const std::string shown =
      show(std::map<std::string, int>{{text + 'a', 1}, {text + 'b', 2}});
  EXPECT_EQ(nlohmann::json::parse(shown).size(), 2u);
}

TEST(ValueFormat, ThrowingItemsEndTheContainer) {
  struct Broken {
    using value_type = int;
    struct iterator {
      int at;
      int operator*() const { return at == 1 ? throw at : at; }
      iterator &operator++() { return ++at, *this; }
      bool operator!=(const iterator &other) const { return at != other.at; }
    };
    iterator begin() const { return {0}; }
    iterator end() const { return {3}; }
  };
  EXPECT_EQ(show(Broken()), "[0,\"and more\"]");
}

TEST(ValueFormat, SummaryOfALyingSizeIsItsWord) {
  struct Liar : std::vector<int> {
    using std::vector<int>::vector;
    size_t size() const { return 5; }
  };
  EXPECT_EQ(show(Liar{1, 2}), "[1,2,\"+3 more\"]");
  EXPECT_EQ(show(Liar{1, 2, 3, 4, 5, 6}), "[1,2,3,4,5]");
}

TEST(ValueFormat, DescribedGarbageIsJson) {
  uint32_t seed = 1;
  for (int round = 0; round < 5000; ++round) {
    std::vector<uint8_t> bytes(round % 61);
    for (uint8_t &byte : bytes)
      byte = uint8_t((seed = seed * 1664525 + 1013904223) >> 28);
    std::string out;
    appendDescribed(out, bytes);
    EXPECT_TRUE(nlohmann::json::accept(out)) << out;
  }
}

TEST(ValueFormat, FlagsAreTakenApart) {
  const auto named = [](std::vector<std::pair<std::string, uint64_t>> names,
                        int value) {
    TypeNode node;
    node.size = 4;
    node.enumerators = std::move(names);
    std::string out;
    appendEnum(out, node, true, value);
    return out;
  };
  EXPECT_EQ(named({{"R", 1}, {"W", 2}, {"X", 4}}, 6), "\"W|X\"");
  EXPECT_EQ(named({{"R", 1}, {"W", 2}, {"X", 4}}, 0), "0");
  EXPECT_EQ(named({{"R", 1}, {"W", 2}, {"X", 4}}, 8), "8");
  EXPECT_EQ(named({{"None", 0}, {"R", 1}, {"W", 2}, {"All", 3}}, 3), "\"All\"");
  // These count.
  EXPECT_EQ(named({{"A", 1}, {"B", 2}, {"C", 3}, {"D", 4}}, 5), "5");
  EXPECT_EQ(named({{"A", 0}, {"B", 10}}, -1), "-1");
}

TEST(ValueFormat, TimesBeyondTheCalendarAreDurations) {
  const auto time = [](__int128 count, Period period) {
    std::string out;
    appendTime(out, count, period);
    return out;
  };
  EXPECT_EQ(time(0, {1, 1}), "\"1970-01-01T00:00:00Z\"");
  EXPECT_EQ(time(-1, {1, 1000000000}), "\"1969-12-31T23:59:59.999999999Z\"");
  EXPECT_EQ(time(INT64_MAX, {1, 1000000000}),
            "\"2262-04-11T23:47:16.854775807Z\"");
  EXPECT_EQ(time(INT64_MAX, {1, 1}), "\"9223372036854775807s\"");
  EXPECT_EQ(time(INT64_MIN, {86400, 1}), "\"-9223372036854775808d\"");
}

} // namespace
} // namespace obs::rt
