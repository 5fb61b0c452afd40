// SPDX-License-Identifier: Apache-2.0
#include "runtime_fixture.h"

#include <thread>
#include <vector>

namespace obs::test {
namespace {

using RuntimeTest = RuntimeFixture;

TEST_F(RuntimeTest, WritesWhatACallDid) {
  EXPECT_EQ(run([] { add(2, 40); }), 0);
  EXPECT_EQ(number("select count(*) from calls"), 1);
  EXPECT_EQ(text("select function||'|'||status||'|'||args||'|'||result||'|'||"
                 "sample_rate from calls"),
            R"(add|ok|{"a":2,"b":40}|42|1.0)");
  EXPECT_EQ(number("select process_id = thread_id from calls"), 1);
  EXPECT_LT(number("select duration_ns from calls"), 1'000'000);
  EXPECT_LT(number("select abs(started_ns/1000000000 - "
                   "strftime('%s','now')) from calls"),
            5);
  EXPECT_EQ(number("select calls_total*1000+recorded*10+dropped from "
                   "functions"),
            1010);
  EXPECT_EQ(number("select count(*) from health where kind='start'"), 1);
  EXPECT_FALSE(arenaIsLeft());
}

TEST_F(RuntimeTest, NestedCallsKnowTheirParent) {
  EXPECT_EQ(run([] {
              outer([] {
                add(1, 1);
                outer([] { add(2, 2); });
              });
            }),
            0);
  EXPECT_EQ(number("select count(*) from calls c join calls p on "
                   "c.parent_id=p.id where p.function='outer'"),
            3);
  EXPECT_EQ(number("select count(*) from calls where parent_id is null"), 1);
  EXPECT_EQ(number("select count(*) from calls where function='outer' and "
                   "args is null and result is null"),
            2);
}

TEST_F(RuntimeTest, EveryCallOfEveryThreadIsThere) {
  config_.queueNormal = 1'000'000;
  EXPECT_EQ(run([] {
              std::vector<std::thread> threads;
              for (int t = 0; t != 8; ++t)
                threads.emplace_back([t] {
                  for (int i = 0; i != 20'000; ++i)
                    add(t, i);
                });
              for (std::thread &thread : threads)
                thread.join();
            }),
            0);
  EXPECT_EQ(number("select count(*) from calls"), 160'000);
  EXPECT_EQ(number("select count(distinct args) from calls"), 160'000);
  EXPECT_EQ(number("select calls_total from functions"), 160'000);
  EXPECT_EQ(number("select dropped from functions"), 0);
}

TEST_F(RuntimeTest, WhatIsNotRecordedIsCounted) {
  config_.queueNormal = 100;
  config_.queueOverflow = 100;
  EXPECT_EQ(run([] {
              for (int i = 0; i != 100'000; ++i)
                add(0, i);
            }),
            0);
  EXPECT_EQ(number("select calls_total from functions"), 100'000);
  EXPECT_EQ(number("select recorded + dropped from functions"), 100'000);
  EXPECT_GT(number("select dropped from functions"), 0);
  EXPECT_EQ(number("select count(*) = (select recorded from functions) from "
                   "calls"),
            1);
  EXPECT_GT(number("select count(*) from health where kind='overflow'"), 0);
}

TEST_F(RuntimeTest, AllErrorsOfASampledFunctionAreThere) {
  EXPECT_EQ(run([] {
              for (int i = 1; i <= 200'000; ++i)
                try {
                  sampled(i);
                } catch (const std::runtime_error &) {
                }
            }),
            0);
  EXPECT_EQ(number("select calls_total from functions"), 200'000);
  EXPECT_EQ(number("select count(*) from calls where status='error'"), 200);
  EXPECT_EQ(number("select count(*) from calls where status='error' and "
                   "error_type='std::runtime_error' and error_message = "
                   "'multiple '||json_extract(args,'$.i')"),
            200);
  // 2,000 expected, standard deviation 45.
  const int64_t recorded =
      number("select count(*) from calls where status='ok'");
  EXPECT_GT(recorded, 1750);
  EXPECT_LT(recorded, 2250);
}

} // namespace
} // namespace obs::test
