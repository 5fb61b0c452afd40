// SPDX-License-Identifier: Apache-2.0
// The whole runtime on a real SQLite whose files fail: the breaker opens and
// says why, the program goes on, and all is there once the fault is over.
#include "runtime_fixture.h"

#include <gmock/gmock.h>

#include <atomic>
#include <fstream>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <thread>

namespace obs::test {
namespace {

using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

enum class Fault { None, Full, Write, Sync, Open, Locked };
std::atomic<Fault> fault{Fault::None};

// --- A layer between SQLite and the system
// ------------------------------------

sqlite3_vfs *system;
struct Layer {
  const sqlite3_io_methods *real = nullptr; // the system's
  sqlite3_io_methods faulty{};
};
Layer layers[2]; // of the database, and of the files beside it

const sqlite3_io_methods &real(sqlite3_file *file) {
  return *layers[file->pMethods == &layers[1].faulty].real;
}

int write(sqlite3_file *file, const void *data, int bytes, sqlite3_int64 at) {
  if (fault == Fault::Full)
    return SQLITE_FULL;
  return fault == Fault::Write ? SQLITE_IOERR_WRITE
                               : real(file).xWrite(file, data, bytes, at);
}

int sync(sqlite3_file *file, int flags) {
  return fault == Fault::Sync ? SQLITE_IOERR_FSYNC
                              : real(file).xSync(file, flags);
}

int lock(sqlite3_file *file, int level) {
  return fault == Fault::Locked ? SQLITE_BUSY : real(file).xLock(file, level);
}

int lockLog(sqlite3_file *file, int offset, int count, int flags) {
  const bool isTaken = flags & SQLITE_SHM_LOCK && flags & SQLITE_SHM_EXCLUSIVE;
  return fault == Fault::Locked && isTaken
             ? SQLITE_BUSY
             : real(file).xShmLock(file, offset, count, flags);
}

int open(sqlite3_vfs *, const char *name, sqlite3_file *file, int flags,
         int *out) {
  if (fault == Fault::Open)
    return SQLITE_CANTOPEN;
  const int code = system->xOpen(system, name, file, flags, out);
  if (code != SQLITE_OK)
    return code;
  Layer &layer = layers[!(flags & SQLITE_OPEN_MAIN_DB)];
  if (!layer.real) {
    layer.real = file->pMethods;
    layer.faulty = *layer.real;
    layer.faulty.xWrite = write;
    layer.faulty.xSync = sync;
    layer.faulty.xLock = lock;
    layer.faulty.xShmLock = lockLog;
  }
  file->pMethods = &layer.faulty;
  return code;
}

void installFaults() {
  if (system)
    return;
  sqlite3_initialize();
  system = sqlite3_vfs_find(nullptr);
  static sqlite3_vfs layer = *system;
  layer.zName = "faulty";
  layer.pNext = nullptr;
  layer.xOpen = open;
  ASSERT_EQ(sqlite3_vfs_register(&layer, /*makeDflt=*/1), SQLITE_OK);
}

// --- The program
// ---------------------------------------------------------------

constexpr int kCalls = 2'000; // a round; one in a hundred throws

void fails(int i) {
  static test::Site site = test::makeSite(
      "fails", "program.cpp", 5, "void fails(int)", "i", 0.0,
      detail::kCaptureArguments, static_cast<void (*)(int)>(nullptr));
  test::Scope scope;
  test::enter(scope, site, i);
  try {
    throw std::runtime_error("no " + std::to_string(i));
  } catch (...) {
    test::failed(scope, site, i);
    throw;
  }
}

class FaultTest : public RuntimeFixture {
protected:
  FaultTest() {
    config_.breakerFailures = 2;
    config_.breakerTimeout = std::chrono::milliseconds(200);
    config_.drainInterval = std::chrono::milliseconds(5);
    config_.batchSize = 1000;
  }

  // In the program: a round of calls, none of which waits for anything.
  static void call(int round) {
    Clock::duration longest{};
    for (int i = round * kCalls; i != (round + 1) * kCalls; ++i) {
      const Clock::time_point before = Clock::now();
      add(i, 0);
      if (i % 100 == 0)
        try {
          fails(i);
        } catch (const std::runtime_error &) {
        }
      longest = std::max(longest, Clock::now() - before);
    }
    EXPECT_LT(longest, std::chrono::milliseconds(500)) << "a call waited";
  }

  template <class Condition> static bool becomes(Condition condition) {
    for (int i = 0; i != 2000 && !condition(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return condition();
  }

  static void awaitOpen(const std::string &message) {
    EXPECT_TRUE(becomes([] { return stats().breaker.timesOpened > 0; }));
    const BreakerStats breaker = stats().breaker;
    EXPECT_THAT(breaker.lastError, HasSubstr(message));
    EXPECT_GE(breaker.failures, 2u);
    EXPECT_LE(breaker.timeUntilRetry, std::chrono::milliseconds(200));
  }

  // Two rounds while the fault is there, one before it if there is a database
  // by then, one afterwards.
  void survives(const std::string &message, const std::function<void()> &begin,
                const std::function<void()> &end, bool before = true) {
    EXPECT_EQ(run([&] {
                if (before) {
                  call(0);
                  EXPECT_TRUE(flush());
                }
                begin();
                call(1);
                awaitOpen(message);
                call(2);
                end();
                EXPECT_TRUE(
                    becomes([] { return stats().breaker.state == "CLOSED"; }));
                call(3);
                EXPECT_TRUE(flush());
                EXPECT_GT(stats().breaker.timeOpen.count(), 0);
              }),
              0);
    isComplete(before ? 4 : 3);
    EXPECT_THAT(
        text("SELECT group_concat(detail) FROM health "
             "WHERE kind = 'breaker'"),
        testing::AllOf(HasSubstr("Circuit breaker OPEN - 0.2s until retry"),
                       HasSubstr(message), HasSubstr("\"to\":\"CLOSED\"")));
    EXPECT_EQ(text("PRAGMA integrity_check"), "ok");
  }

  void isComplete(int rounds) {
    EXPECT_EQ(number("SELECT count(*) FROM calls WHERE function = 'add'"),
              rounds * kCalls);
    EXPECT_EQ(number("SELECT count(DISTINCT args) FROM calls "
                     "WHERE status = 'error'"),
              rounds * kCalls / 100);
    EXPECT_EQ(number("SELECT sum(calls_total - recorded - dropped) "
                     "FROM functions"),
              0);
  }

  void survives(Fault what, const std::string &message, bool before = true) {
    installFaults();
    survives(
        message, [what] { fault = what; }, [] { fault = Fault::None; }, before);
  }
};

TEST_F(FaultTest, DiskFull) {
  survives(Fault::Full, "database or disk is full");
}
TEST_F(FaultTest, DiskFullFromTheStart) {
  survives(Fault::Full, "database or disk is full", /*before=*/false);
}
TEST_F(FaultTest, WriteFails) {
  survives(Fault::Write, "disk I/O error");
}
TEST_F(FaultTest, SyncFails) {
  survives(Fault::Sync, "disk I/O error", /*before=*/false);
}
TEST_F(FaultTest, OpenFails) {
  survives(Fault::Open, "unable to open database file", /*before=*/false);
}
TEST_F(FaultTest, LockedForLongerThanTheBusyTimeout) {
  survives(Fault::Locked, "database is locked");
}

TEST_F(FaultTest, NewerSchema) {
  run([] { add(0, 0); }); // makes the database
  const auto setVersion = [this](int version) {
    auto other = rt::Database::open(path_, rt::OpenMode::ReadWrite,
                                    std::chrono::seconds(5));
    EXPECT_TRUE(
        other
            ->execute(
                ("PRAGMA user_version = " + std::to_string(version)).c_str())
            .ok());
  };
  const auto version = int(number("PRAGMA user_version"));
  EXPECT_EQ(run([&] {
              setVersion(99);
              call(0);
              awaitOpen("schema 99 is newer");
              setVersion(version);
              EXPECT_TRUE(flush());
            }),
            0);
  EXPECT_EQ(number("SELECT count(*) FROM calls WHERE function = 'add'"),
            kCalls + 1);
  EXPECT_EQ(number("SELECT count(*) FROM calls WHERE status = 'error'"),
            kCalls / 100);
}

TEST_F(FaultTest, FileDeleted) {
  EXPECT_EQ(run([this] {
              call(0);
              EXPECT_TRUE(flush());
              std::filesystem::remove(path_);
              call(1);
              EXPECT_TRUE(flush());
            }),
            0);
  EXPECT_EQ(number("SELECT count(*) FROM calls WHERE function = 'add'"),
            kCalls);
  EXPECT_EQ(number("SELECT count(*) FROM calls WHERE status = 'error'"),
            kCalls / 100);
  EXPECT_EQ(number("SELECT calls_total FROM functions WHERE function = 'add'"),
            2 * kCalls);
}

TEST_F(FaultTest, FileReplacedByGarbage) {
  EXPECT_EQ(run([this] {
              call(0);
              EXPECT_TRUE(flush());
              std::filesystem::remove(path_);
              std::ofstream(path_) << std::string(100'000, 'x');
              call(1);
              EXPECT_TRUE(flush());
            }),
            0);
  EXPECT_EQ(number("SELECT count(*) FROM calls WHERE function = 'add'"),
            kCalls);
  EXPECT_EQ(number("SELECT count(*) FROM calls WHERE status = 'error'"),
            kCalls / 100);
  EXPECT_THAT(text("SELECT detail FROM health WHERE kind = 'corrupt'"),
              HasSubstr(path_ + ".corrupt-20"));
}

// As a user for whom files can be out of reach.
TEST_F(FaultTest, PermissionLost) {
  if (getuid() == 0) {
    constexpr uid_t kNobody = 65534;
    ASSERT_EQ(chown(directory_.c_str(), kNobody, kNobody), 0);
  }
  const auto unprivileged = [] {
    if (getuid() == 0) {
      EXPECT_EQ(setgid(65534), 0);
      EXPECT_EQ(setuid(65534), 0);
    }
  };
  // A directory that is read-only from the start.
  chmod(directory_.c_str(), 0555);
  survives(
      "cannot create the file", unprivileged,
      [this] { chmod(directory_.c_str(), 0755); }, /*before=*/false);
  // A file that may not be read any more, when it is opened.
  EXPECT_EQ(run([&] {
              unprivileged();
              chmod(path_.c_str(), 0);
              call(0);
              awaitOpen("unable to open database file");
              chmod(path_.c_str(), 0600);
              EXPECT_TRUE(flush());
            }),
            0);
  isComplete(4);
}

// No layer of the test's own: a small file system.
TEST_F(FaultTest, DiskReallyFull) {
  if (mount("obs-test", directory_.c_str(), "tmpfs", 0, "size=8m") != 0)
    GTEST_SKIP() << "cannot mount a small tmpfs: " << strerror(errno);
  const std::string filler = directory_ + "/filler";
  survives(
      "full",
      [&] {
        std::ofstream out(filler, std::ios::binary);
        const std::string page(4096, 'x');
        while (out.write(page.data(), page.size()).flush()) {
        }
      },
      [&] { std::filesystem::remove(filler); });
  umount2(directory_.c_str(), MNT_DETACH);
}

} // namespace
} // namespace obs::test
