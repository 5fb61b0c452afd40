// SPDX-License-Identifier: Apache-2.0
// Rates that change while the program runs.
#include "runtime_fixture.h"

#include <atomic>
#include <cmath>
#include <sys/mman.h>
#include <thread>
#include <vector>

namespace obs::test {
namespace {

using SampleRateTest = RuntimeFixture;

double deviations(int64_t recorded, int64_t calls, double rate) {
  const double expected = double(calls) * rate;
  return std::abs(double(recorded) - expected) /
         std::sqrt(expected * (1 - rate) + 1e-9);
}

TEST_F(SampleRateTest, HoldsFromTheFirstCallOn) {
  EXPECT_EQ(run([] {
              EXPECT_EQ(setSampleRate("add", 0.25), 0u);
              EXPECT_EQ(setSampleRate("add", 0), 0u);
              for (int i = 0; i != 1000; ++i)
                add(i, i);
            }),
            0);
  EXPECT_EQ(number("select count(*) from functions"), 1);
  EXPECT_EQ(number("select calls_total from functions where sample_rate = 0"),
            1000);
  EXPECT_EQ(number("select count(*) from calls"), 0);
}

TEST_F(SampleRateTest, BadRatesAreIgnored) {
  EXPECT_EQ(run([] {
              add(1, 1);
              testing::internal::CaptureStderr();
              EXPECT_EQ(setSampleRate("add", 1.5), 0u);
              const std::string said = testing::internal::GetCapturedStderr();
              EXPECT_NE(said.find("setSampleRate(\"add\", 1.5): expected a "
                                  "rate from 0 to 1; ignored"),
                        std::string::npos)
                  << said;
              EXPECT_EQ(setSampleRate("no such", 0.5), 0u);
              add(1, 1);
            }),
            0);
  EXPECT_EQ(number("select recorded from functions"), 2);
}

// The thread is in the middle of a gap of a million calls.
TEST_F(SampleRateTest, ReachesThreadsThatKeepCallingWithinADrainInterval) {
  EXPECT_EQ(run([] {
              setSampleRate("add", 1e-9);
              std::atomic<bool> stop{false};
              std::vector<std::thread> threads;
              std::atomic<int> rounds[3] = {};
              for (std::atomic<int> &round : rounds)
                threads.emplace_back([&] {
                  for (; !stop; ++round)
                    for (int n = 0; n != 10 || usleep(100); ++n)
                      add(1, 2);
                });
              const auto pass = [&] { // two rounds of each
                for (std::atomic<int> &round : rounds)
                  for (const int now = round; round < now + 2;)
                    usleep(100);
              };
              pass();
              EXPECT_EQ(setSampleRate("add", 0.01), 1u);
              usleep(100'000); // the drain interval
              setSampleRate("add", 1);
              pass();
              setSampleRate("add", 0);
              usleep(100'000);
              stop = true;
              for (std::thread &thread : threads)
                thread.join();
            }),
            0);
  const auto calls = [&](const char *rate) {
    return number(std::string("select calls_total from functions where "
                              "sample_rate = ") +
                  rate);
  };
  EXPECT_GT(calls("0.01"), 300);
  EXPECT_GT(calls("1"), 10);
  EXPECT_GT(calls("0"), 300);
  EXPECT_EQ(number("select count(distinct thread_id) from calls "
                   "where sample_rate = 1"),
            3);
  EXPECT_EQ(number("select sum(recorded + dropped) from functions where "
                   "sample_rate = 1"),
            calls("1"));
  EXPECT_LT(deviations(number("select recorded + dropped from functions where "
                              "sample_rate = 0.01"),
                       calls("0.01"), 0.01),
            5);
}

// Each row has the rate that was in force when its call was sampled.
TEST_F(SampleRateTest, EachRateHasItsOwnBooks) {
  EXPECT_EQ(run([] {
              for (int i = 0; i != 100; ++i)
                add(i, 1);
              setSampleRate("*", 0.5);
              for (int i = 0; i != 10'000; ++i)
                add(i, 2);
              outer([] { // a call that has begun goes on as it began
                setSampleRate("*", 1);
                add(0, 3);
              });
              for (int i = 1; i != 50; ++i)
                add(i, 3);
              flush();
            }),
            0);
  EXPECT_EQ(number("select count(*) from calls where function = 'add' and "
                   "args ->> '$.b' = 1 and sample_rate = 1"),
            100);
  EXPECT_EQ(number("select count(*) from calls where function = 'add' and "
                   "args ->> '$.b' = 3 and sample_rate = 1"),
            50);
  EXPECT_EQ(number("select count(*) from calls where function = 'add' and "
                   "args ->> '$.b' = 2 and sample_rate <> 0.5"),
            0);
  EXPECT_EQ(number("select calls_total from functions where function = 'add' "
                   "and sample_rate = 1"),
            150);
  EXPECT_EQ(number("select calls_total from functions where function = 'add' "
                   "and sample_rate = 0.5"),
            10'000);
  EXPECT_LT(deviations(number("select recorded from functions where "
                              "function = 'add' and sample_rate = 0.5"),
                       10'000, 0.5),
            5);
}

// Function `I`, with so much text that memory is full now and then.
template <int I> void fill(const std::string &text) {
  static Site site =
      makeSite("fill", "program.cpp", 200 + I, "void fill(text)", "text", 0.25,
               detail::kCaptureArguments,
               static_cast<void (*)(const std::string &)>(nullptr));
  Scope scope;
  enter(scope, site, text);
}

template <int... I>
void fillAll(const std::string &text, std::integer_sequence<int, I...>) {
  (fill<I>(text), ...);
}

// Threads that come and end in little memory, some without slots of their own.
TEST_F(SampleRateTest, TheBooksAreExactWhileRatesChange) {
  constexpr int kThreads = 40, kFunctions = 200;
  config_.memoryLimit = 8 << 20;
  config_.queueNormal = 1000;
  config_.queueOverflow = 0;
  config_.drainInterval = std::chrono::milliseconds(20);
  EXPECT_EQ(run([] {
              std::atomic<bool> over{false};
              std::atomic<uint64_t> rounds{0};
              std::vector<std::thread> threads;
              for (int t = 0; t != kThreads; ++t)
                threads.emplace_back([&] {
                  const std::string text(1000, 't');
                  for (; !over; ++rounds)
                    fillAll(text,
                            std::make_integer_sequence<int, kFunctions>());
                });
              for (int i = 0; i != 40; ++i)
                for (const double rate : {1.0, 0.5, 0.0, 1e-9}) {
                  setSampleRate("fill", rate);
                  usleep(1000);
                }
              over = true;
              for (std::thread &thread : threads)
                thread.join();
              EXPECT_EQ(stats().calls, rounds * kFunctions);
            }),
            0);
  EXPECT_EQ(number("select count(distinct calls) from (select "
                   "sum(calls_total) as calls from functions group by line)"),
            1);
  EXPECT_EQ(number("select sum(abs(calls_total - recorded - dropped)) from "
                   "functions where sample_rate = 1"),
            0);
  EXPECT_EQ(number("select sum(recorded + dropped) from functions where "
                   "sample_rate = 0"),
            0);
  const int64_t calls = number("select sum(calls_total) from functions where "
                               "sample_rate = 0.5");
  EXPECT_LT(deviations(number("select sum(recorded + dropped) from functions "
                              "where sample_rate = 0.5"),
                       calls, 0.5),
            5)
      << calls;
  EXPECT_GT(calls, 1000);
  EXPECT_GT(number("select sum(dropped) from functions"), 0);
}

// A call is counted just before its event is written: of each thread one may be
// in between.
TEST_F(SampleRateTest, TheBooksAreExactWhenKilledWhileRatesChange) {
  constexpr int kThreads = 3, kKills = 10;
  auto *made = static_cast<std::atomic<int64_t> *>(
      mmap(nullptr, sizeof(std::atomic<int64_t>), PROT_READ | PROT_WRITE,
           MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  for (int round = 1; round <= kKills; ++round) {
    run(
        [made] {
          add(0, 0); // however slow the machine, there is something to recover
          ++*made;
          std::vector<std::thread> threads;
          for (int t = 0; t != kThreads; ++t)
            threads.emplace_back([made] {
              for (int i = 0;; ++i) {
                add(i, i);
                ++*made;
              }
            });
          std::thread([] {
            usleep(20'000 + int(rt::readTsc() % 20'000));
            kill(getpid(), SIGKILL);
          }).detach();
          while (true)
            for (const double rate : {0.5, 1.0, 0.001, 0.0})
              setSampleRate("add", rate);
        },
        false);
    ASSERT_TRUE(rt::recoverAll(path_).ok());
    const int64_t more =
        number("select sum(calls_total) from functions") - made->load();
    EXPECT_GE(more, 0);
    EXPECT_LE(more, round * kThreads);
    const int64_t open = number("select sum(calls_total - recorded - dropped) "
                                "from functions where sample_rate = 1");
    EXPECT_GE(open, 0);
    EXPECT_LE(open, round * kThreads);
  }
  munmap(made, sizeof(*made));
}

TEST_F(SampleRateTest, ErrorsAreRecordedAtRateZero) {
  EXPECT_EQ(run([] {
              setSampleRate("sampled", 0);
              for (int i = 1; i != 5001; ++i)
                try {
                  sampled(i);
                } catch (const std::runtime_error &) {
                }
            }),
            0);
  EXPECT_EQ(number("select count(*) from calls where status = 'error' and "
                   "sample_rate = 0"),
            5);
  EXPECT_EQ(number("select calls_total from functions"), 5000);
}

TEST_F(SampleRateTest, RecoveryKnowsTheRates) {
  EXPECT_NE(run(
                [] {
                  for (int i = 0; i != 10; ++i)
                    add(i, 1);
                  setSampleRate("add", 0.5);
                  for (int i = 0; i != 1000; ++i)
                    add(i, 2);
                  kill(getpid(), SIGKILL);
                },
                false),
            0);
  ASSERT_TRUE(rt::recoverAll(path_).ok());
  EXPECT_EQ(number("select calls_total from functions where sample_rate = 1"),
            10);
  EXPECT_EQ(number("select calls_total from functions where sample_rate = 0.5"),
            1000);
  EXPECT_EQ(number("select count(*) from calls where args ->> '$.b' = 2 and "
                   "sample_rate <> 0.5"),
            0);
  EXPECT_GT(number("select count(*) from calls where sample_rate = 0.5"), 400);
}

TEST_F(SampleRateTest, AChildGoesOnWithTheRates) {
  EXPECT_EQ(run([] {
              add(1, 1);
              setSampleRate("add", 0);
              const pid_t child = fork();
              if (child == 0) {
                for (int i = 0; i != 100; ++i)
                  add(i, 2);
                obs::shutdown();
                _exit(0);
              }
              waitpid(child, nullptr, 0);
            }),
            0);
  EXPECT_EQ(number("select count(*) from calls"), 1);
  EXPECT_EQ(number("select calls_total from functions where sample_rate = 0"),
            100);
}

} // namespace
} // namespace obs::test
