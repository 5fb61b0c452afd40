// SPDX-License-Identifier: Apache-2.0
// Under any load: calls_total = recorded + dropped + not sampled, no error is
// lost, and memory stays below its ceiling.
#include "runtime_fixture.h"

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>
#include <vector>

namespace obs::test {
namespace {

constexpr int kThreads = 16;

// What a program knows of its own calls of a function.
struct Book {
  std::atomic<int64_t> calls{0};
  std::atomic<int64_t> errors{0};
};
Book books[3];

// Function `I` of a rate: sometimes with much text, sometimes it throws.
template <int I> void work(int64_t number, const std::string &text, bool bad) {
  static constexpr double kRates[] = {1.0, 0.1, 0.0};
  static test::Site site = test::makeSite(
      "work", "program.cpp", 100 + I, "void work()", "number,text", kRates[I],
      detail::kCaptureArguments,
      static_cast<void (*)(int64_t, const std::string &)>(nullptr));
  test::Scope scope;
  test::enter(scope, site, number, text);
  books[I].calls.fetch_add(1, std::memory_order_relaxed);
  try {
    if (bad)
      throw std::runtime_error("bad");
  } catch (...) {
    books[I].errors.fetch_add(1, std::memory_order_relaxed);
    test::failed(scope, site, number, text);
    throw;
  }
}

void workOnce(std::mt19937_64 &random, int64_t number) {
  const std::string text(random() % 50 == 0 ? random() % 20'000 : 10, 't');
  const bool bad = random() % 500 == 0;
  try {
    switch (random() % 3) {
    case 0:
      return work<0>(number, text, bad);
    case 1:
      return work<1>(number, text, bad);
    default:
      return work<2>(number, text, bad);
    }
  } catch (const std::runtime_error &) {
  }
}

// Threads that start short-lived ones, for two seconds.
void workTogether(uint64_t seed) {
  static std::atomic<int64_t> next{0};
  std::vector<std::thread> threads;
  for (int t = 0; t != kThreads; ++t)
    threads.emplace_back([seed, t] {
      std::mt19937_64 random(seed + uint64_t(t));
      const auto end =
          std::chrono::steady_clock::now() + std::chrono::seconds(2);
      while (std::chrono::steady_clock::now() < end)
        std::thread([&random] {
          for (uint64_t i = random() % 5000; i != 0; --i)
            workOnce(random, next++);
        }).join();
    });
  for (std::thread &thread : threads)
    thread.join();
}

// What the runtime held at most, until `over`.
uint64_t mostMemory(const std::atomic<bool> &over) {
  uint64_t most = 0;
  while (!over) {
    const Stats now = stats();
    most = std::max(most, now.memoryBytes);
    EXPECT_LE(now.dropped, now.calls);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return most;
}

class BalanceTest : public RuntimeFixture {};

// Threads that come and end, and a database that is locked at random.
TEST_F(BalanceTest, TheBooksAreExactUnderAnyLoad) {
  config_.memoryLimit = 8 << 20;
  config_.queueNormal = 2000;
  config_.queueOverflow = 3000;
  config_.drainInterval = std::chrono::milliseconds(10);
  config_.breakerFailures = 1;
  config_.breakerTimeout = std::chrono::milliseconds(50);
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  int64_t expected[3][2] = {};
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  EXPECT_EQ(
      run([&] {
        std::atomic<bool> over{false};
        std::thread disturber([&] {
          std::mt19937_64 random(seed);
          while (!over) {
            auto other = rt::Database::open(path_, rt::OpenMode::ReadWrite,
                                            std::chrono::seconds(1));
            if (other.ok() && random() % 2 &&
                other->execute("BEGIN EXCLUSIVE").ok())
              std::this_thread::sleep_for(
                  std::chrono::milliseconds(random() % 1200));
            std::this_thread::sleep_for(
                std::chrono::milliseconds(random() % 200));
          }
        });
        uint64_t most = 0;
        std::thread watcher([&] { most = mostMemory(over); });
        for (uint64_t round = 0; round != 2; ++round) {
          workTogether(seed + 100 * round);
          EXPECT_TRUE(flush(std::chrono::seconds(60)));
          // The totals follow within a drain interval, or a lock.
          const auto balance = [this] {
            return number("SELECT calls_total - recorded - dropped "
                          "FROM functions WHERE line = 100");
          };
          for (int i = 0; i != 500 && balance() != 0; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
          EXPECT_EQ(balance(), 0) << "in between";
        }
        over = true;
        disturber.join();
        watcher.join();
        EXPECT_LE(most, stats().memoryLimitBytes);
        EXPECT_EQ(stats().calls,
                  uint64_t(books[0].calls + books[1].calls + books[2].calls));
        for (Book &book : books) {
          const int64_t numbers[] = {book.calls, book.errors};
          EXPECT_EQ(write(fds[1], numbers, sizeof(numbers)),
                    ssize_t(sizeof(numbers)));
        }
      }),
      0);
  close(fds[1]);
  ASSERT_EQ(read(fds[0], expected, sizeof(expected)),
            ssize_t(sizeof(expected)));
  for (int i = 0; i != 3; ++i) {
    const std::string line = " WHERE line = " + std::to_string(100 + i);
    EXPECT_EQ(number("SELECT calls_total FROM functions" + line),
              expected[i][0]);
    EXPECT_EQ(number("SELECT errors FROM functions" + line), expected[i][1]);
    EXPECT_EQ(number("SELECT count(DISTINCT json_extract(args, '$.number')) "
                     "FROM calls" +
                     line + " AND status = 'error'"),
              expected[i][1]);
  }
  EXPECT_EQ(number("SELECT calls_total - recorded - dropped FROM functions "
                   "WHERE line = 100"),
            0);
  EXPECT_EQ(number("SELECT recorded + dropped = errors FROM functions "
                   "WHERE line = 102"),
            1);
  EXPECT_GT(number("SELECT sum(dropped) FROM functions"), 0);
}

// OBS_TEST_ERRORS: how many; the long form has a million.
TEST_F(BalanceTest, ErrorsOutlastADatabaseThatStaysAway) {
  const char *asked = getenv("OBS_TEST_ERRORS");
  const int64_t kErrors = asked ? atoll(asked) : 100'000;
  config_.memoryLimit = 16 << 20;
  config_.drainInterval = std::chrono::milliseconds(20);
  std::filesystem::create_directory(path_); // in the way of any database
  EXPECT_EQ(run([&] {
              std::atomic<bool> over{false};
              uint64_t most = 0;
              std::thread watcher([&] { most = mostMemory(over); });
              for (int64_t i = 0; i != kErrors; ++i)
                try {
                  work<2>(i, "text", true);
                } catch (const std::runtime_error &) {
                }
              over = true;
              watcher.join();
              EXPECT_LE(most, stats().memoryLimitBytes);
              EXPECT_GT(stats().spilledErrors, 0u);
            }),
            0);
  std::filesystem::remove(path_);
  ASSERT_TRUE(rt::recoverAll(path_).ok());
  EXPECT_EQ(number("SELECT count(DISTINCT json_extract(args, '$.number')) "
                   "FROM calls WHERE status = 'error'"),
            kErrors);
  // In order: their ids, by which they are read, grow with their numbers.
  EXPECT_EQ(number("SELECT count(*) FROM (SELECT json_extract(args, "
                   "'$.number') - lag(json_extract(args, '$.number')) OVER "
                   "(ORDER BY id) AS step FROM calls) WHERE step <> 1"),
            0);
  EXPECT_EQ(number("SELECT calls_total - recorded FROM functions"), 0);
}

} // namespace
} // namespace obs::test
