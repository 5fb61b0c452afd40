// SPDX-License-Identifier: Apache-2.0
#include "store.h"

#include "fork_gate.h"
#include "schema.h"
#include "store_fixture.h"

#include <fstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>

namespace obs::rt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr StoreOptions kImpatient{std::chrono::milliseconds(30)};

class StoreTest : public StoreFixture {
protected:
  std::unique_ptr<Store> open(const StoreOptions &options = kImpatient) {
    auto store = Store::open(path_, options);
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }

  static absl::Status writeCalls(Store &store,
                                 const std::vector<CallRecord> &calls) {
    return store.write({.calls = calls, .totals = {}, .health = {}});
  }

  static absl::Status writeTotals(Store &store, int64_t process,
                                  const FunctionTotals &totals) {
    return store.write({.calls = {},
                        .totals = {&totals, 1},
                        .health = {},
                        .processKey = process});
  }

  // Statements on a second connection that may write.
  void execute(const char *sql) {
    auto database = Database::open(path_, OpenMode::ReadWrite,
                                   std::chrono::milliseconds(1000));
    ASSERT_TRUE(database.ok()) << database.status();
    ASSERT_TRUE(database->execute(sql).ok());
  }

  std::vector<std::string> filesStartingWith(const std::string &prefix) {
    std::vector<std::string> names;
    for (const auto &entry : std::filesystem::directory_iterator(directory_)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with(prefix))
        names.push_back(name);
    }
    return names;
  }
};

TEST_F(StoreTest, StoresEveryColumnOfACall) {
  auto store = open();
  CallRecord failed = error(8, key("f"));
  failed.parentId = 5;
  failed.durationNs.reset();
  failed.errorDetail = "{\"thrown_at\":\"a.cpp:1\"}";
  failed.cpuNs = 90;
  failed.allocatedBytes = 64;
  ASSERT_TRUE(writeCalls(*store, {failed, call(5, key("g"))}).ok());
  EXPECT_THAT(
      rows("SELECT * FROM calls ORDER BY id"),
      ElementsAre("5|g|a.cpp|7|11|12|NULL|1000|250|ok|{\"x\":42}|43|NULL|NULL|"
                  "0.5|NULL|NULL|NULL|NULL|NULL",
                  "8|f|a.cpp|7|11|12|5|1000|NULL|error|{\"x\":42}|NULL|"
                  "std::runtime_error|no|0.5|NULL|NULL|"
                  "{\"thrown_at\":\"a.cpp:1\"}|90|64"));
}

TEST_F(StoreTest, ACoroutinesEndCompletesItsRow) {
  auto store = open();
  CallRecord begun = call(5, key("co"));
  begun.status = Status::InFlight;
  begun.durationNs.reset();
  begun.result.reset();
  ASSERT_TRUE(writeCalls(*store, {begun}).ok());
  CallRecord end = call(5, key("co"));
  end.args.reset();
  end.suspensions = 3;
  end.suspendedNs = 70;
  end.completesRow = true;
  // Once more after a crash, and the row in flight too late.
  for (const auto &batch : {std::vector{end}, {end}, {begun}, {begun, end}})
    ASSERT_TRUE(writeCalls(*store, batch).ok());
  EXPECT_THAT(rows("SELECT * FROM calls"),
              ElementsAre("5|co|a.cpp|7|11|12|NULL|1000|250|ok|{\"x\":42}|43|"
                          "NULL|NULL|0.5|3|70|NULL|NULL|NULL"));
  EXPECT_THAT(rows("SELECT recorded, errors FROM functions"),
              ElementsAre("1|0"));
}

TEST_F(StoreTest, AnErrorIsKeptWhenItsRowInFlightIsGone) {
  auto store = open();
  CallRecord failed = error(6, key("co"));
  CallRecord ended = call(7, key("co"));
  for (CallRecord *record : {&failed, &ended}) {
    record->args.reset();
    record->suspensions = 0;
    record->suspendedNs = 0;
    record->completesRow = true;
  }
  ASSERT_TRUE(writeCalls(*store, {failed, ended}).ok());
  EXPECT_THAT(rows("SELECT id, status, args, error_message FROM calls"),
              ElementsAre("6|error|NULL|no"));
  EXPECT_THAT(rows("SELECT recorded, errors FROM functions"),
              ElementsAre("1|1"));
}

// Rows are inserted many at a time, unless one of them is there.
TEST_F(StoreTest, OneOfManyThatIsThereStopsNoOther) {
  auto store = open();
  std::vector<CallRecord> calls;
  for (int64_t id = 1; id <= 100; ++id)
    calls.push_back(id % 10 ? call(id, key("f")) : error(id, key("g")));
  ASSERT_TRUE(writeCalls(*store, {calls[39], calls[40]}).ok());
  ASSERT_TRUE(writeCalls(*store, calls).ok());
  ASSERT_TRUE(writeCalls(*store, calls).ok());
  EXPECT_THAT(rows("SELECT function, recorded, errors FROM functions "
                   "ORDER BY function"),
              ElementsAre("f|90|0", "g|10|10"));
  EXPECT_THAT(rows("SELECT count(*), sum(id) FROM calls"),
              ElementsAre("100|5050"));
}

TEST_F(StoreTest, OneOfManyThatIsRefusedFailsTheBatch) {
  auto store = open();
  execute("CREATE TRIGGER refuse BEFORE INSERT ON call WHEN NEW.id = 40 BEGIN "
          "SELECT raise(ABORT, 'refused'); END");
  std::vector<CallRecord> calls;
  for (int64_t id = 1; id <= 100; ++id)
    calls.push_back(call(id, key("f")));
  EXPECT_FALSE(writeCalls(*store, calls).ok());
  EXPECT_EQ(number("SELECT count(*) FROM calls"), 0);
  execute("DROP TRIGGER refuse");
  ASSERT_TRUE(writeCalls(*store, calls).ok());
  EXPECT_THAT(rows("SELECT recorded FROM functions"), ElementsAre("100"));
}

TEST_F(StoreTest, UpgradesSchema1) {
  { auto store = open(); }
  execute("DROP VIEW calls; ALTER TABLE call DROP COLUMN suspensions;"
          "ALTER TABLE call DROP COLUMN suspended_ns;"
          "ALTER TABLE call DROP COLUMN error_detail;"
          "ALTER TABLE call DROP COLUMN cpu_ns;"
          "ALTER TABLE call DROP COLUMN allocated_bytes;"
          "ALTER TABLE process DROP COLUMN batch;"
          "ALTER TABLE process DROP COLUMN spill_read;"
          "CREATE VIEW calls AS SELECT id FROM call; PRAGMA user_version = 1");
  auto store = open();
  ASSERT_TRUE(writeCalls(*store, {call(5, key("g"))}).ok());
  EXPECT_THAT(rows("SELECT id, suspensions FROM calls"), ElementsAre("5|NULL"));
  EXPECT_EQ(number("PRAGMA user_version"), kSchemaVersion);
}

TEST_F(StoreTest, UpgradesSchema2) {
  {
    auto store = open();
    ASSERT_TRUE(writeCalls(*store, {call(4, key("g"))}).ok());
  }
  execute("DROP VIEW calls; ALTER TABLE call DROP COLUMN error_detail;"
          "ALTER TABLE call DROP COLUMN cpu_ns;"
          "ALTER TABLE call DROP COLUMN allocated_bytes;"
          "ALTER TABLE process DROP COLUMN batch;"
          "ALTER TABLE process DROP COLUMN spill_read;"
          "CREATE VIEW calls AS SELECT id FROM call; PRAGMA user_version = 2");
  auto store = open();
  CallRecord failed = call(5, key("g"));
  failed.status = Status::Error;
  failed.errorDetail = "{}";
  ASSERT_TRUE(writeCalls(*store, {failed}).ok());
  EXPECT_THAT(rows("SELECT id, error_detail FROM calls ORDER BY id"),
              ElementsAre("4|NULL", "5|{}"));
  EXPECT_EQ(number("PRAGMA user_version"), kSchemaVersion);
}

TEST_F(StoreTest, UpgradesSchema3) {
  { auto store = open(); }
  execute("DROP VIEW health; DROP TABLE process_figures; DROP VIEW calls;"
          "ALTER TABLE call DROP COLUMN cpu_ns;"
          "ALTER TABLE call DROP COLUMN allocated_bytes;"
          "ALTER TABLE process DROP COLUMN batch;"
          "ALTER TABLE process DROP COLUMN spill_read;"
          "CREATE VIEW health AS SELECT time_ns AS time, kind, detail FROM "
          "health_event; PRAGMA user_version = 3");
  auto store = open();
  const HealthEvent event{7, "process", "{}"};
  ASSERT_TRUE(
      store->write({.calls = {}, .totals = {}, .health = {&event, 1}}).ok());
  EXPECT_THAT(rows("SELECT time, kind, detail FROM health"),
              ElementsAre("7|process|{}"));
  EXPECT_EQ(number("PRAGMA user_version"), kSchemaVersion);
}

TEST_F(StoreTest, UpgradesSchema4) {
  {
    auto store = open();
    ASSERT_TRUE(writeCalls(*store, {call(4, key("g"))}).ok());
  }
  execute("DROP VIEW calls; ALTER TABLE call DROP COLUMN cpu_ns;"
          "ALTER TABLE call DROP COLUMN allocated_bytes;"
          "ALTER TABLE process DROP COLUMN batch;"
          "ALTER TABLE process DROP COLUMN spill_read;"
          "CREATE VIEW calls AS SELECT id FROM call; PRAGMA user_version = 4");
  auto store = open();
  CallRecord measured = call(5, key("g"));
  measured.cpuNs = 70;
  ASSERT_TRUE(writeCalls(*store, {measured}).ok());
  EXPECT_THAT(rows("SELECT id, cpu_ns, allocated_bytes FROM calls ORDER BY id"),
              ElementsAre("4|NULL|NULL", "5|70|NULL"));
  EXPECT_EQ(number("PRAGMA user_version"), kSchemaVersion);
}

TEST_F(StoreTest, UpgradesSchema5) {
  {
    auto store = open();
    ASSERT_TRUE(store->startProcess({3, 11, "p", 1}).ok());
  }
  execute("ALTER TABLE process DROP COLUMN batch;"
          "ALTER TABLE process DROP COLUMN spill_read;"
          "PRAGMA user_version = 5");
  auto store = open();
  EXPECT_EQ(store->progress(3)->batch, 0);
  EXPECT_EQ(number("PRAGMA user_version"), kSchemaVersion);
}

TEST_F(StoreTest, ProgressComesWithTheCallsAndNeverGoesBack) {
  auto store = open();
  ASSERT_TRUE(store->startProcess({3, 11, "p", 1}).ok());
  const std::vector<CallRecord> calls{call(5, key("g"))};
  const auto write = [&](const Progress &progress) {
    ASSERT_TRUE(
        store->write({.calls = calls, .processKey = 3, .progress = progress})
            .ok());
  };
  EXPECT_EQ(store->progress(3)->batch, 0);
  write({.batch = 2, .spillRead = 500});
  write({.batch = 3});
  EXPECT_EQ(store->progress(3)->batch, 3);
  EXPECT_EQ(store->progress(3)->spillRead, 500);
  EXPECT_EQ(store->progress(4)->batch, 0); // not started
}

TEST_F(StoreTest, FiguresOfProcessesPushOutNothingElse) {
  auto store = open();
  std::vector<HealthEvent> events = {{1, "start", "{}"}};
  for (int64_t time = 2; time <= 4001; ++time)
    events.push_back({time, "process", "{}"});
  ASSERT_TRUE(store->write({.calls = {}, .totals = {}, .health = events}).ok());
  EXPECT_EQ(number("SELECT count(*) FROM health WHERE kind = 'process'"), 3600);
  EXPECT_EQ(number("SELECT min(time) FROM health WHERE kind = 'process'"), 402);
  EXPECT_EQ(number("SELECT max(id) FROM health_event"), 1);
}

TEST_F(StoreTest, ViewsHaveTheDocumentedColumns) {
  auto store = open();
  auto columns = [&](std::string view) {
    return rows("SELECT group_concat(name, ' ') FROM pragma_table_info('" +
                view + "')");
  };
  EXPECT_THAT(columns("calls"),
              ElementsAre("id function file line thread_id process_id "
                          "parent_id started_ns duration_ns status args result "
                          "error_type error_message sample_rate suspensions "
                          "suspended_ns error_detail cpu_ns allocated_bytes"));
  EXPECT_THAT(columns("functions"),
              ElementsAre("function file line signature sample_rate "
                          "calls_total recorded errors dropped"));
  EXPECT_THAT(columns("health"), ElementsAre("time kind detail"));
}

TEST_F(StoreTest, StatusIsText) {
  auto store = open();
  std::vector<CallRecord> calls;
  for (Status status :
       {Status::Ok, Status::Error, Status::Abandoned, Status::InFlight}) {
    calls.push_back(call(static_cast<int64_t>(calls.size()) + 1, key("f")));
    calls.back().status = status;
  }
  ASSERT_TRUE(writeCalls(*store, calls).ok());
  EXPECT_THAT(rows("SELECT status FROM calls ORDER BY id"),
              ElementsAre("ok", "error", "abandoned", "in_flight"));
  EXPECT_EQ(number("SELECT count(*) FROM calls WHERE status = 'in_flight'"), 1);
}

TEST_F(StoreTest, QueryForErrorsReadsOnlyTheirIndex) {
  auto store = open();
  std::string plan;
  for (const std::string &row :
       rows("EXPLAIN QUERY PLAN SELECT * FROM calls WHERE status = 'error' "
            "ORDER BY id DESC LIMIT 20"))
    plan += row + "\n";
  EXPECT_THAT(plan, HasSubstr("call_not_ok"));
  EXPECT_THAT(plan, testing::Not(HasSubstr("TEMP B-TREE")));
}

TEST_F(StoreTest, SameBatchTwiceIsStoredOnce) {
  auto store = open();
  const std::vector<CallRecord> calls = {call(1, key("f")), error(2, key("f"))};
  ASSERT_TRUE(writeCalls(*store, calls).ok());
  ASSERT_TRUE(writeCalls(*store, calls).ok());
  ASSERT_TRUE(writeCalls(*store, {calls[1], call(3, key("f"))}).ok());
  EXPECT_EQ(number("SELECT count(*) FROM calls"), 3);
  EXPECT_THAT(rows("SELECT recorded, errors FROM functions"),
              ElementsAre("3|1"));
}

// Processes that do not see each other, in containers, give equal ids.
TEST_F(StoreTest, CallsWithTheIdOfAnotherOneGetANewId) {
  const auto store = open();
  const CallRecord mine = call(1, key("f"));
  CallRecord other = mine;
  other.processId = mine.processId + 1;
  CallRecord third = mine;
  third.startedNs += 1'000'000'000;
  for (int again = 0; again != 2; ++again) // each is stored once all the same
    for (const CallRecord &one : {mine, other, third})
      ASSERT_TRUE(writeCalls(*store, {one}).ok());
  EXPECT_EQ(number("SELECT count(*) FROM call"), 3);
  EXPECT_EQ(number("SELECT recorded FROM function"), 3);
  EXPECT_EQ(number("SELECT count(*) FROM call WHERE process_id = " +
                   std::to_string(other.processId)),
            1);
  EXPECT_EQ(number("SELECT sum(json_extract(detail, '$.calls')) FROM health "
                   "WHERE kind = 'id_clash'"),
            2);
}

TEST_F(StoreTest, EqualKeysAreOneFunction) {
  auto store = open();
  auto other = std::make_shared<FunctionKey>(*key("f"));
  other->line = 8;
  ASSERT_TRUE(
      writeCalls(*store, {call(1, key("f")), call(2, key("f")), call(3, other)})
          .ok());
  auto second = open();
  ASSERT_TRUE(writeCalls(*second, {call(4, key("f"))}).ok());
  EXPECT_THAT(rows("SELECT function, line, recorded FROM functions"),
              ElementsAre("f|7|3", "f|8|1"));
}

TEST_F(StoreTest, TotalsAreAbsoluteAndAddUpOverProcesses) {
  auto store = open();
  ASSERT_TRUE(store->startProcess({1, 100, "/bin/a", 5}).ok());
  ASSERT_TRUE(store->startProcess({2, 200, "/bin/b", 6}).ok());
  ASSERT_TRUE(writeTotals(*store, 1, {key("f"), 10, 1}).ok());
  ASSERT_TRUE(writeTotals(*store, 1, {key("f"), 20, 2}).ok());
  ASSERT_TRUE(writeTotals(*store, 1, {key("f"), 20, 2}).ok());
  ASSERT_TRUE(writeTotals(*store, 2, {key("f"), 5, 0}).ok());
  EXPECT_THAT(rows("SELECT calls_total, dropped FROM functions"),
              ElementsAre("25|2"));
}

TEST_F(StoreTest, EndOfAProcessFoldsItsTotalsOnce) {
  auto store = open();
  ASSERT_TRUE(store->startProcess({1, 100, "/bin/a", 5}).ok());
  ASSERT_TRUE(writeTotals(*store, 1, {key("f"), 10, 1}).ok());
  ASSERT_TRUE(store->endProcess(1).ok());
  ASSERT_TRUE(store->endProcess(1).ok());
  // A recovery that was cut short comes again with the same numbers.
  ASSERT_TRUE(store->startProcess({1, 100, "/bin/a", 5}).ok());
  ASSERT_TRUE(writeTotals(*store, 1, {key("f"), 10, 1}).ok());
  ASSERT_TRUE(store->endProcess(1).ok());
  EXPECT_THAT(rows("SELECT calls_total, dropped FROM functions"),
              ElementsAre("10|1"));
  EXPECT_EQ(number("SELECT count(*) FROM function_process"), 0);
  EXPECT_EQ(number("SELECT count(*) FROM process WHERE ended > 0"), 1);
}

TEST_F(StoreTest, StoresHealth) {
  auto store = open();
  const HealthEvent event{77, "start", R"({"pid":1})"};
  ASSERT_TRUE(
      store->write({.calls = {}, .totals = {}, .health = {&event, 1}}).ok());
  EXPECT_THAT(rows("SELECT * FROM health"),
              ElementsAre(R"(77|start|{"pid":1})"));
}

TEST_F(StoreTest, FilesAreForTheOwnerWhateverTheUmask) {
  for (mode_t mask : {mode_t{0}, mode_t{0777}}) {
    const mode_t saved = umask(mask);
    path_ = directory_ + "/mask" + std::to_string(mask) + ".db";
    auto store = open();
    umask(saved);
    ASSERT_TRUE(writeCalls(*store, {call(1, key("f"))}).ok());
    for (const char *suffix : {"", "-wal", "-shm"})
      EXPECT_EQ(mode(path_ + suffix), 0600) << suffix;
  }
}

TEST_F(StoreTest, UsesAWriteAheadLogAndKnowsItsSchema) {
  auto store = open();
  EXPECT_THAT(rows("PRAGMA journal_mode"), ElementsAre("wal"));
  EXPECT_EQ(number("PRAGMA auto_vacuum"), 2); // incremental
  EXPECT_EQ(number("PRAGMA user_version"), kSchemaVersion);
  EXPECT_EQ(number("PRAGMA application_id"), kApplicationId);
}

TEST_F(StoreTest, RefusesANewerSchemaAndLeavesItAlone) {
  open();
  execute("PRAGMA user_version = 99");
  auto store = Store::open(path_, kImpatient);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(store.status().ToString(), HasSubstr("schema 99 is newer"));
  EXPECT_EQ(number("PRAGMA user_version"), 99);
}

TEST_F(StoreTest, RefusesTheDatabaseOfAnotherProgram) {
  std::ofstream(path_).flush();
  execute("CREATE TABLE precious (x); INSERT INTO precious VALUES (1)");
  EXPECT_EQ(Store::open(path_).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(number("SELECT count(*) FROM precious"), 1);
}

TEST_F(StoreTest, RefusesWhatIsNoFile) {
  path_ = directory_;
  EXPECT_EQ(Store::open(path_).status().code(),
            absl::StatusCode::kFailedPrecondition);
  path_ = directory_ + "/none/obs.db";
  EXPECT_THAT(Store::open(path_).status().ToString(),
              HasSubstr("none' does not exist"));
}

TEST_F(StoreTest, MovesGarbageAside) {
  std::ofstream(path_) << std::string(5000, 'x');
  auto store = open();
  ASSERT_TRUE(writeCalls(*store, {call(1, key("f"))}).ok());
  EXPECT_EQ(number("SELECT count(*) FROM calls"), 1);
  const auto moved = filesStartingWith("obs.db.corrupt-");
  ASSERT_EQ(moved.size(), 1u);
  EXPECT_EQ(std::filesystem::file_size(directory_ + "/" + moved[0]), 5000u);
  EXPECT_THAT(rows("SELECT kind FROM health"), ElementsAre("corrupt"));
}

TEST_F(StoreTest, StartsANewFileWhenPagesAreDamaged) {
  {
    auto store = open();
    ASSERT_TRUE(writeCalls(*store, {call(1, key("f"))}).ok());
  }
  { // page 1 says that all is well, the others are gone
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    const std::string garbage(std::filesystem::file_size(path_) - 4096, '\xee');
    file.write(garbage.data(), static_cast<std::streamsize>(garbage.size()));
  }
  Store store(path_, kImpatient);
  EXPECT_TRUE(absl::IsDataLoss(writeCalls(store, {call(2, key("f"))})));
  EXPECT_TRUE(writeCalls(store, {call(2, key("f"))}).ok());
  EXPECT_THAT(rows("SELECT id FROM calls"), ElementsAre("2"));
  EXPECT_EQ(filesStartingWith("obs.db.corrupt-").size(), 1u);
}

TEST_F(StoreTest, LockedDatabaseIsAnErrorThatPasses) {
  auto store = open();
  auto other =
      Database::open(path_, OpenMode::ReadWrite, std::chrono::milliseconds(0));
  ASSERT_TRUE(other->execute("BEGIN EXCLUSIVE").ok());
  const absl::Status status = writeCalls(*store, {call(1, key("f"))});
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(status.ToString(), HasSubstr("locked"));
  ASSERT_TRUE(other->execute("ROLLBACK").ok());
  EXPECT_TRUE(writeCalls(*store, {call(1, key("f"))}).ok());
  EXPECT_EQ(number("SELECT count(*) FROM calls"), 1);
}

TEST_F(StoreTest, ProcessStartedWhileLockedIsEnteredLater) {
  auto store = open();
  auto other =
      Database::open(path_, OpenMode::ReadWrite, std::chrono::milliseconds(0));
  ASSERT_TRUE(other->execute("BEGIN EXCLUSIVE").ok());
  EXPECT_FALSE(store->startProcess({1, 100, "/bin/a", 5}).ok());
  ASSERT_TRUE(other->execute("ROLLBACK").ok());
  EXPECT_TRUE(writeCalls(*store, {call(1, key("f"))}).ok());
  EXPECT_EQ(number("SELECT pid FROM process"), 100);
}

TEST_F(StoreTest, FailedBatchLeavesNothingBehind) {
  auto store = open();
  execute("CREATE TRIGGER refuse BEFORE INSERT ON call WHEN NEW.id = 2 "
          "BEGIN SELECT raise(ABORT, 'no'); END");
  const std::vector<CallRecord> calls = {call(1, key("new")),
                                         call(2, key("new"))};
  EXPECT_FALSE(writeCalls(*store, calls).ok());
  EXPECT_EQ(number("SELECT count(*) FROM calls"), 0);
  EXPECT_EQ(number("SELECT count(*) FROM functions"), 0);
  execute("DROP TRIGGER refuse");
  EXPECT_TRUE(writeCalls(*store, calls).ok());
  EXPECT_THAT(rows("SELECT function, recorded FROM functions"),
              ElementsAre("new|2"));
}

// A disk that is unplugged and comes back, a directory that is renamed twice.
TEST_F(StoreTest, AFileThatComesBackHasItsLog) {
  auto store = open();
  ASSERT_TRUE(writeCalls(*store, {call(1, key("f"))}).ok());
  auto other = open(); // keeps the log from being written back
  ASSERT_TRUE(writeCalls(*store, {call(2, key("f"))}).ok());
  store->close();
  store = open(); // which finds a log
  ASSERT_TRUE(writeCalls(*other, {call(3, key("f"))}).ok());
  std::filesystem::rename(directory_, directory_ + "-away");
  EXPECT_FALSE(writeCalls(*store, {call(4, key("f"))}).ok());
  std::filesystem::rename(directory_ + "-away", directory_);
  ASSERT_TRUE(writeCalls(*other, {call(5, key("f"))}).ok());
  ASSERT_TRUE(writeCalls(*store, {call(4, key("f"))}).ok());
  ASSERT_TRUE(writeCalls(*other, {call(6, key("f"))}).ok());
  EXPECT_THAT(rows("SELECT id FROM calls ORDER BY id"),
              ElementsAre("1", "2", "3", "4", "5", "6"));
}

TEST_F(StoreTest, DeletedFileIsBegunAnewWithTheTotals) {
  auto store = open();
  ASSERT_TRUE(store->startProcess({1, 100, "/bin/a", 5}).ok());
  ASSERT_TRUE(writeTotals(*store, 1, {key("f"), 10, 1}).ok());
  ASSERT_TRUE(writeCalls(*store, {call(1, key("f"))}).ok());
  unlink(path_.c_str());
  ASSERT_TRUE(writeCalls(*store, {call(2, key("f"))}).ok());
  EXPECT_THAT(rows("SELECT id FROM calls"), ElementsAre("2"));
  EXPECT_THAT(rows("SELECT calls_total, recorded, dropped FROM functions"),
              ElementsAre("10|1|1"));
  EXPECT_EQ(number("SELECT pid FROM process"), 100);
}

TEST_F(StoreTest, ReplacedFileIsWrittenTo) {
  auto store = open();
  ASSERT_TRUE(writeCalls(*store, {call(1, key("f"))}).ok());
  const std::string kept = directory_ + "/kept.db";
  const std::string original = path_;
  path_ = directory_ + "/other.db";
  { auto other = open(); }
  std::filesystem::rename(original, kept); // as a log rotation would
  std::filesystem::rename(path_, original);
  path_ = original;
  ASSERT_TRUE(writeCalls(*store, {call(2, key("f"))}).ok());
  EXPECT_THAT(rows("SELECT id FROM calls"), ElementsAre("2"));
  path_ = kept; // complete, although its log stayed behind
  EXPECT_THAT(rows("SELECT id FROM calls"), ElementsAre("1"));
}

TEST_F(StoreTest, ReadOnlyDirectoryIsAnErrorThatPasses) {
  // Permissions mean nothing to root; 65534 is nobody.
  const bool root = geteuid() == 0;
  if (root) {
    ASSERT_EQ(chown(directory_.c_str(), 65534, 65534), 0);
    ASSERT_EQ(seteuid(65534), 0);
  }
  ASSERT_EQ(chmod(directory_.c_str(), 0555), 0);
  Store store(path_, kImpatient);
  const absl::Status status = writeCalls(store, {call(1, key("f"))});
  chmod(directory_.c_str(), 0755);
  const absl::Status later = writeCalls(store, {call(1, key("f"))});
  chmod(path_.c_str(), 0444);
  const absl::Status readOnly = Store::open(path_).status();
  if (root)
    ASSERT_EQ(seteuid(0), 0);
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  EXPECT_TRUE(later.ok()) << later;
  EXPECT_TRUE(absl::IsPermissionDenied(readOnly)) << readOnly;
  EXPECT_EQ(number("SELECT count(*) FROM calls"), 1);
}

TEST_F(StoreTest, RelativePathDoesNotFollowTheWorkingDirectory) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(directory_);
  Store store("obs.db", kImpatient);
  std::filesystem::current_path(before);
  EXPECT_EQ(store.path(), path_);
  ASSERT_TRUE(writeCalls(store, {call(1, key("f"))}).ok());
  EXPECT_EQ(number("SELECT count(*) FROM calls"), 1);
}

TEST_F(StoreTest, ParallelWritersLoseNothing) {
  constexpr int kWriters = 4;
  constexpr int kBatches = 25;
  constexpr int kCalls = 20;
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      // All of them may create it; on a busy machine that takes a while.
      Store store(path_, {.busyTimeout = std::chrono::seconds(60)});
      for (int batch = 0; batch < kBatches; ++batch) {
        std::vector<CallRecord> calls;
        for (int i = 0; i < kCalls; ++i)
          calls.push_back(
              call((batch * kCalls + i) * kWriters + writer, key("f")));
        const absl::Status status = writeCalls(store, calls);
        EXPECT_TRUE(status.ok()) << status;
      }
    });
  }
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(number("SELECT count(*) FROM calls"), kWriters * kBatches * kCalls);
  EXPECT_EQ(number("SELECT recorded FROM functions"),
            kWriters * kBatches * kCalls);
  EXPECT_EQ(filesStartingWith("obs.db.corrupt-").size(), 0u);
}

TEST_F(StoreTest, ParentAndChildWriteAfterAFork) {
  auto store = open({std::chrono::milliseconds(2000)});
  ASSERT_TRUE(writeCalls(*store, {call(1, key("f"))}).ok());
  // Writers are active while the fork happens.
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    Store busy(path_);
    for (int64_t id = 1000; !stop; ++id)
      (void)writeCalls(busy, {call(id, key("busy"))});
  });
  for (int round = 0; round < 5; ++round) {
    ForkGate::beforeFork();
    const pid_t child = fork();
    if (child == 0) {
      ForkGate::afterForkInChild();
      Store own(path_, {std::chrono::milliseconds(2000)});
      _exit(writeCalls(own, {call(10 + round, key("child"))}).ok() ? 0 : 1);
    }
    ForkGate::afterForkInParent();
    EXPECT_TRUE(writeCalls(*store, {call(20 + round, key("f"))}).ok());
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  stop = true;
  writer.join();
  EXPECT_EQ(number("SELECT count(*) FROM calls WHERE id < 1000"), 11);
  EXPECT_THAT(rows("PRAGMA integrity_check"), ElementsAre("ok"));
}

TEST_F(StoreTest, WorksInALittleAddressSpace) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||           \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  GTEST_SKIP() << "sanitizers need address space of their own";
#endif
  const pid_t child = fork();
  if (child == 0) {
    size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlim_t bytes = pages * getpagesize() + (16 << 20);
    const rlimit limit{bytes, bytes};
    setrlimit(RLIMIT_AS, &limit);
    Store store(path_);
    std::vector<CallRecord> calls;
    for (int i = 0; i < 10'000; ++i)
      calls.push_back(call(i, key("f")));
    _exit(writeCalls(store, calls).ok() ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(number("SELECT count(*) FROM calls"), 10'000);
}

} // namespace
} // namespace obs::rt
