// SPDX-License-Identifier: Apache-2.0
#include "recovery.h"

#include "dead_arena.h"
#include "runtime_fixture.h"

#include <fcntl.h>
#include <fstream>
#include <random>
#include <sqlite3.h>
#include <sys/file.h>
#include <thread>

namespace obs::test {
namespace {

class RecoveryTest : public RuntimeFixture {
protected:
  // Runs `program`, which ends with SIGKILL.
  void kill(const std::function<void()> &program) {
    const int status = run(
        [&] {
          program();
          raise(SIGKILL);
        },
        /*shutdown=*/false);
    ASSERT_TRUE(WIFSIGNALED(status));
  }

  // Of 3,000 calls one is stored, so there is a database, and the rest is to be
  // recovered.
  void killWithCallsLeft() {
    config_.drainInterval = std::chrono::hours(1);
    kill([] {
      add(0, 1);
      flush();
      for (int i = 1; i != 3000; ++i)
        add(i, 1);
    });
  }

  // Kills this process as soon as calls of `function` have been committed,
  // before it can know that.
  static void killAfterCommitOf(std::string function) {
    static std::string *const callsOf = new std::string(std::move(function));
    static bool isIn = false;
    const auto afterStatement = [](unsigned, void *, void *statement, void *) {
      auto *const ended = static_cast<sqlite3_stmt *>(statement);
      const std::string_view sql(sqlite3_sql(ended));
      if (sql.find(" INTO call (") != sql.npos) {
        char *const expanded = sqlite3_expanded_sql(ended);
        isIn |= std::string_view(expanded).find(*callsOf) != std::string::npos;
        sqlite3_free(expanded);
      }
      if (isIn && sql == "COMMIT")
        raise(SIGKILL);
      return 0;
    };
    static const auto kTrace = +afterStatement;
    const auto onOpen = [](sqlite3 *database, char **, const void *) {
      sqlite3_trace_v2(database, SQLITE_TRACE_PROFILE, kTrace, nullptr);
      return SQLITE_OK;
    };
    sqlite3_auto_extension(reinterpret_cast<void (*)()>(+onOpen));
  }

  void execute(const char *sql) {
    auto database = rt::Database::open(path_, rt::OpenMode::ReadWrite,
                                       std::chrono::seconds(10));
    EXPECT_TRUE(database->execute(sql).ok()) << sql;
  }

  std::string arenaFile() {
    const auto leftovers = rt::listLeftovers(path_);
    EXPECT_EQ(leftovers.size(), 1u);
    return leftovers.empty() ? "" : leftovers[0].path;
  }

  // Of the one process that was killed: as if it had died a moment earlier or
  // later.
  void editArena(const std::function<void(std::string &bytes)> &edit) {
    const std::string file = arenaFile();
    std::ifstream in(file, std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(in), {});
    edit(bytes);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
  }
  // The last chunk of a kind.
  static rt::ChunkHeader &chunkOf(std::string &bytes, rt::ChunkKind kind) {
    rt::ChunkHeader *found = nullptr;
    for (uint64_t at = 0; at < bytes.size();) {
      auto *chunk = reinterpret_cast<rt::ChunkHeader *>(bytes.data() + at);
      if (chunk->kind == kind)
        found = chunk;
      at += chunk->size;
    }
    EXPECT_NE(found, nullptr);
    return *found;
  }

  static void makeOld(const std::string &file) {
    std::filesystem::last_write_time(
        file, std::filesystem::file_time_type::clock::now() -
                  std::chrono::minutes(1));
  }

  rt::RecoveryReport recover() {
    const auto report = rt::recoverAll(path_);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(rt::RecoveryReport());
  }
};

TEST_F(RecoveryTest, NothingLeftIsNoError) {
  EXPECT_EQ(recover().processes, 0);
  EXPECT_TRUE(rt::listLeftovers(path_).empty());
}

TEST_F(RecoveryTest, AKilledProcessLosesNothing) {
  config_.drainInterval = std::chrono::hours(1); // nothing is written before
  kill([] {
    outer([] {
      for (int i = 0; i != 10'000; ++i)
        add(i, 1);
      for (int i = 1; i <= 10'000; ++i)
        try {
          sampled(i);
        } catch (const std::runtime_error &) {
        }
      raise(SIGKILL);
    });
  });
  ASSERT_EQ(rt::listLeftovers(path_).size(), 1u);
  EXPECT_GT(rt::listLeftovers(path_)[0].pid, 0);
  const rt::RecoveryReport report = recover();
  EXPECT_EQ(report.processes, 1);
  EXPECT_EQ(report.errors, 10);
  EXPECT_EQ(report.inFlight, 1);
  EXPECT_EQ(number("select count(*) from calls where function='add'"), 10'000);
  EXPECT_EQ(number("select count(distinct args) from calls where "
                   "function='add'"),
            10'000);
  EXPECT_EQ(number("select count(*) from calls where function='outer' and "
                   "status='in_flight'"),
            1);
  EXPECT_EQ(number("select count(*) from calls where parent_id is null"), 1);
  EXPECT_EQ(number("select sum(calls_total) from functions"), 20'001);
  EXPECT_LT(number("select max(duration_ns) from calls"), 1'000'000'000);
  EXPECT_LT(number("select max(abs(started_ns/1000000000 - "
                   "strftime('%s','now'))) from calls"),
            20);
  EXPECT_EQ(number("select count(*) from health where kind='recovery'"), 1);
  EXPECT_FALSE(arenaIsLeft());
}

TEST_F(RecoveryTest, WhatWasWrittenIsNotWrittenTwice) {
  config_.drainInterval = std::chrono::milliseconds(5);
  kill([] {
    for (int i = 0; i != 300'000; ++i)
      add(i, 1);
  });
  recover();
  EXPECT_EQ(number("select count(*) from calls"),
            number("select count(distinct args) from calls"));
  EXPECT_EQ(number("select calls_total from functions"), 300'000);
  EXPECT_EQ(number("select recorded + dropped from functions"), 300'000);
  EXPECT_EQ(number("select recorded = (select count(*) from calls) from "
                   "functions"),
            1);
}

// Of calls whose memory outlives them, as a call around them is in flight.
TEST_F(RecoveryTest, WhatRetentionDeletedDoesNotComeBack) {
  config_.drainInterval = std::chrono::milliseconds(5);
  kill([this] {
    outer([this] {
      for (int i = 0; i != 10; ++i)
        add(i, 1);
      for (int i = 1; i <= 1000; ++i)
        try {
          sampled(i);
        } catch (const std::runtime_error &) {
        }
      flush();
      execute("delete from call");
      add(10, 1);
      raise(SIGKILL);
    });
  });
  EXPECT_EQ(recover().errors, 0);
  EXPECT_EQ(text("select group_concat(function) from calls"), "add,outer");
  EXPECT_EQ(number("select calls_total = 11 and recorded = 11 and dropped = 0 "
                   "from functions where function = 'add'"),
            1);
  EXPECT_EQ(number("select count(*) from calls where function = 'add' and "
                   "parent_id = (select id from calls where function = "
                   "'outer')"),
            1);
}

// The process dies between the commit of a batch and the mark in its memory.
TEST_F(RecoveryTest, NorDoesABatchThatWasJustStored) {
  config_.drainInterval = std::chrono::hours(1);
  kill([] {
    killAfterCommitOf("\"a\":77");
    for (int i = 0; i != 100; ++i)
      add(77, i);
    flush();
  });
  EXPECT_EQ(number("select count(*) from calls"), 100);
  execute("delete from call");
  recover();
  EXPECT_EQ(number("select count(*) from calls"), 0);
  EXPECT_EQ(text("select calls_total || ' ' || recorded from functions"),
            "100 100");
}

// Of a recovery that is killed at that moment, too.
TEST_F(RecoveryTest, NorDoesABatchThatRecoveryHadJustStored) {
  killWithCallsLeft();
  const pid_t child = fork();
  if (child == 0) {
    killAfterCommitOf("\"a\":1500");
    (void)rt::recoverAll(path_);
    _exit(0);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_LT(number("select count(*) from calls"), 3000);
  execute("delete from call");
  recover();
  EXPECT_EQ(text("select calls_total || ' ' || recorded from functions"),
            "3000 3000");
}

TEST_F(RecoveryTest, NorDoesWhatWasReadFromASpillFile) {
  config_.database = directory_ + "/missing/obs.db";
  path_ = config_.database;
  config_.breakerTimeout = std::chrono::milliseconds(100);
  kill([this] {
    killAfterCommitOf("\"i\":7000");
    throwErrors(60'000);
    EXPECT_GT(stats().spilledErrors, 7000u);
    std::filesystem::create_directory(directory_ + "/missing");
    std::this_thread::sleep_for(std::chrono::minutes(1));
  });
  execute("delete from call");
  recover();
  EXPECT_EQ(text("select errors || ' ' || recorded from functions"),
            "60000 60000");
}

TEST_F(RecoveryTest, NorDoesWhatAnAttemptThatFailedHadStored) {
  killWithCallsLeft();
  execute("create trigger refuse before update on function_process begin "
          "select raise(abort, 'refused'); end");
  EXPECT_FALSE(rt::recoverAll(path_).ok());
  execute("drop trigger refuse; delete from call");
  recover();
  EXPECT_EQ(number("select recorded - calls_total from functions"), 0);
}

// What was in a batch that failed is not taken for stored.
TEST_F(RecoveryTest, ABatchThatFailedIsRecovered) {
  config_.drainInterval = std::chrono::hours(1);
  run([this] {
    add(0, 0);
    flush();
    execute("create trigger refuse before insert on call begin "
            "select raise(abort, 'refused'); end");
    for (int i = 1; i != 100; ++i)
      add(i, i);
  });
  execute("drop trigger refuse");
  recover();
  EXPECT_EQ(number("select count(*) from calls"), 100);
  EXPECT_EQ(text("select calls_total || ' ' || recorded from functions"),
            "100 100");
}

TEST_F(RecoveryTest, ThreadsAndTheirSuccessorsAreToldApart) {
  config_.drainInterval = std::chrono::hours(1);
  kill([] {
    for (int i = 0; i != 50; ++i)
      std::thread([i] { add(i, 0); }).join();
  });
  recover();
  EXPECT_EQ(number("select count(*) from calls where status='ok'"), 50);
  EXPECT_EQ(number("select count(distinct thread_id) from calls"), 50);
}

TEST_F(RecoveryTest, TheNextProcessRecovers) {
  kill([] { add(1, 1); });
  EXPECT_EQ(run([] {
              add(2, 2);
              flush();
              std::this_thread::sleep_for(std::chrono::milliseconds(300));
            }),
            0);
  EXPECT_EQ(number("select count(*) from calls"), 2);
  EXPECT_FALSE(arenaIsLeft());
}

TEST_F(RecoveryTest, WhatIsInUseIsRecoveredLater) {
  kill([] { add(1, 1); });
  const std::string file = arenaFile();
  const int lock = open(file.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(flock(lock, LOCK_EX), 0);
  EXPECT_TRUE(recover().isIncomplete);
  EXPECT_EQ(run([this, lock] {
              add(2, 2);
              obs::flush(std::chrono::seconds(10));
              EXPECT_EQ(number("select count(*) from calls"), 1);
              flock(lock, LOCK_UN);
              for (int i = 0;
                   i != 200 && number("select count(*) from calls") < 2; ++i)
                std::this_thread::sleep_for(std::chrono::milliseconds(100));
              EXPECT_EQ(number("select count(*) from calls"), 2);
            }),
            0);
  close(lock);
}

// It makes an arena of its own, which shows in the directory.
TEST_F(RecoveryTest, WhatIsDoneIsNotTriedAgain) {
  config_.drainInterval = std::chrono::milliseconds(5);
  EXPECT_EQ(run([this] {
              setenv("OBS_SHM_DIR", directory_.c_str(), 1);
              add(1, 1);
              obs::flush(std::chrono::seconds(10));
              std::this_thread::sleep_for(std::chrono::seconds(1));
              const auto before =
                  std::filesystem::last_write_time(rt::arenaDirectory());
              std::this_thread::sleep_for(std::chrono::milliseconds(300));
              EXPECT_EQ(std::filesystem::last_write_time(rt::arenaDirectory()),
                        before);
            }),
            0);
}

TEST_F(RecoveryTest, ALivingProcessIsLeftAlone) {
  EXPECT_EQ(run([this] {
              add(1, 1);
              flush();
              const pid_t other = fork();
              if (other == 0) {
                const auto report = rt::recoverAll(path_);
                _exit(report.ok() && report->processes == 0 ? 0 : 1);
              }
              int status = -1;
              waitpid(other, &status, 0);
              EXPECT_EQ(status, 0);
              add(2, 2);
            }),
            0);
  EXPECT_EQ(number("select count(*) from calls"), 2);
}

TEST_F(RecoveryTest, WithoutADatabaseEverythingStays) {
  kill([] { add(1, 1); });
  std::filesystem::remove(path_);
  ASSERT_EQ(chmod(directory_.c_str(), 0500), 0);
  std::filesystem::create_directory(path_); // also in the way of root
  EXPECT_FALSE(rt::recoverAll(path_).ok());
  EXPECT_EQ(rt::listLeftovers(path_).size(), 1u);
  chmod(directory_.c_str(), 0700);
  std::filesystem::remove_all(path_);
  EXPECT_EQ(recover().calls, 1);
}

TEST_F(RecoveryTest, AnOverflowingProcessDoesNotBringBackWhatItGaveUp) {
  config_.database = path_;
  config_.batchSize = 1;
  config_.queueNormal = 10;
  config_.queueOverflow = 10;
  config_.breakerFailures = 1;
  kill([this] {
    add(0, 0);
    flush();
    auto other = rt::Database::open(path_, rt::OpenMode::ReadWrite,
                                    std::chrono::seconds(1));
    ASSERT_TRUE(other->execute("BEGIN EXCLUSIVE").ok());
    for (int i = 1; i != 1000; ++i)
      add(i, 0);
    while (stats().queuedNormal < 19)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
  });
  recover();
  EXPECT_EQ(number("select recorded + dropped from functions"), 1000);
  EXPECT_GT(number("select dropped from functions"), 500);
}

// A call that gives way becomes a tombstone and is counted. Where the process
// died in between, recovery counts it.
TEST_F(RecoveryTest, ACallThatWasBeingGivenUpIsCountedOnce) {
  config_.drainInterval = std::chrono::hours(1);
  enum { Announced, Buried, Counted };
  for (const int state : {Announced, Buried, Counted}) {
    kill([] {
      for (int i = 0; i != 10; ++i)
        add(i, 1);
    });
    editArena([state](std::string &bytes) {
      rt::ChunkHeader &events = chunkOf(bytes, rt::ChunkKind::Events);
      if (state == Counted)
        reinterpret_cast<rt::SharedCounts *>(
            chunkOf(bytes, rt::ChunkKind::Counts).data())[rt::kFirstSite]
            .givenUp = 1;
      auto *arena = reinterpret_cast<rt::ArenaHeader *>(
          chunkOf(bytes, rt::ChunkKind::Header).data());
      arena->givingUp.site = rt::kFirstSite;
      arena->givingUp.count = 1;
      arena->givingUp.event = events.self + sizeof(events);
      auto *enter = reinterpret_cast<rt::EnterEvent *>(events.data());
      ASSERT_EQ(enter->header.kind, rt::kEnter);
      if (state != Announced)
        enter->id = detail::U64(rt::kTombstone);
    });
    recover();
    EXPECT_EQ(number("select calls_total from functions"), 10 * (state + 1));
    EXPECT_EQ(number("select dropped from functions"), state);
    EXPECT_EQ(number("select calls_total - recorded - dropped from functions"),
              0);
  }
}

// Died while the next sampled call was drawn: before, between and after the two
// stores for that.
TEST_F(RecoveryTest, ASlotThatWasBeingArmedCountsItsCalls) {
  config_.drainInterval = std::chrono::hours(1);
  enum { Noted, Moved, Armed, Forgotten };
  int calls = 0;
  for (const int state : {Noted, Moved, Armed, Forgotten}) {
    kill([] {
      for (int i = 1; i != 500; ++i)
        sampled(i);
    });
    editArena([state](std::string &bytes) {
      auto &ring = *reinterpret_cast<rt::RingHeader *>(
          chunkOf(bytes, rt::ChunkKind::Rings).data());
      auto &slot = rt::SlotTable::slots(
          chunkOf(bytes, rt::ChunkKind::Slots))[rt::kFirstSite];
      // All 499 calls up to here are before it.
      slot.end -= uint64_t(slot.countdown);
      slot.countdown = 0;
      ring.armingEnd = slot.end;
      ring.armingSite = state == Forgotten ? 0 : rt::kFirstSite;
      slot.end += state == Noted ? 0 : 70;
      slot.countdown = state < Armed ? 0 : 70;
    });
    recover();
    calls += 499;
    EXPECT_EQ(number("select calls_total from functions"), calls) << state;
  }
}

// Dropped calls of functions without a slot survive, too.
TEST_F(RecoveryTest, DropCountsOutliveAStopThatCouldNotWrite) {
  config_.queueNormal = 1;
  config_.queueOverflow = 0;
  config_.drainInterval = std::chrono::milliseconds(1);
  std::filesystem::create_directory(path_); // in the way of a database
  EXPECT_EQ(run([] {
              for (int i = 0; i != 1000; ++i)
                add(i, 1);
              while (stats().dropped < 990)
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }),
            0);
  std::filesystem::remove(path_);
  recover();
  EXPECT_EQ(number("select calls_total from functions"), 1000);
  EXPECT_EQ(number("select recorded + dropped from functions"), 1000);
  EXPECT_GE(number("select dropped from functions"), 990);
}

// Whatever the file holds, recovery neither crashes nor reads outside.
TEST_F(RecoveryTest, DamagedFilesAreSurvived) {
  config_.drainInterval = std::chrono::hours(1);
  kill([] {
    outer([] {
      for (int i = 0; i != 300; ++i) {
        add(i, 1);
        try {
          sampled(i);
        } catch (const std::runtime_error &) {
        }
      }
      raise(SIGKILL);
    });
  });
  const std::string file = arenaFile();
  std::ifstream in(file, std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(in)), {});
  std::mt19937 random(1);
  constexpr size_t kHeader = 2048; // pid and paths stay as they are
  for (int round = 0; round != 60; ++round) {
    std::string bad = good;
    for (int i = 0; i != 400; ++i)
      bad[kHeader + random() % (bad.size() - kHeader)] = char(random());
    if (round % 3 == 0) // chunk headers and rings are where the numbers are
      for (size_t at = 0; at < bad.size(); at += 2048)
        for (int i = 0; i != 3; ++i)
          bad[at + 8 + random() % 56] = char(random());
    if (round % 7 == 0)
      bad.resize(bad.size() / 2);
    {
      std::ofstream out(file, std::ios::binary | std::ios::trunc);
      out << bad;
    }
    const auto report = rt::recoverAll(path_);
    EXPECT_TRUE(report.ok()) << report.status();
  }
}

TEST_F(RecoveryTest, FilesThatAreNoArenasAreReported) {
  kill([] { add(1, 1); });
  const std::string file = arenaFile();
  std::ofstream(file, std::ios::trunc) << std::string(600'000, 'x');
  EXPECT_TRUE(recover().problems.empty()) << "it may still be starting";
  makeOld(file);
  EXPECT_EQ(recover().problems.size(), 1u);
  EXPECT_TRUE(std::filesystem::exists(file));
  std::filesystem::remove(file);
}

TEST_F(RecoveryTest, ProcessesThatDiedBeforeTheyHadBegunLeaveNothing) {
  kill([] { add(1, 1); });
  const std::string file = arenaFile();
  for (const size_t size : {size_t{0}, size_t{600'000}}) {
    std::ofstream(file, std::ios::trunc) << std::string(size, 0);
    makeOld(file);
    EXPECT_TRUE(recover().problems.empty());
    EXPECT_FALSE(std::filesystem::exists(file));
  }
}

} // namespace
} // namespace obs::test
