// SPDX-License-Identifier: Apache-2.0
#include "circuit_breaker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace obs::rt {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

class CircuitBreakerTest : public testing::Test {
protected:
  CircuitBreaker::Options options() {
    return {
        .failureThreshold = 3,
        .timeout = seconds(30),
        .clock = [this] { return now_.load(); },
        .onTransition =
            [this](BreakerState from, BreakerState to, const BreakerStats &) {
              transitions_.push_back(std::string(breakerStateName(from)) +
                                     " -> " + breakerStateName(to));
            }};
  }

  void advance(nanoseconds time) { now_ = now_.load() + time; }

  static void fail(CircuitBreaker &breaker, int times) {
    for (int i = 0; i < times; ++i) {
      ASSERT_TRUE(breaker.allow().ok());
      breaker.failed(absl::UnavailableError("database is locked"));
    }
  }

  std::atomic<nanoseconds> now_{seconds(1000)};
  std::vector<std::string> transitions_;
};

TEST_F(CircuitBreakerTest, StartsClosed) {
  CircuitBreaker breaker(options());
  EXPECT_TRUE(breaker.allow().ok());
  EXPECT_EQ(breaker.stats().state, BreakerState::Closed);
  EXPECT_THAT(transitions_, IsEmpty());
}

TEST_F(CircuitBreakerTest, StaysClosedBelowTheThreshold) {
  CircuitBreaker breaker(options());
  fail(breaker, 2);
  EXPECT_TRUE(breaker.allow().ok());
  EXPECT_EQ(breaker.stats().state, BreakerState::Closed);
}

TEST_F(CircuitBreakerTest, OpensAtTheThreshold) {
  CircuitBreaker breaker(options());
  fail(breaker, 3);
  EXPECT_EQ(breaker.stats().state, BreakerState::Open);
  EXPECT_FALSE(breaker.allow().ok());
  EXPECT_THAT(transitions_, ElementsAre("CLOSED -> OPEN"));
}

TEST_F(CircuitBreakerTest, SuccessForgetsEarlierFailures) {
  CircuitBreaker breaker(options());
  fail(breaker, 2);
  breaker.succeeded();
  fail(breaker, 2);
  EXPECT_EQ(breaker.stats().state, BreakerState::Closed);
}

TEST_F(CircuitBreakerTest, SaysWhenItWillTryAgain) {
  CircuitBreaker breaker(options());
  fail(breaker, 3);
  advance(milliseconds(4700));
  const absl::Status status = breaker.allow();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(status.message(), "Circuit breaker OPEN - 25.3s until retry");
  EXPECT_EQ(breaker.stats().timeUntilRetry, milliseconds(25300));
}

TEST_F(CircuitBreakerTest, RejectsUntilTheTimeoutIsOver) {
  CircuitBreaker breaker(options());
  fail(breaker, 3);
  advance(seconds(30) - nanoseconds(1));
  EXPECT_FALSE(breaker.allow().ok());
  advance(nanoseconds(1));
  EXPECT_TRUE(breaker.allow().ok());
  EXPECT_EQ(breaker.stats().state, BreakerState::HalfOpen);
}

TEST_F(CircuitBreakerTest, HalfOpenAdmitsOneTrialOnly) {
  CircuitBreaker breaker(options());
  fail(breaker, 3);
  advance(seconds(30));
  EXPECT_TRUE(breaker.allow().ok());
  const absl::Status second = breaker.allow();
  EXPECT_EQ(second.message(), "Circuit breaker HALF_OPEN - trial in progress");
  advance(seconds(100));
  EXPECT_FALSE(breaker.allow().ok());
}

TEST_F(CircuitBreakerTest, SuccessfulTrialCloses) {
  CircuitBreaker breaker(options());
  fail(breaker, 3);
  advance(seconds(30));
  ASSERT_TRUE(breaker.allow().ok());
  breaker.succeeded();
  EXPECT_TRUE(breaker.allow().ok());
  EXPECT_THAT(transitions_, ElementsAre("CLOSED -> OPEN", "OPEN -> HALF_OPEN",
                                        "HALF_OPEN -> CLOSED"));
  // All three failures are needed again.
  fail(breaker, 2);
  EXPECT_EQ(breaker.stats().state, BreakerState::Closed);
}

TEST_F(CircuitBreakerTest, FailedTrialOpensForAWholeTimeout) {
  CircuitBreaker breaker(options());
  fail(breaker, 3);
  advance(seconds(30));
  fail(breaker, 1);
  EXPECT_EQ(breaker.stats().state, BreakerState::Open);
  EXPECT_EQ(breaker.stats().timeUntilRetry, seconds(30));
  EXPECT_EQ(breaker.stats().timesOpened, 2);
  advance(seconds(29));
  EXPECT_FALSE(breaker.allow().ok());
}

TEST_F(CircuitBreakerTest, LateOutcomesDoNotChangeAnOpenBreaker) {
  CircuitBreaker breaker(options());
  ASSERT_TRUE(breaker.allow().ok());
  ASSERT_TRUE(breaker.allow().ok());
  fail(breaker, 3);
  advance(seconds(10));
  breaker.succeeded();
  EXPECT_EQ(breaker.stats().state, BreakerState::Open);
  breaker.failed(absl::InternalError("late"));
  EXPECT_EQ(breaker.stats().timeUntilRetry, seconds(20));
}

TEST_F(CircuitBreakerTest, CountsEverything) {
  CircuitBreaker breaker(options());
  advance(seconds(2));
  breaker.succeeded();
  fail(breaker, 3);
  EXPECT_FALSE(breaker.allow().ok());
  advance(seconds(30));
  EXPECT_TRUE(breaker.allow().ok());
  advance(seconds(1));
  const BreakerStats stats = breaker.stats();
  EXPECT_EQ(stats.successes, 1);
  EXPECT_EQ(stats.failures, 3);
  EXPECT_EQ(stats.consecutiveFailures, 3);
  EXPECT_EQ(stats.rejections, 1);
  EXPECT_EQ(stats.timesOpened, 1);
  EXPECT_EQ(stats.lastError.message(), "database is locked");
  EXPECT_THAT(stats.timeInState,
              ElementsAre(seconds(2), seconds(30), seconds(1)));
}

TEST_F(CircuitBreakerTest, ThresholdAndTimeoutAreConfigurable) {
  CircuitBreaker::Options custom = options();
  custom.failureThreshold = 1;
  custom.timeout = milliseconds(50);
  CircuitBreaker breaker(custom);
  fail(breaker, 1);
  EXPECT_EQ(breaker.allow().message(),
            "Circuit breaker OPEN - 0.1s until retry");
  advance(milliseconds(50));
  EXPECT_TRUE(breaker.allow().ok());
}

TEST_F(CircuitBreakerTest, CallbackMayAskTheBreaker) {
  CircuitBreaker::Options custom = options();
  CircuitBreaker *self = nullptr;
  BreakerState seen = BreakerState::Closed;
  custom.onTransition = [&](BreakerState, BreakerState to,
                            const BreakerStats &stats) {
    seen = self->stats().state;
    EXPECT_EQ(stats.state, to);
  };
  CircuitBreaker breaker(custom);
  self = &breaker;
  fail(breaker, 3);
  EXPECT_EQ(seen, BreakerState::Open);
}

TEST_F(CircuitBreakerTest, ManyThreadsOneTrial) {
  CircuitBreaker breaker(options());
  fail(breaker, 3);
  advance(seconds(30));
  std::atomic<int> admitted{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j)
        admitted += breaker.allow().ok();
    });
  }
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(admitted, 1);
  EXPECT_EQ(breaker.stats().rejections, 8 * 1000 - 1);
}

TEST_F(CircuitBreakerTest, UsesTheMonotonicClockByDefault) {
  CircuitBreaker breaker({.failureThreshold = 1,
                          .timeout = milliseconds(20),
                          .clock = {},
                          .onTransition = {}});
  fail(breaker, 1);
  EXPECT_FALSE(breaker.allow().ok());
  std::this_thread::sleep_for(milliseconds(25));
  EXPECT_TRUE(breaker.allow().ok());
}

} // namespace
} // namespace obs::rt
