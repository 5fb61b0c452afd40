// SPDX-License-Identifier: Apache-2.0
#include "retention.h"

#include "store.h"
#include "store_fixture.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <new>
#include <sys/wait.h>
#include <thread>

namespace obs::rt {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kYear = 365 * 86400 * kSecond;
constexpr int64_t kStart = kIdEpochNs + 1000 * kSecond;

class RetentionTest : public StoreFixture {
protected:
  RetentionTest() : store_(path_) {
    EXPECT_TRUE(
        store_.write({.calls = {}, .totals = {}, .health = {}, .progress = {}})
            .ok());
  }

  // A call that starts `at` seconds after kStart and takes so many.
  CallRecord callAt(int64_t at, int64_t seconds = 0, int64_t number = 0) {
    const int64_t startedNs = kStart + at * kSecond;
    CallRecord record =
        call(firstIdAt(startedNs) + number, function_, startedNs);
    record.durationNs = seconds * kSecond;
    return record;
  }

  void write(const std::vector<CallRecord> &calls) {
    ASSERT_TRUE(
        store_
            .write({.calls = calls, .totals = {}, .health = {}, .progress = {}})
            .ok());
  }

  // Calls of about 1 KB, ten a second.
  void writeBulk(int64_t from, int64_t count) {
    std::vector<CallRecord> calls;
    for (int64_t i = 0; i < count; ++i) {
      calls.push_back(callAt((from + i) / 10, 0, (from + i) % 10));
      calls.back().args = std::string(1000, 'x');
    }
    write(calls);
  }

  RetentionOptions options(nanoseconds age, int64_t size) {
    return {.database = path_,
            .age = age,
            .errorAge = {},
            .size = size,
            .nowNs = [this] { return nowNs_; },
            .steadyNs = [this] { return nowNs_ - jumpedNs_; }};
  }

  // Somebody sets the system's clock.
  void jump(int64_t byNs) {
    nowNs_ += byNs;
    jumpedNs_ += byNs;
  }

  CallRecord errorAt(int64_t at, int64_t number = 0) {
    CallRecord record = callAt(at, 0, number);
    record.status = Status::Error;
    record.errorType = "std::runtime_error";
    return record;
  }

  RetentionReport run(RetentionPass &pass) {
    auto report = pass.run([](nanoseconds) { return true; });
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(RetentionReport());
  }

  std::shared_ptr<const FunctionKey> function_ = key("f");
  int64_t nowNs_ = kStart;
  int64_t jumpedNs_ = 0;
  Store store_;
};

TEST_F(RetentionTest, DeletesWhatEndedBeforeTheWindow) {
  write({callAt(0), callAt(5), callAt(9), callAt(10), callAt(15)});
  nowNs_ = kStart + 20 * kSecond;
  RetentionPass pass(options(seconds(10), 0));
  EXPECT_EQ(run(pass).deletedByAge, 3);
  EXPECT_EQ(number("SELECT count(*) FROM calls"), 2);
  EXPECT_EQ(run(pass).deletedByAge, 0);
}

TEST_F(RetentionTest, KeepsALongCallUntilItsEndIsOld) {
  write({callAt(0), callAt(1, 15), callAt(2)});
  RetentionPass pass(options(seconds(10), 0));
  nowNs_ = kStart + 20 * kSecond;
  EXPECT_EQ(run(pass).deletedByAge, 2);
  nowNs_ = kStart + 27 * kSecond;
  EXPECT_EQ(run(pass).deletedByAge, 1);
}

TEST_F(RetentionTest, FindsOldCallsThatArriveLate) {
  write({callAt(5)});
  RetentionPass pass(options(seconds(10), 0));
  nowNs_ = kStart + 20 * kSecond;
  EXPECT_EQ(run(pass).deletedByAge, 1);
  write({callAt(1), callAt(2)}); // recovered, with their old ids
  nowNs_ += kSecond;
  EXPECT_EQ(run(pass).deletedByAge, 2);
}

TEST_F(RetentionTest, CallWithoutDurationAgesByItsStart) {
  CallRecord inFlight = callAt(0);
  inFlight.durationNs.reset();
  inFlight.status = Status::InFlight;
  write({inFlight});
  nowNs_ = kStart + 20 * kSecond;
  RetentionPass pass(options(seconds(10), 0));
  EXPECT_EQ(run(pass).deletedByAge, 1);
}

TEST_F(RetentionTest, SizeCapDeletesTheOldest) {
  writeBulk(0, 4000); // some 5 MB
  RetentionPass pass(options({}, 2 << 20));
  const RetentionReport report = run(pass);
  EXPECT_GT(report.deletedBySize, 1000);
  EXPECT_EQ(number("SELECT count(*) FROM calls"), 4000 - report.deletedBySize);
  EXPECT_EQ(number("SELECT min(id) FROM calls"),
            callAt(report.deletedBySize / 10, 0, report.deletedBySize % 10).id);
  EXPECT_LE(number("PRAGMA page_count") * 4096, 2 << 20);
  // Not much more than needed: 1.9 MB of 1.3 KB are left.
  EXPECT_GT(number("SELECT count(*) FROM calls"), 1300);
}

TEST_F(RetentionTest, FileLevelsOffUnderLoad) {
  RetentionPass pass(options({}, 1 << 20));
  int64_t largest = 0;
  for (int round = 0; round < 10; ++round) {
    writeBulk(round * 1000, 1000); // over 1 MB each
    run(pass);
    largest = std::max(largest, number("PRAGMA page_count") * 4096);
  }
  EXPECT_LE(largest, 1 << 20);
}

TEST_F(RetentionTest, GivesPagesBackWhenMuchIsFree) {
  writeBulk(0, 4000);
  const int64_t before = number("PRAGMA page_count");
  nowNs_ = kStart + 10'000 * kSecond;
  RetentionPass pass(options(seconds(10), 0));
  const RetentionReport report = run(pass);
  EXPECT_EQ(report.deletedByAge, 4000);
  EXPECT_GT(report.bytesFreed, 4000 * 1000);
  EXPECT_GT(report.bytesReturned, 2 << 20);
  EXPECT_LT(number("PRAGMA page_count"), before / 2);
}

TEST_F(RetentionTest, ErrorsStayForAnAgeOfTheirOwn) {
  write({callAt(0), errorAt(0, 1), callAt(1), errorAt(1, 1)});
  RetentionOptions longer = options(seconds(10), 0);
  longer.errorAge = seconds(60);
  RetentionPass pass(longer);
  nowNs_ = kStart + 20 * kSecond;
  EXPECT_EQ(run(pass).deletedByAge, 2);
  EXPECT_EQ(number("SELECT count(*) FROM calls WHERE status = 'error'"), 2);
  nowNs_ = kStart + 60 * kSecond + kSecond / 2;
  EXPECT_EQ(run(pass).deletedByAge, 1);
  nowNs_ = kStart + 70 * kSecond;
  EXPECT_EQ(run(pass).deletedByAge, 1);
}

TEST_F(RetentionTest, ErrorsNeverGoBeforeTheRest) {
  write({callAt(0), errorAt(0, 1)});
  RetentionOptions shorter = options(seconds(10), 0);
  shorter.errorAge = seconds(1);
  RetentionPass pass(shorter);
  nowNs_ = kStart + 5 * kSecond;
  EXPECT_EQ(run(pass).deletedByAge, 0);
  // And where calls are kept whatever their age, errors are as well.
  shorter.age = {};
  RetentionPass keeps(shorter);
  nowNs_ = kStart + 100 * kSecond;
  EXPECT_EQ(run(keeps).deletedByAge, 0);
}

TEST_F(RetentionTest, ErrorsAreTheLastToGoAtTheSizeCap) {
  std::vector<CallRecord> errors;
  for (int i = 0; i < 200; ++i)
    errors.push_back(errorAt(0, 100 + i));
  write(errors);
  writeBulk(0, 4000); // some 5 MB
  RetentionOptions longer = options(seconds(1000), 2 << 20);
  longer.errorAge = seconds(10'000);
  RetentionPass pass(longer);
  EXPECT_GT(run(pass).deletedBySize, 1000);
  EXPECT_EQ(number("SELECT count(*) FROM calls WHERE status = 'error'"), 200);
  writeBulk(4000, 2000);
  EXPECT_GT(run(pass).deletedBySize, 1000);
  EXPECT_EQ(number("SELECT count(*) FROM calls WHERE status = 'error'"), 200);
}

TEST_F(RetentionTest, TheSizeCapHoldsForErrorsAlone) {
  std::vector<CallRecord> errors;
  for (int i = 0; i < 4000; ++i) {
    errors.push_back(errorAt(i / 10, i % 10));
    errors.back().args = std::string(1000, 'x');
  }
  write(errors);
  RetentionOptions longer = options(seconds(1000), 2 << 20);
  longer.errorAge = seconds(10'000);
  RetentionPass pass(longer);
  const RetentionReport report = run(pass);
  EXPECT_GT(report.deletedBySize, 1000);
  EXPECT_LE(number("PRAGMA page_count") * 4096, 2 << 20);
  EXPECT_EQ(number("SELECT min(id) FROM calls"),
            errorAt(report.deletedBySize / 10, report.deletedBySize % 10).id);
}

TEST_F(RetentionTest, AClockSetForwardWipesNothing) {
  write({callAt(0), callAt(5)});
  RetentionPass pass(options(seconds(10), 0));
  nowNs_ = kStart + 6 * kSecond;
  run(pass);
  jump(kYear);
  EXPECT_EQ(run(pass).deletedByAge, 0);
  write({callAt(7 + kYear / kSecond)});
  nowNs_ += 5 * kSecond; // 11 s of real time since the first call
  EXPECT_EQ(run(pass).deletedByAge, 1);
  nowNs_ += 5 * kSecond;
  EXPECT_EQ(run(pass).deletedByAge, 1);
  EXPECT_EQ(number("SELECT count(*) FROM calls"), 1);
  nowNs_ += 10 * kSecond;
  EXPECT_EQ(run(pass).deletedByAge, 1);
}

TEST_F(RetentionTest, AClockSetBackWipesNothing) {
  write({callAt(0), callAt(5)});
  RetentionPass pass(options(seconds(10), 0));
  nowNs_ = kStart + 6 * kSecond;
  run(pass);
  jump(-100 * kSecond);
  EXPECT_EQ(run(pass).deletedByAge, 0);
  nowNs_ += 20 * kSecond;
  EXPECT_EQ(run(pass).deletedByAge, 0);
  nowNs_ += 200 * kSecond;
  EXPECT_EQ(run(pass).deletedByAge, 2);
}

TEST_F(RetentionTest, AClockSetForwardAndBackWipesNothing) {
  write({callAt(0), callAt(5)});
  RetentionPass pass(options(seconds(10), 0));
  nowNs_ = kStart + 6 * kSecond;
  run(pass);
  jump(kYear);
  run(pass);
  nowNs_ += 2 * kSecond;
  jump(-kYear);
  EXPECT_EQ(run(pass).deletedByAge, 0);
  nowNs_ = kStart + 12 * kSecond;
  EXPECT_EQ(run(pass).deletedByAge, 1);
  nowNs_ = kStart + 16 * kSecond;
  EXPECT_EQ(run(pass).deletedByAge, 1);
}

// A process that had its clock set back goes on with the ids of before.
TEST_F(RetentionTest, OldCallsWithIdsOfTheFutureGo) {
  CallRecord ahead = callAt(0);
  ahead.id = firstIdAt(kStart + kYear);
  CallRecord fresh = callAt(19);
  fresh.id = firstIdAt(kStart + kYear) + 1;
  write({ahead, fresh});
  RetentionPass pass(options(seconds(10), 0));
  nowNs_ = kStart + 20 * kSecond;
  EXPECT_EQ(run(pass).deletedByAge, 1);
  EXPECT_EQ(number("SELECT count(*) FROM calls"), 1);
}

TEST_F(RetentionTest, FreedPagesAreUsedAgain) {
  RetentionPass pass(options(seconds(10), 0));
  int64_t afterFirst = 0;
  for (int round = 0; round < 5; ++round) {
    writeBulk(round * 1000, 1000); // 100 seconds of them
    const int64_t pages = number("PRAGMA page_count");
    afterFirst = round == 0 ? pages : afterFirst;
    EXPECT_LE(pages, afterFirst + afterFirst / 4) << round;
    nowNs_ = kStart + (round + 1) * 100 * kSecond + 20 * kSecond;
    EXPECT_EQ(run(pass).deletedByAge, 1000);
  }
}

TEST_F(RetentionTest, WorksInSmallStepsThatAdapt) {
  writeBulk(0, 4000);
  nowNs_ = kStart + 10'000 * kSecond;
  RetentionOptions hurried = options(seconds(10), 0);
  hurried.maxLockTime = nanoseconds(1); // no step is ever fast enough
  RetentionPass pass(hurried);
  const RetentionReport report = run(pass);
  EXPECT_EQ(report.deletedByAge, 4000);
  EXPECT_GT(report.steps, 350); // of 10 rows
}

TEST_F(RetentionTest, StopsBetweenTwoSteps) {
  writeBulk(0, 2000);
  nowNs_ = kStart + 10'000 * kSecond;
  RetentionPass pass(options(seconds(10), 0));
  int pauses = 0;
  auto report = pass.run([&](nanoseconds) { return ++pauses < 2; });
  ASSERT_TRUE(report.ok());
  EXPECT_GT(report->deletedByAge, 0);
  EXPECT_LT(report->deletedByAge, 2000);
  EXPECT_EQ(report->deletedByAge + run(pass).deletedByAge, 2000);
}

TEST_F(RetentionTest, TellsHealthOnlyWhatItDeleted) {
  write({callAt(0)});
  RetentionPass pass(options(seconds(10), 0));
  run(pass);
  EXPECT_THAT(rows("SELECT * FROM health"), IsEmpty());
  nowNs_ = kStart + 20 * kSecond;
  run(pass);
  run(pass);
  EXPECT_THAT(rows("SELECT kind, json_extract(detail, '$.deleted', "
                   "'$.by_age', '$.by_size') FROM health"),
              ElementsAre("retention|[1,1,0]"));
}

TEST_F(RetentionTest, TrimsHealthAndEndedProcesses) {
  std::vector<HealthEvent> events;
  for (int i = 0; i < 20; ++i)
    events.push_back({kStart + i * kSecond, "start", "{}"});
  ASSERT_TRUE(
      store_
          .write({.calls = {}, .totals = {}, .health = events, .progress = {}})
          .ok());
  ASSERT_TRUE(store_.startProcess({1, 1, "ended", 0}).ok());
  ASSERT_TRUE(store_.startProcess({2, 2, "lives", 0}).ok());
  ASSERT_TRUE(store_.endProcess(1).ok());
  RetentionPass pass(options(seconds(10), 0));
  nowNs_ = kStart + 25 * kSecond;
  EXPECT_EQ(run(pass).healthDeleted, 15);
  EXPECT_EQ(number("SELECT count(*) FROM process"), 2);
  nowNs_ = int64_t{4'000'000'000} * kSecond;
  run(pass);
  EXPECT_THAT(rows("SELECT executable FROM process"), ElementsAre("lives"));
}

TEST_F(RetentionTest, MissingDatabaseIsNoError) {
  RetentionOptions none = options(seconds(10), 0);
  none.database = directory_ + "/none.db";
  RetentionPass pass(none);
  EXPECT_TRUE(pass.run([](nanoseconds) { return true; }).ok());
  EXPECT_FALSE(std::filesystem::exists(none.database));
}

TEST_F(RetentionTest, LeavesANewerSchemaAlone) {
  write({callAt(0)});
  nowNs_ = kStart + 20 * kSecond;
  auto other = Database::open(path_, OpenMode::ReadWrite, milliseconds(0));
  ASSERT_TRUE(other->execute("PRAGMA user_version = 99").ok());
  RetentionPass pass(options(seconds(10), 0));
  EXPECT_EQ(run(pass).deletedByAge, 0);
  EXPECT_EQ(number("SELECT count(*) FROM calls"), 1);
}

TEST_F(RetentionTest, LockedDatabaseIsAnErrorThatPasses) {
  write({callAt(0)});
  nowNs_ = kStart + 20 * kSecond;
  RetentionPass pass(options(seconds(10), 0));
  auto other = Database::open(path_, OpenMode::ReadWrite, milliseconds(0));
  ASSERT_TRUE(other->execute("BEGIN EXCLUSIVE").ok());
  EXPECT_TRUE(
      absl::IsUnavailable(pass.run([](nanoseconds) { return true; }).status()));
  ASSERT_TRUE(other->execute("ROLLBACK").ok());
  EXPECT_EQ(run(pass).deletedByAge, 1);
}

TEST_F(RetentionTest, FollowsAFileThatWasDeleted) {
  write({callAt(0)});
  RetentionPass pass(options(seconds(10), 0));
  run(pass);
  unlink(path_.c_str());
  write({callAt(0), callAt(1)});
  nowNs_ = kStart + 20 * kSecond;
  EXPECT_EQ(run(pass).deletedByAge, 2);
  EXPECT_EQ(number("SELECT count(*) FROM calls"), 0);
}

TEST_F(RetentionTest, ShortensALongLog) {
  auto reader = Database::open(path_, OpenMode::ReadOnly, milliseconds(0));
  ASSERT_TRUE(reader->execute("BEGIN; SELECT * FROM call").ok());
  for (int i = 0; i < 5; ++i)
    writeBulk(i * 6000, 6000); // the reader keeps all of it in the log
  ASSERT_TRUE(reader->execute("COMMIT").ok());
  ASSERT_GT(std::filesystem::file_size(path_ + "-wal"), 32u << 20);
  RetentionPass pass(options(seconds(1'000'000), 0));
  run(pass);
  EXPECT_LT(std::filesystem::file_size(path_ + "-wal"), 1u << 20);
}

// How often this process has the file open; a locked connection has it twice.
int openDescriptors(const std::string &file) {
  int count = 0;
  for (const auto &entry :
       std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone; // the iterator's own
    if (std::filesystem::read_symlink(entry.path(), gone) == file)
      ++count;
  }
  return count;
}

TEST_F(RetentionTest, SurvivesAForkBetweenSteps) {
  writeBulk(0, 2000);
  nowNs_ = kStart + 10'000 * kSecond;
  RetentionPass pass(options(seconds(10), 0));
  bool isOpenBefore = false;
  auto report = pass.run([&](nanoseconds) {
    isOpenBefore |= openDescriptors(path_) > 0;
    const pid_t child = fork(); // its hooks are those of the runtime
    if (child == 0)
      _exit(openDescriptors(path_));
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    return true;
  });
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(isOpenBefore);
  EXPECT_EQ(report->deletedByAge, 2000);
}

TEST_F(RetentionTest, ThreadDeletesWhileOthersWrite) {
  RetentionOptions live = options(milliseconds(300), 0);
  live.nowNs = live.steadyNs = nullptr; // the real time
  Retention retention(live);
  ASSERT_TRUE(retention.start());
  const auto unixNow = [] {
    return std::chrono::duration_cast<nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  };
  int64_t written = 0;
  nanoseconds longest{};
  const int64_t end = unixNow() + kSecond;
  while (unixNow() < end) {
    std::vector<CallRecord> calls;
    for (int i = 0; i < 20; ++i) {
      const int64_t now = unixNow();
      calls.push_back(call(firstIdAt(now) + ++written, function_, now));
    }
    const auto start = std::chrono::steady_clock::now();
    write(calls);
    longest = std::max<nanoseconds>(longest,
                                    std::chrono::steady_clock::now() - start);
    std::this_thread::sleep_for(milliseconds(2));
  }
  const auto stopping = std::chrono::steady_clock::now();
  retention.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - stopping, seconds(2));
  const int64_t left = number("SELECT count(*) FROM calls");
  EXPECT_LT(left, written);
  EXPECT_GT(left, 0);
  EXPECT_EQ(number("SELECT recorded FROM functions"), written);
  EXPECT_LT(longest, seconds(2)); // a hang, not a busy machine
}

TEST_F(RetentionTest, WokenItDoesNotWaitForItsTime) {
  writeBulk(0, 500);
  Retention retention(options({}, 200'000)); // each second
  ASSERT_TRUE(retention.start());
  const auto start = std::chrono::steady_clock::now();
  retention.wake();
  while (number("SELECT count(*) FROM calls") > 200)
    std::this_thread::sleep_for(milliseconds(5));
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(900));
  retention.stop();
}

TEST_F(RetentionTest, GoesOnWhenMemoryIsThereAgain) {
  write({callAt(0)});
  nowNs_ = kStart + 20 * kSecond;
  std::atomic<bool> isShort{false};
  RetentionOptions scarce = options(seconds(10), 0);
  scarce.nowNs = [&] {
    return isShort.exchange(false) ? throw std::bad_alloc() : nowNs_;
  };
  Retention retention(scarce);
  isShort = true;
  ASSERT_TRUE(retention.start());
  const auto end = std::chrono::steady_clock::now() + seconds(10);
  while (number("SELECT count(*) FROM calls") > 0 &&
         std::chrono::steady_clock::now() < end) {
    retention.wake();
    std::this_thread::sleep_for(milliseconds(5));
  }
  retention.stop();
  EXPECT_FALSE(isShort);
  EXPECT_EQ(number("SELECT count(*) FROM calls"), 0);
}

// A step holds the lock for 10 ms at most, so a batch that comes in between
// waits less than one drain interval, here as on a slow disk.
TEST_F(RetentionTest, DoesNotDelayAWriterAtFullSpeed) {
  RetentionOptions live = options(milliseconds(500), 1 << 20);
  live.nowNs = live.steadyNs = nullptr; // the real time
  Retention retention(live);
  ASSERT_TRUE(retention.start());
  std::vector<nanoseconds> waits;
  int64_t written = 0;
  const auto end = std::chrono::steady_clock::now() + seconds(3);
  while (std::chrono::steady_clock::now() < end) {
    const int64_t now = std::chrono::duration_cast<nanoseconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count();
    std::vector<CallRecord> calls;
    for (int i = 0; i < 100; ++i) // a batch, as it is by default
      calls.push_back(call(firstIdAt(now) + ++written, function_, now));
    const auto start = std::chrono::steady_clock::now();
    write(calls);
    waits.push_back(std::chrono::steady_clock::now() - start);
  }
  retention.stop();
  EXPECT_GT(written, number("SELECT count(*) FROM calls"));
  std::sort(waits.begin(), waits.end());
  EXPECT_LT(waits[waits.size() * 99 / 100], milliseconds(100));
}

TEST_F(RetentionTest, WithoutLimitsThereIsNoThread) {
  Retention retention(options({}, 0));
  EXPECT_TRUE(retention.start());
  retention.stop();
}

} // namespace
} // namespace obs::rt
