// SPDX-License-Identifier: Apache-2.0
// Reading what the plugin left about functions and rules.
#include "site_list.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <string>

namespace obs::ctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string section(std::initializer_list<std::string> entries) {
  std::string text;
  for (const std::string &entry : entries)
    text += entry + '\0';
  return text;
}

const std::string kMonitored =
    R"x({"obs":1,"kind":"monitored","function":"a::f","file":"a.cpp","line":7,)x"
    R"x("signature":"int a::f(int x)","by":"rule","by_file":"r.txt",)x"
    R"x("by_line":3,"sample":0.25,"args":false,"result":true,)x"
    R"x("skip":["k","l"],"name":"the \"f\""})x";
const std::string kRefused =
    R"x({"obs":1,"kind":"refused","function":"a::A::g","file":"a.h","line":9,)x"
    R"x("signature":"void a::A::g()","by":"class","by_name":"a::A",)x"
    R"x("why":"it is naked"})x";

std::string rule(int line, bool matched) {
  return R"({"obs":1,"kind":"rule","file":"r.txt","line":)" +
         std::to_string(line) + R"(,"text":"a::*","matched":)" +
         (matched ? "true}" : "false}");
}

TEST(SiteListTest, ReadsMonitoredFunctions) {
  SiteList list;
  ASSERT_TRUE(list.add(section({kMonitored}), "a.o").ok());
  ASSERT_THAT(list.sites(), SizeIs(1));
  const Site site = list.sites()[0].site;
  EXPECT_TRUE(site.monitored());
  EXPECT_EQ(site.function, "a::f");
  EXPECT_EQ(site.file, "a.cpp");
  EXPECT_EQ(site.line, 7);
  EXPECT_EQ(site.signature, "int a::f(int x)");
  EXPECT_EQ(site.by, "rule");
  EXPECT_EQ(site.byFile, "r.txt");
  EXPECT_EQ(site.byLine, 3);
  EXPECT_EQ(site.sample, 0.25);
  EXPECT_FALSE(site.args);
  EXPECT_TRUE(site.result);
  EXPECT_THAT(site.skip, ElementsAre("k", "l"));
  EXPECT_EQ(site.name, "the \"f\"");
}

TEST(SiteListTest, ReadsRefusedFunctions) {
  SiteList list;
  ASSERT_TRUE(list.add(section({kRefused}), "a.o").ok());
  ASSERT_THAT(list.sites(), SizeIs(1));
  const Site site = list.sites()[0].site;
  EXPECT_FALSE(site.monitored());
  EXPECT_EQ(site.why, "it is naked");
  EXPECT_EQ(site.by, "class");
  EXPECT_EQ(site.byName, "a::A");
}

TEST(SiteListTest, MergesWhatFilesSayAlike) {
  SiteList list;
  ASSERT_TRUE(list.add(section({kRefused, kMonitored}), "b.o").ok());
  ASSERT_TRUE(list.add(section({"", kMonitored}), "a.o").ok());
  ASSERT_THAT(list.sites(), SizeIs(2));
  EXPECT_EQ(list.sites()[0].site.function, "a::A::g");
  EXPECT_THAT(list.sites()[1].origins, ElementsAre("a.o", "b.o"));
}

TEST(SiteListTest, RuleMatchesIfItDoesSoAnywhere) {
  SiteList list;
  ASSERT_TRUE(list.add(section({rule(1, false), rule(2, true)}), "a.o").ok());
  ASSERT_TRUE(list.add(section({rule(1, false), rule(2, false)}), "b.o").ok());
  const auto rules = list.rules();
  ASSERT_THAT(rules, SizeIs(2));
  EXPECT_EQ(rules[0].first.line, 1);
  EXPECT_EQ(rules[0].first.text, "a::*");
  EXPECT_FALSE(rules[0].second);
  EXPECT_TRUE(rules[1].second);
}

TEST(SiteListTest, RuleThatChoseAFunctionMatches) {
  SiteList list;
  ASSERT_TRUE(list.add(section({rule(3, false), kMonitored}), "a.o").ok());
  ASSERT_THAT(list.rules(), SizeIs(1));
  EXPECT_TRUE(list.rules()[0].second);
}

TEST(SiteListTest, RefusesDamageAndNewerVersions) {
  SiteList list;
  const std::string missing = R"({"obs":1,"kind":"monitored","function":"f"})";
  for (const std::string &entry :
       {std::string("no json"), std::string("[1]"), std::string("{}"), missing,
        kMonitored.substr(0, 80)}) {
    const absl::Status status = list.add(section({entry}), "a.o");
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << entry;
    EXPECT_THAT(std::string(status.message()), HasSubstr("a.o")) << entry;
  }
  const absl::Status newer =
      list.add(section({R"({"obs":2,"kind":"strange"})"}), "a.o");
  EXPECT_EQ(newer.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(newer.message()), HasSubstr("newer"));
  EXPECT_THAT(list.sites(), IsEmpty());
}

TEST(SiteListTest, NeedsNoFinalZero) {
  SiteList list;
  ASSERT_TRUE(list.add(kRefused, "a.o").ok());
  EXPECT_THAT(list.sites(), SizeIs(1));
}

} // namespace
} // namespace obs::ctl
