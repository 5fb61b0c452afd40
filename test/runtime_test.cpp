// SPDX-License-Identifier: Apache-2.0
#include "runtime_fixture.h"

#include <atomic>
#include <csetjmp>
#include <sys/resource.h>
#include <thread>
#include <vector>

namespace obs::test {
namespace {

using RuntimeTest = RuntimeFixture;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kLong{60}; // what takes no time may, under load

void takesTexts(const std::vector<std::string> &texts) {
  static test::Site site = test::makeSite(
      "takesTexts", "program.cpp", 4, "void takesTexts(texts)", "texts", 1.0,
      detail::kCaptureArguments,
      static_cast<void (*)(const std::vector<std::string> &)>(nullptr));
  test::Scope scope;
  test::enter(scope, site, texts);
}

struct BadWhat : std::exception {
  const char *what() const noexcept override { return nullptr; }
};

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
  EXPECT_EQ(number("select json_extract(detail, '$.memory_limit') from health "
                   "where kind='start'"),
            64 << 20);
  EXPECT_FALSE(arenaIsLeft());
}

TEST_F(RuntimeTest, TheFileStandsAloneWhenRetentionHasLookedAtIt) {
  config_.retentionAge = std::chrono::seconds(2); // each 100 ms
  EXPECT_EQ(run([] {
              add(1, 1);
              EXPECT_TRUE(flush(kLong));
              usleep(500'000);
            }),
            0);
  EXPECT_TRUE(std::filesystem::exists(path_));
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
  EXPECT_FALSE(std::filesystem::exists(path_ + "-shm"));
}

template <int I> void numbered() {
  static test::Site site = test::makeSite(
      "numbered", "program.cpp", detail::U32(100 + I), "void numbered()", "",
      1.0, 0, static_cast<void (*)()>(nullptr));
  test::Scope scope;
  test::enter(scope, site);
}

template <int... I> void callManyFunctions(std::integer_sequence<int, I...>) {
  const auto callOften = [](void (*function)()) {
    for (int i = 0; i != 2'000; ++i)
      function();
  };
  (callOften(numbered<I>), ...);
}

// A function may be new to the pass of the collector that drops its calls.
TEST_F(RuntimeTest, CountsWhatItDropsOfNewFunctions) {
  config_.queueNormal = 1;
  config_.queueOverflow = 0;
  config_.drainInterval = std::chrono::milliseconds(1);
  EXPECT_EQ(
      run([] { callManyFunctions(std::make_integer_sequence<int, 200>()); }),
      0);
  EXPECT_EQ(number("select count(*) from functions"), 200);
  EXPECT_EQ(number("select sum(calls_total) from functions"), 400'000);
  EXPECT_EQ(number("select sum(calls_total - recorded - dropped) "
                   "from functions"),
            0);
}

TEST_F(RuntimeTest, CountsWhatItDropsWhenMemoryIsFull) {
  config_.queueNormal = 1;
  config_.queueOverflow = 0;
  config_.drainInterval = std::chrono::milliseconds(1);
  config_.memoryLimit = 256 << 10;
  EXPECT_EQ(
      run([] { callManyFunctions(std::make_integer_sequence<int, 200>()); }),
      0);
  EXPECT_EQ(number("select sum(calls_total - recorded - dropped) "
                   "from functions"),
            0);
}

// Throws on multiples of 5.
template <int I> void newcomer(int thread, int i) {
  static test::Site site = test::makeSite(
      "newcomer", "program.cpp", detail::U32(1000 + I), "void newcomer()",
      "thread,i", I % 2 ? 1.0 : 0.25, detail::kCaptureArguments,
      static_cast<void (*)(int, int)>(nullptr));
  test::Scope scope;
  test::enter(scope, site, thread, i);
  try {
    if (i % 5 == 0)
      throw std::runtime_error("multiple");
  } catch (...) {
    test::failed(scope, site, thread, i);
    throw;
  }
}

template <int... I>
void callNewcomers(int thread, std::integer_sequence<int, I...>) {
  for (const auto function : {newcomer<I>...})
    for (int i = 0; i != 10; ++i)
      try {
        function(thread, i);
      } catch (const std::runtime_error &) {
      }
}

// What is first called when memory is full, is counted, and loses no error.
TEST_F(RuntimeTest, NewFunctionsAndThreadsAreCountedWhenMemoryIsFull) {
  constexpr int kFunctions = 400;
  constexpr int kThreads = 20;
  config_.memoryLimit = 1 << 20;
  config_.queueNormal = 1'000'000;
  config_.drainInterval = std::chrono::hours(1);
  EXPECT_EQ(run([] {
              const std::vector<std::string> texts(50, std::string(1000, 'l'));
              while (stats().dropped == 0)
                takesTexts(texts);
              std::vector<std::thread> threads;
              for (int t = 0; t != kThreads; ++t)
                threads.emplace_back([t] {
                  callNewcomers(t,
                                std::make_integer_sequence<int, kFunctions>());
                });
              for (std::thread &thread : threads)
                thread.join();
            }),
            0);
  EXPECT_EQ(number("select count(*) from functions where function='newcomer' "
                   "and calls_total = 200"),
            kFunctions);
  EXPECT_EQ(number("select count(*) from functions where function='newcomer' "
                   "and sample_rate = 1 and calls_total = recorded + dropped"),
            kFunctions / 2);
  EXPECT_EQ(number("select sum(errors) from functions"),
            kFunctions * kThreads * 2);
  EXPECT_EQ(number("select count(*) from (select distinct function, line, args "
                   "from calls where status='error')"),
            kFunctions * kThreads * 2);
  // A quarter of the calls that end well.
  EXPECT_NEAR(double(number("select sum(recorded - errors + dropped) from "
                            "functions where sample_rate = 0.25")),
              0.25 * 0.5 * kFunctions * kThreads * 8, 600);
}

// Or a short queue and a long interval would be the limit of what is recorded.
TEST_F(RuntimeTest, WhenManyCallsAreWrittenTheNextOnesAreNotWaitedFor) {
  config_.drainInterval = std::chrono::hours(1);
  config_.queueNormal = 4000;
  config_.queueOverflow = 0;
  config_.batchSize = 1; // the writer is slow
  config_.cpuLimit = 0;  // and never rests
  EXPECT_EQ(run([] {
              constexpr uint64_t kMany = 3000;
              for (uint64_t i = 0; i != kMany; ++i)
                add(1, 1);
              std::thread drain([] { flush(kLong); });
              while (stats().written == 0)
                usleep(100);
              add(1, 1); // after the only drain that is asked for
              const Clock::time_point deadline = Clock::now() + kLong;
              while (stats().written <= kMany && Clock::now() < deadline)
                usleep(1000);
              EXPECT_EQ(stats().written, kMany + 1);
              drain.join();
            }),
            0);
}

TEST_F(RuntimeTest, TotalsAreStoredWhileAFloodOfCallsLasts) {
  config_.batchSize = 1; // the writer is slow
  config_.cpuLimit = 0;  // and never rests
  const auto program = [this] {
    std::atomic<bool> over = false;
    std::atomic<int64_t> calls = 0;
    add(0, 0);
    EXPECT_TRUE(flush(kLong)); // there is a database
    std::thread flood([&] {
      // So many that the queue is always full, and not so many that the
      // collector falls behind and leaves the writer idle.
      for (; !over; calls += 100, usleep(200))
        for (int i = 0; i != 100; ++i)
          add(i, i);
    });
    const auto end = Clock::now() + kLong;
    // From when the queue is full the writer is never done. Three times, as it
    // may have begun just now.
    while (stats().queuedNormal < uint64_t(config_.queueNormal) &&
           Clock::now() < end)
      usleep(1000);
    for (int round = 0; round != 3; ++round) {
      const int64_t goal = calls;
      int64_t stored = 0;
      for (; stored < goal && Clock::now() < end; usleep(20'000))
        stored = number("select sum(calls_total) from functions");
      EXPECT_GE(stored, goal);
    }
    over = true;
    flood.join();
  };
  // What waits is not what this is about: it would take longer than the rest.
  EXPECT_EQ(run(program, /*shutdown=*/false), 0);
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

TEST_F(RuntimeTest, ManyShortThreadsUseFewRings) {
  EXPECT_EQ(run([] {
              for (int i = 0; i != 2'000; ++i)
                std::thread([i] { add(i, 0); }).join();
              flush();
              EXPECT_LT(stats().memoryBytes, 24u << 20);
            }),
            0);
  EXPECT_EQ(number("select count(*) from calls"), 2'000);
  EXPECT_EQ(number("select count(distinct thread_id) > 1 from calls"), 1);
  EXPECT_EQ(number("select calls_total from functions"), 2'000);
}

// Calls in a thread_local's destructor.
struct LateCaller {
  ~LateCaller() { add(7, 7); }
};

TEST_F(RuntimeTest, CallsAtTheEndOfAThreadAreThere) {
  EXPECT_EQ(run([] {
              std::thread([] {
                static thread_local LateCaller late;
                (void)&late;
                add(1, 1);
              }).join();
            }),
            0);
  EXPECT_EQ(number("select count(*) from calls"), 2);
}

TEST_F(RuntimeTest, DeepRecursionIsRecordedWhole) {
  static std::function<void(int)> descend = [](int depth) {
    outer([depth] {
      if (depth > 0)
        descend(depth - 1);
    });
  };
  EXPECT_EQ(run([] {
              rlimit stack{}; // AddressSanitizer makes the frames large
              getrlimit(RLIMIT_STACK, &stack);
              stack.rlim_cur = 64 << 20;
              setrlimit(RLIMIT_STACK, &stack);
              descend(19'999);
            }),
            0);
  EXPECT_EQ(number("select count(*) from calls where status='ok'"), 20'000);
  EXPECT_EQ(number("select count(*) from calls where parent_id is null"), 1);
}

TEST_F(RuntimeTest, LargeArgumentsAreThereFromTheFirstCallOn) {
  EXPECT_EQ(run([] {
              takesTexts(std::vector<std::string>(60, std::string(900, 'x')));
            }),
            0);
  EXPECT_EQ(
      number("select length(json_extract(args,'$.texts[59]')) from calls"),
      900);
}

TEST_F(RuntimeTest, ConfigurationCountsBeforeTheFirstCallOnly) {
  EXPECT_EQ(run([this] {
              add(1, 1);
              EXPECT_FALSE(configure(config_));
            }),
            0);
}

TEST_F(RuntimeTest, DisabledMeansNothingHappens) {
  config_.disable = true;
  EXPECT_EQ(run([] {
              for (int i = 0; i != 1000; ++i)
                add(i, i);
              EXPECT_FALSE(stats().running);
              EXPECT_FALSE(flush());
            }),
            0);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(RuntimeTest, FlushBringsEverythingIntoTheDatabase) {
  EXPECT_EQ(run([this] {
              for (int i = 0; i != 500; ++i)
                add(i, i);
              EXPECT_TRUE(flush());
              EXPECT_EQ(number("select count(*) from calls"), 500);
              add(1, 1);
            }),
            0);
  EXPECT_EQ(number("select count(*) from calls"), 501);
}

TEST_F(RuntimeTest, AChildMonitorsItselfAfterAFork) {
  EXPECT_EQ(run([] {
              add(1, 1);
              outer([] {
                const pid_t child = fork();
                if (child == 0) {
                  add(2, 2); // the parent's site numbers hold here too
                  sampled(1);
                  shutdown();
                  _exit(0);
                }
                int status = -1;
                waitpid(child, &status, 0);
                EXPECT_EQ(status, 0);
              });
              add(3, 3);
            }),
            0);
  EXPECT_EQ(number("select count(*) from calls where function='add'"), 3);
  EXPECT_EQ(number("select count(*) from calls where function='outer'"), 1);
  EXPECT_EQ(number("select count(distinct process_id) from calls"), 2);
  EXPECT_EQ(number("select calls_total from functions where function='add'"),
            3);
  EXPECT_EQ(
      number("select calls_total from functions where function='sampled'"), 1);
}

TEST_F(RuntimeTest, ForkWhileOthersCallDoesNotHang) {
  EXPECT_EQ(run([] {
              std::atomic<bool> done{false};
              std::thread busy([&done] {
                for (int i = 0; !done; ++i)
                  add(i, 0);
              });
              for (int i = 0; i != 20; ++i) {
                const pid_t child = fork();
                if (child == 0) {
                  alarm(20);
                  add(-1, i);
                  shutdown();
                  _exit(0);
                }
                int status = -1;
                waitpid(child, &status, 0);
                EXPECT_EQ(status, 0);
              }
              done = true;
              busy.join();
            }),
            0);
  EXPECT_EQ(number("select count(*) from calls where "
                   "json_extract(args,'$.a')=-1"),
            20);
}

TEST_F(RuntimeTest, CallsWithoutAnEndAreInFlight) {
  EXPECT_EQ(run([] { outer([] { shutdown(); }); }), 0);
  EXPECT_EQ(number("select count(*) from calls where status='in_flight' and "
                   "duration_ns is null"),
            1);
}

TEST_F(RuntimeTest, ThreadsThatGoOnAfterTheEndAreNotCounted) {
  config_.queueNormal = 200'000;
  EXPECT_EQ(run([] {
              for (int i = 0; i != 100'000; ++i)
                add(i, 0); // writing this takes a while
              std::thread([] {
                while (true) {
                  add(-1, 0);
                  std::this_thread::sleep_for(std::chrono::microseconds(200));
                }
              }).detach();
              std::this_thread::sleep_for(std::chrono::milliseconds(10));
            }),
            0);
  EXPECT_LE(number("select abs(calls_total - recorded - dropped) from "
                   "functions"),
            1);
}

TEST_F(RuntimeTest, SkippedByLongjmpIsAbandoned) {
  EXPECT_EQ(run([] {
              outer([] {
                static jmp_buf back;
                if (setjmp(back) == 0)
                  outer([] { longjmp(back, 1); });
              });
              add(1, 1);
            }),
            0);
  EXPECT_EQ(number("select count(*) from calls where status='abandoned'"), 1);
  EXPECT_EQ(number("select count(*) from calls where status='ok'"), 2);
}

TEST_F(RuntimeTest, ALockedDatabaseGetsTheRecordsAfterwards) {
  config_.breakerFailures = 1;
  config_.breakerTimeout = std::chrono::milliseconds(200);
  EXPECT_EQ(run([this] {
              add(0, 0);
              EXPECT_TRUE(flush(kLong));
              auto other =
                  rt::Database::open(path_, rt::OpenMode::ReadWrite, kLong);
              ASSERT_TRUE(other->execute("BEGIN EXCLUSIVE").ok());
              for (int i = 0; i != 1000; ++i)
                add(i, i);
              EXPECT_FALSE(flush(std::chrono::milliseconds(1500)));
              // The writer's second of waiting for the lock is many short
              // sleeps, which take far longer on a busy machine.
              for (const auto end = Clock::now() + kLong;
                   stats().breaker.state == "CLOSED" && Clock::now() < end;)
                usleep(10'000);
              EXPECT_NE(stats().breaker.state, "CLOSED");
              ASSERT_TRUE(other->execute("COMMIT").ok());
              EXPECT_TRUE(flush(kLong));
              EXPECT_EQ(stats().breaker.state, "CLOSED");
            }),
            0);
  EXPECT_EQ(number("select count(*) from calls"), 1001);
  EXPECT_GT(number("select count(*) from health where kind='breaker' and "
                   "json_extract(detail,'$.message') like "
                   "'Circuit breaker OPEN - %s until retry'"),
            0);
}

TEST_F(RuntimeTest, ADatabaseThatStaysAwayIsMadeUpForByRecovery) {
  config_.database = directory_ + "/missing/obs.db";
  path_ = config_.database;
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(run([] {
              for (int i = 0; i != 1000; ++i)
                add(i, i);
            }),
            0);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(3));
  EXPECT_TRUE(arenaIsLeft());
  std::filesystem::create_directory(directory_ + "/missing");
  const auto report = rt::recoverAll(path_);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->calls, 1000);
  EXPECT_EQ(number("select count(*) from calls where status='ok'"), 1000);
  EXPECT_FALSE(arenaIsLeft());
}

TEST_F(RuntimeTest, ErrorsBeyondMemoryAreSpilledAndComeBack) {
  config_.database = directory_ + "/missing/obs.db";
  path_ = config_.database;
  config_.memoryLimit = 4 << 20;
  config_.queueNormal = config_.queueOverflow = 100;
  EXPECT_EQ(run([] {
              throwErrors(60'000);
              EXPECT_GT(stats().spilledErrors, 0u);
              EXPECT_LT(stats().memoryBytes, 6u << 20);
            }),
            0);
  std::filesystem::create_directory(directory_ + "/missing");
  const auto report = rt::recoverAll(path_);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(number("select count(*) from calls where status='error'"), 60'000);
  EXPECT_EQ(number("select count(distinct args) from calls"), 60'000);
}

TEST_F(RuntimeTest, WorksInADaemonThatClosesAllDescriptors) {
  config_.queueNormal = 1'000'000;
  EXPECT_EQ(run([] {
              add(0, 0);
              EXPECT_TRUE(flush());
              const pid_t daemon = fork();
              if (daemon == 0) {
                for (int file = 3; file != 256; ++file)
                  close(file);
                for (int i = 1; i != 50'000; ++i)
                  add(i, i);
                shutdown();
                _exit(0);
              }
              int status = -1;
              waitpid(daemon, &status, 0);
              EXPECT_EQ(status, 0);
            }),
            0);
  EXPECT_EQ(number("select count(*) from calls"), 50'000);
}

// The rings grow without a descriptor of their own.
TEST_F(RuntimeTest, RingsGrowAfterAllDescriptorsWereClosed) {
  EXPECT_EQ(run(
                [] {
                  add(0, 0);
                  for (int file = 3; file != 256; ++file)
                    close(file);
                  for (int i = 1; i != 50'000; ++i)
                    add(i, i);
                  EXPECT_GT(stats().memoryBytes, 2u << 20);
                },
                /*shutdown=*/false),
            0);
}

TEST_F(RuntimeTest, WorksInLittleAddressSpace) {
  EXPECT_EQ(run([] {
              const rlimit limit = {100 << 20, 100 << 20};
              setrlimit(RLIMIT_AS, &limit);
              for (int i = 0; i != 200'000; ++i)
                add(i, i);
            }),
            0);
  EXPECT_EQ(number("select recorded + dropped from functions"), 200'000);
}

TEST_F(RuntimeTest, WorksWithoutSharedMemory) {
  setenv("OBS_SHM_DIR", "/proc/none", 1);
  EXPECT_EQ(run([] { add(1, 2); }), 0);
  unsetenv("OBS_SHM_DIR");
  EXPECT_EQ(number("select count(*) from calls"), 1);
  EXPECT_EQ(number("select count(*) from health where kind='start' and "
                   "json_extract(detail,'$.memory')='anonymous'"),
            1);
}

TEST_F(RuntimeTest, WorksWithoutThreadsOfItsOwn) {
  // RLIMIT_NPROC does not bind root; another user owns the database then.
  const bool isRoot = geteuid() == 0;
  if (isRoot)
    ASSERT_EQ(chown(directory_.c_str(), 65534, 65534), 0);
  EXPECT_EQ(run([isRoot] {
              if (isRoot && setuid(65534) != 0)
                _exit(9);
              const rlimit none = {0, 0};
              setrlimit(RLIMIT_NPROC, &none);
              add(1, 2);
            }),
            0);
  EXPECT_EQ(number("select count(*) from calls"), 1);
}

TEST_F(RuntimeTest, AnExceptionHasItsTypeAndMessage) {
  EXPECT_EQ(run([] {
              const auto throwing = [](auto value) {
                try {
                  outer([value] { throw value; });
                } catch (...) {
                }
              };
              throwing(std::out_of_range("far"));
              throwing(std::string("text"));
              throwing("literal");
              throwing(42);
              throwing(BadWhat());
            }),
            0);
  EXPECT_EQ(text("select group_concat(error_type||'='||ifnull(error_message,"
                 "''), ';') from (select * from calls order by id)"),
            "std::out_of_range=far;std::string=text;char const*=literal;int=42;"
            "obs::test::(anonymous namespace)::BadWhat=");
}

} // namespace
} // namespace obs::test
