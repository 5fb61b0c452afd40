// SPDX-License-Identifier: Apache-2.0
// Units, tables and the filter language of obsctl.
#include "calls_query.h"
#include "schema.h"
#include "table.h"
#include "units.h"
#include "where.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <cstdio>
#include <fcntl.h>
#include <ostream>
#include <string>
#include <unistd.h>

namespace obs::ctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kNow = 1'800'000'000'000'000'000;

TEST(UnitsTest, DurationsHaveThreeDigits) {
  EXPECT_EQ(formatDuration(0), "0 ns");
  EXPECT_EQ(formatDuration(999), "999 ns");
  EXPECT_EQ(formatDuration(1'250), "1.25 µs");
  EXPECT_EQ(formatDuration(9'996), "10.0 µs");
  EXPECT_EQ(formatDuration(999'499), "999 µs");
  EXPECT_EQ(formatDuration(999'500), "1.00 ms");
  EXPECT_EQ(formatDuration(12'345'678), "12.3 ms");
  EXPECT_EQ(formatDuration(3'400'000'000), "3.40 s");
  EXPECT_EQ(formatDuration(125'000'000'000), "2 min 5 s");
  EXPECT_EQ(formatDuration(11'520'000'000'000), "3 h 12 min");
}

TEST(UnitsTest, CountsBytesAndRates) {
  EXPECT_EQ(formatCount(0), "0");
  EXPECT_EQ(formatCount(999), "999");
  EXPECT_EQ(formatCount(1'000), "1,000");
  EXPECT_EQ(formatCount(-1'234'567), "-1,234,567");
  EXPECT_EQ(formatBytes(512), "512 B");
  EXPECT_EQ(formatBytes(1536), "1.50 KiB");
  EXPECT_EQ(formatBytes(1'048'064), "1.00 MiB");
  EXPECT_EQ(formatRate(1), "1");
  EXPECT_EQ(formatRate(0.001), "0.001");
}

TEST(UnitsTest, TimesAreAgoOrAbsolute) {
  EXPECT_EQ(parseTime("5m", kNow), kNow - 300'000'000'000);
  EXPECT_EQ(parseTime("2027-01-15T08:00:00.25Z", 0), 1'800'000'000'250'000'000);
  EXPECT_EQ(parseTime("2027-01-15 08:00Z", 0), kNow);
  EXPECT_EQ(parseTime("2027-01-15Z", 0), kNow - 8 * 3'600'000'000'000);
  for (const char *bad : {"", "soon", "2027-13-01", "2027-01-15 8:00",
                          "2027-01-15 25:00", "10:15x", "-5m"})
    EXPECT_EQ(parseTime(bad, kNow), std::nullopt) << bad;
}

TEST(TableTest, AlignsByDisplayWidth) {
  Table table({{"NAME"}, {"TIME", Table::Align::Right}});
  table.add({{"a"}, {"1 µs"}});
  table.add({{"größer"}, {"10 ns"}});
  EXPECT_EQ(table.render({}), "NAME     TIME\n"
                              "a        1 µs\n"
                              "größer  10 ns\n");
}

TEST(TableTest, ShrinksTheMarkedColumnToTheScreen) {
  Table table({{"ID"}, {"ARGS", Table::Align::Left, true}, {"END"}});
  table.add({{"1"}, {std::string(100, 'x')}, {"ok"}});
  std::string out = table.render({.width = 40});
  EXPECT_EQ(out.substr(out.find('\n') + 1),
            "1   " + std::string(30, 'x') + "…  ok\n");
  EXPECT_THAT(table.render({}), HasSubstr(std::string(100, 'x')));
}

TEST(TableTest, RecordedBytesCannotDriveTheTerminal) {
  EXPECT_EQ(printable("a\x1b[31m\n\t\xff\x7f"), "a\\x1b[31m\\n\\t\uFFFD\\x7f");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("日本 µ"), "日本 µ");
  EXPECT_EQ(displayWidth("日本 µ"), 6);
  EXPECT_EQ(shortened("日本語", 4), "日…");
}

TEST(TableTest, ColoursOnlyOnRequest) {
  EXPECT_EQ(styled({}, Style::Red, "x"), "x");
  EXPECT_EQ(styled({.colour = true}, Style::Red, "x"), "\x1b[31mx\x1b[0m");
}

TEST(WhereTest, BindsWhatTheUserWrote) {
  auto condition = parseWhere(
      "args.name = 'x; DROP TABLE call --' and duration >= 10ms", kNow);
  ASSERT_TRUE(condition.ok()) << condition.status();
  EXPECT_EQ(condition->sql, "json_extract(args, ?) = ? AND duration_ns >= ?");
  EXPECT_THAT(condition->values, ElementsAre(SqlValue("$.\"name\""),
                                             SqlValue("x; DROP TABLE call --"),
                                             SqlValue(int64_t{10'000'000})));
}

TEST(WhereTest, ReadsPathsAndLiterals) {
  auto condition = parseWhere("args.a.\"b c\"[2].d=-1.5", kNow);
  ASSERT_TRUE(condition.ok()) << condition.status();
  EXPECT_THAT(
      condition->values,
      ElementsAre(SqlValue("$.\"a\".\"b c\"[2].\"d\""), SqlValue(-1.5)));
}

struct BadWhere {
  const char *text;
  const char *message;
  int caret; // column

  friend void PrintTo(const BadWhere &where, std::ostream *out) {
    *out << where.text;
  }
};

class BadWhereTest : public testing::TestWithParam<BadWhere> {};

TEST_P(BadWhereTest, SaysWhatAndWhere) {
  auto condition = parseWhere(GetParam().text, kNow);
  ASSERT_FALSE(condition.ok());
  std::string message(condition.status().message());
  EXPECT_THAT(message, HasSubstr(GetParam().message));
  EXPECT_EQ(message.substr(message.rfind('\n') + 1),
            std::string(2 + GetParam().caret, ' ') + "^")
      << message;
}

INSTANTIATE_TEST_SUITE_P(
    All, BadWhereTest,
    testing::Values(BadWhere{"", "expected what to compare", 0},
                    BadWhere{"arg.x = 1", "unknown name `arg`", 0},
                    BadWhere{"args.x 1", "expected an operator", 7},
                    BadWhere{"args.x =", "expected a value", 8},
                    BadWhere{"args. = 1", "expected a name after the dot", 5},
                    BadWhere{"args[x] = 1", "expected an index", 5},
                    BadWhere{"args.x = 'a", "not closed", 9},
                    BadWhere{"args.x = 1 or args.y = 2", "expected `and`", 11},
                    BadWhere{"args.x = 1 and", "expected what to compare", 14},
                    BadWhere{"duration > 10", "with its unit", 11},
                    BadWhere{"duration > soon", "with its unit", 11},
                    BadWhere{"status = bad", "ok, error, abandoned, in_flight",
                             9},
                    BadWhere{"thread = main", "is a number", 9},
                    BadWhere{"line ~ 4", "is a number", 7},
                    BadWhere{"args.x < null", "= or !=", 9},
                    BadWhere{"started > never", "expected a time", 10}));

// Filters against a real database.
class CallsTest : public testing::Test {
protected:
  void SetUp() override {
    path_ = testing::TempDir() + "obsctl_test_" + std::to_string(getpid());
    close(open(path_.c_str(), O_CREAT | O_TRUNC | O_RDWR, 0600));
    auto database = rt::Database::open(path_, rt::OpenMode::ReadWrite,
                                       std::chrono::seconds(1));
    ASSERT_TRUE(database.ok()) << database.status();
    database_.emplace(*std::move(database));
    ASSERT_TRUE(database_->execute(rt::kCreateSchema).ok());
    auto status = database_->execute(
        "INSERT INTO function VALUES "
        "(1, 'Book::add', 'book.cpp', 10, 'void Book::add(int)', 1, 3, 1, 3, "
        "0);"
        "INSERT INTO call VALUES "
        "(1, 1, 7, 70, NULL, 1000, 5000000, 0, "
        " '{\"n\":1,\"s\":\"one\",\"o\":{\"v\":[1,2.5]},\"b\":true}', '10',"
        " NULL, NULL, NULL, NULL, NULL, NULL, NULL),"
        "(2, 1, 7, 70, 1, 2000, 20000000, 0, "
        " '{\"n\":2,\"s\":\"two\",\"o\":{\"v\":[]},\"b\":false}', '20',"
        " NULL, NULL, 2, 15000000, NULL, 4000000, 4096),"
        "(3, 1, 8, 70, NULL, 3000, NULL, 1, '{\"n\":\"3\",\"z\":null}', NULL,"
        " 'std::runtime_error', 'no room', NULL, NULL, NULL, NULL, NULL);");
    ASSERT_TRUE(status.ok()) << status;
  }

  void TearDown() override {
    database_.reset();
    std::remove(path_.c_str());
  }

  std::vector<int64_t> ids(const CallFilter &filter) {
    auto conditions = conditionsOf(filter);
    EXPECT_TRUE(conditions.ok()) << conditions.status();
    auto rows = selectCalls(*database_, *conditions, filter.limit);
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::vector<int64_t> ids;
    for (const CallRow &row : *rows)
      ids.push_back(row.id);
    return ids;
  }
  std::vector<int64_t> where(std::string text) {
    return ids({.where = {std::move(text)}});
  }

  std::string path_;
  std::optional<rt::Database> database_;
};

TEST_F(CallsTest, ComparesLikeWithLike) {
  EXPECT_THAT(where("args.n = 1"), ElementsAre(1));
  EXPECT_THAT(where("args.n = 1.0"), ElementsAre(1));
  EXPECT_THAT(where("args.n = '3'"), ElementsAre(3));
  EXPECT_THAT(where("args.n > 1"), ElementsAre(2)); // not the text "3"
  EXPECT_THAT(where("args.n >= '1'"), ElementsAre(3));
  EXPECT_THAT(where("args.n != 1"), ElementsAre(2, 3));
  EXPECT_THAT(where("args.s != one"), ElementsAre(2)); // 3 has no s
  EXPECT_THAT(where("args.s ~ 'o'"), ElementsAre(1, 2));
  EXPECT_THAT(where("args.o.v[1] = 2.5"), ElementsAre(1));
  EXPECT_THAT(where("args.b = true"), ElementsAre(1));
  EXPECT_THAT(where("args.z = null"), ElementsAre(3));
  EXPECT_THAT(where("args ~ two"), ElementsAre(2));
  EXPECT_THAT(where("result = 20"), ElementsAre(2));
}

TEST_F(CallsTest, ComparesColumns) {
  EXPECT_THAT(where("duration > 10ms"), ElementsAre(2));
  EXPECT_THAT(where("duration = null"), ElementsAre(3));
  EXPECT_THAT(where("status = error"), ElementsAre(3));
  EXPECT_THAT(where("parent = 1 and thread = 7"), ElementsAre(2));
  EXPECT_THAT(where("error_message ~ room"), ElementsAre(3));
  EXPECT_THAT(where("suspensions > 1 and suspended >= 15ms"), ElementsAre(2));
  EXPECT_THAT(where("cpu > 3ms and allocated >= 4096"), ElementsAre(2));
}

TEST_F(CallsTest, ChoosesByOptions) {
  EXPECT_THAT(ids({}), ElementsAre(1, 2, 3));
  EXPECT_THAT(ids({.limit = 2}), ElementsAre(2, 3));
  EXPECT_THAT(ids({.limit = 0}), ElementsAre(1, 2, 3));
  EXPECT_THAT(ids({.function = "Book::*"}), ElementsAre(1, 2, 3));
  EXPECT_THAT(ids({.function = "add"}), ElementsAre(1, 2, 3));
  EXPECT_THAT(ids({.function = "ad"}), IsEmpty());
  EXPECT_THAT(ids({.status = "error"}), ElementsAre(3));
  EXPECT_THAT(ids({.minDuration = "10ms"}), ElementsAre(2));
  EXPECT_THAT(ids({.since = "1h"}), IsEmpty());
  EXPECT_THAT(ids({.until = "1h"}), ElementsAre(1, 2, 3));
  EXPECT_FALSE(conditionsOf({.since = "soon"}).ok());
  EXPECT_FALSE(conditionsOf({.minDuration = "much"}).ok());
}

TEST_F(CallsTest, ShowsArgumentsAndOutcome) {
  auto rows = selectCalls(*database_, {}, 0);
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(argumentsText((*rows)[0]),
            R"(n=1, s="one", o={"v":[1,2.5]}, b=true)");
  EXPECT_EQ(outcome((*rows)[0]).text, "10");
  EXPECT_EQ(outcome((*rows)[2]).text, "std::runtime_error: no room");
  (*rows)[2].errorMessage = "";
  EXPECT_EQ(outcome((*rows)[2]).text, "std::runtime_error");
}

} // namespace
} // namespace obs::ctl
