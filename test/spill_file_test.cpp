// SPDX-License-Identifier: Apache-2.0
#include "spill_file.h"

#include "spill_format.h"
#include "store.h"
#include "store_fixture.h"

#include <csignal>
#include <fstream>
#include <set>
#include <sys/resource.h>
#include <thread>

namespace obs::rt {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SpillFileTest : public StoreFixture {
protected:
  SpillFileTest() : spill_(path_, 0xAB) {}

  absl::Status append(const std::vector<CallRecord> &records) {
    return spill_.append(records);
  }

  static std::vector<int64_t> ids(SpillReader &reader) {
    std::vector<int64_t> result;
    for (CallRecord record; reader.next(record);)
      result.push_back(record.id);
    return result;
  }

  std::unique_ptr<SpillReader> reader(int64_t position = 0) {
    auto opened = SpillReader::open(spill_.path(), position);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  }

  std::vector<int64_t> allIds() { return ids(*reader()); }

  std::string content() {
    std::ifstream file(spill_.path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void setContent(const std::string &bytes) {
    std::ofstream(spill_.path(), std::ios::binary | std::ios::trunc) << bytes;
  }

  SpillFile spill_;
};

TEST(Crc32c, HasTheStandardCheckValue) {
  const std::string text = "123456789";
  EXPECT_EQ(crc32c({reinterpret_cast<const uint8_t *>(text.data()), 9}),
            0xE3069283u);
}

TEST_F(SpillFileTest, GivesBackEveryField) {
  CallRecord full = error(1, key("f"));
  full.parentId = 77;
  full.result = std::string("a\0b", 3);
  full.errorDetail = "{\"thrown_at\":\"a.cpp:1\"}";
  full.suspensions = 3;
  full.suspendedNs = 99;
  full.cpuNs = 50;
  full.allocatedBytes = 1 << 20;
  full.completesRow = true;
  CallRecord sparse;
  sparse.id = -1;
  sparse.function = key("g");
  sparse.status = Status::InFlight;
  ASSERT_TRUE(append({full, sparse}).ok());

  CallRecord record;
  auto in = reader();
  ASSERT_TRUE(in->next(record));
  EXPECT_EQ(record.id, 1);
  EXPECT_EQ(*record.function, *full.function);
  EXPECT_EQ(record.threadId, 11);
  EXPECT_EQ(record.processId, 12);
  EXPECT_EQ(record.parentId, 77);
  EXPECT_EQ(record.startedNs, 1000);
  EXPECT_EQ(record.durationNs, 250);
  EXPECT_EQ(record.status, Status::Error);
  EXPECT_EQ(record.args, full.args);
  EXPECT_EQ(record.result, full.result);
  EXPECT_EQ(record.errorType, "std::runtime_error");
  EXPECT_EQ(record.errorMessage, "no");
  EXPECT_EQ(record.errorDetail, full.errorDetail);
  EXPECT_EQ(record.suspensions, 3);
  EXPECT_EQ(record.suspendedNs, 99);
  EXPECT_EQ(record.cpuNs, 50);
  EXPECT_EQ(record.allocatedBytes, 1 << 20);
  EXPECT_TRUE(record.completesRow);
  ASSERT_TRUE(in->next(record));
  EXPECT_EQ(record.id, -1);
  EXPECT_EQ(record.status, Status::InFlight);
  for (bool present :
       {record.parentId.has_value(), record.durationNs.has_value(),
        record.args.has_value(), record.result.has_value(),
        record.errorType.has_value(), record.errorMessage.has_value(),
        record.errorDetail.has_value(), record.suspensions.has_value(),
        record.suspendedNs.has_value(), record.cpuNs.has_value(),
        record.allocatedBytes.has_value(), record.completesRow})
    EXPECT_FALSE(present);
  EXPECT_FALSE(in->next(record));
}

TEST_F(SpillFileTest, RecordsOfOneFunctionShareItsKey) {
  ASSERT_TRUE(append({error(1, key("f")), error(2, key("f"))}).ok());
  CallRecord first, second;
  auto in = reader();
  ASSERT_TRUE(in->next(first) && in->next(second));
  EXPECT_EQ(first.function, second.function);
}

TEST_F(SpillFileTest, LiesBesideTheDatabaseForTheOwnerOnly) {
  EXPECT_EQ(spill_.path(), "");
  const mode_t saved = umask(0);
  ASSERT_TRUE(append({error(1, key("f"))}).ok());
  umask(saved);
  EXPECT_EQ(spill_.path(), path_ + ".spill-ab");
  EXPECT_EQ(mode(spill_.path()), 0600);
  const auto found = findSpillFiles(path_);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].path, spill_.path());
  EXPECT_EQ(found[0].processKey, 0xAB);
  EXPECT_THAT(findSpillFiles(directory_ + "/other.db"), IsEmpty());
}

TEST_F(SpillFileTest, ReaderGoesOnWithWhatIsAppended) {
  ASSERT_TRUE(append({error(1, key("f"))}).ok());
  auto in = reader();
  EXPECT_THAT(ids(*in), ElementsAre(1));
  ASSERT_TRUE(append({error(2, key("f")), error(3, key("g"))}).ok());
  EXPECT_THAT(ids(*in), ElementsAre(2, 3));
  EXPECT_EQ(in->position(), spill_.end());
  ASSERT_TRUE(append({error(4, key("f"))}).ok());
  EXPECT_THAT(ids(*reader(in->position())), ElementsAre(4));
}

TEST_F(SpillFileTest, RemovesOnlyWhatWasRead) {
  ASSERT_TRUE(append({error(1, key("f"))}).ok());
  const int64_t position = spill_.end();
  ASSERT_TRUE(append({error(2, key("f"))}).ok());
  EXPECT_FALSE(spill_.removeIfRead(position));
  EXPECT_THAT(allIds(), ElementsAre(1, 2));
  EXPECT_TRUE(spill_.removeIfRead(spill_.end()));
  EXPECT_THAT(findSpillFiles(path_), IsEmpty());
}

TEST_F(SpillFileTest, PositionsGoOnInTheNextFile) {
  ASSERT_TRUE(append({error(1, key("f"))}).ok());
  const int64_t first = spill_.end();
  ASSERT_TRUE(spill_.removeIfRead(first));
  EXPECT_EQ(spill_.end(), first);
  ASSERT_TRUE(append({error(2, key("f"))}).ok());
  const int64_t second = spill_.end();
  ASSERT_TRUE(append({error(3, key("f"))}).ok());
  EXPECT_THAT(allIds(), ElementsAre(2, 3));
  EXPECT_THAT(ids(*reader(first)), ElementsAre(2, 3));
  EXPECT_THAT(ids(*reader(second)), ElementsAre(3));
  EXPECT_THAT(ids(*reader(spill_.end())), IsEmpty());
  // Taken up by another object.
  SpillFile again(path_, 0xAB);
  const CallRecord record = error(4, key("f"));
  ASSERT_TRUE(again.append({&record, 1}).ok());
  EXPECT_THAT(ids(*reader(spill_.end())), ElementsAre(4));
  // Of a file that does not say where it is, everything.
  std::string bytes = content();
  bytes[0] = 'x';
  setContent(bytes);
  EXPECT_THAT(ids(*reader(second)), ElementsAre(2, 3, 4));
}

TEST_F(SpillFileTest, TakesUpTheFileOfAnEarlierLife) {
  ASSERT_TRUE(append({error(1, key("f"))}).ok());
  SpillFile again(path_, 0xAB);
  const CallRecord record = error(2, key("f"));
  ASSERT_TRUE(again.append({&record, 1}).ok());
  EXPECT_THAT(allIds(), ElementsAre(1, 2));
}

TEST_F(SpillFileTest, TornLastRecordIsLeftForLater) {
  ASSERT_TRUE(append({error(1, key("f"))}).ok());
  const size_t first = static_cast<size_t>(spill_.end());
  ASSERT_TRUE(append({error(2, key("f"))}).ok());
  const std::string whole = content();
  for (size_t cut = first; cut < whole.size(); ++cut) {
    setContent(whole.substr(0, cut));
    auto in = reader();
    EXPECT_THAT(ids(*in), ElementsAre(1));
    EXPECT_EQ(in->position(), static_cast<int64_t>(first));
    setContent(whole); // the writer comes to the end of it
    EXPECT_THAT(ids(*in), ElementsAre(2));
  }
}

TEST_F(SpillFileTest, EveryDamagedByteCostsAtMostItsRecord) {
  ASSERT_TRUE(append({error(1, key("f"))}).ok());
  const size_t first = static_cast<size_t>(spill_.end());
  ASSERT_TRUE(append({error(2, key("f"))}).ok());
  const size_t second = static_cast<size_t>(spill_.end());
  ASSERT_TRUE(append({error(3, key("f"))}).ok());
  const std::string whole = content();
  for (size_t i = first; i < second; ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(~damaged[i]);
    setContent(damaged);
    auto in = reader();
    EXPECT_THAT(ids(*in), ElementsAre(1, 3)) << i;
    EXPECT_EQ(in->skipped(), static_cast<int64_t>(second - first));
  }
}

TEST_F(SpillFileTest, PureGarbageHasNoRecords) {
  ASSERT_TRUE(append({error(1, key("f"))}).ok());
  std::string garbage;
  uint32_t state = 1;
  for (int i = 0; i < 300'000; ++i)
    garbage += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  setContent(garbage);
  EXPECT_THAT(allIds(), IsEmpty());
  setContent("");
  EXPECT_THAT(allIds(), IsEmpty());
}

TEST_F(SpillFileTest, FullDiskLeavesWholeRecords) {
  ASSERT_TRUE(append({error(1, key("f"))}).ok());
  const auto before = static_cast<rlim_t>(spill_.end());
  rlimit saved;
  getrlimit(RLIMIT_FSIZE, &saved);
  const rlimit limit{before + 20, saved.rlim_max};
  signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &limit);
  const absl::Status status = append({error(2, key("f"))});
  setrlimit(RLIMIT_FSIZE, &saved);
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(std::filesystem::file_size(spill_.path()), before);
  ASSERT_TRUE(append({error(3, key("f"))}).ok());
  EXPECT_THAT(allIds(), ElementsAre(1, 3));
}

TEST_F(SpillFileTest, GoesElsewhereWhenTheDirectoryIsReadOnly) {
  const bool root = geteuid() == 0; // to whom permissions mean nothing
  if (root)
    ASSERT_EQ(seteuid(65534), 0);
  // The scratch directory is root's; for others its owner takes their rights.
  if (!root)
    chmod(directory_.c_str(), 0500);
  const absl::Status status = append({error(1, key("f"))});
  const std::string path = spill_.path();
  const auto found = findSpillFiles(path_);
  const std::vector<int64_t> read =
      status.ok() ? allIds() : std::vector<int64_t>();
  const bool removed = spill_.removeIfRead(spill_.end());
  if (root)
    ASSERT_EQ(seteuid(0), 0);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_TRUE(path.starts_with("/var/tmp/obs-")) << path;
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].processKey, 0xAB);
  EXPECT_THAT(read, ElementsAre(1));
  EXPECT_TRUE(removed);
}

TEST_F(SpillFileTest, DoesNotFollowASymbolicLink) {
  const std::string victim = directory_ + "/victim";
  std::ofstream(victim) << "precious";
  std::filesystem::create_symlink(victim, path_ + ".spill-ab");
  (void)append({error(1, key("f"))});
  EXPECT_EQ(std::filesystem::file_size(victim), 8u);
  (void)spill_.removeIfRead(spill_.end());
}

TEST_F(SpillFileTest, ManyThreadsAppendWholeRecords) {
  std::vector<std::thread> threads;
  for (int64_t t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int64_t i = 0; i < 50; ++i)
        EXPECT_TRUE(append({error(t * 1000 + i, key("f"))}).ok());
    });
  }
  for (std::thread &thread : threads)
    thread.join();
  const auto read = allIds();
  EXPECT_EQ(std::set<int64_t>(read.begin(), read.end()).size(), 200u);
}

TEST_F(SpillFileTest, ReadTwiceIsStoredOnce) {
  ASSERT_TRUE(append({error(1, key("f")), error(2, key("f"))}).ok());
  Store store(path_);
  for (int round = 0; round < 2; ++round) {
    std::vector<CallRecord> records(2);
    auto in = reader();
    ASSERT_TRUE(in->next(records[0]) && in->next(records[1]));
    ASSERT_TRUE(
        store.write({.calls = records, .totals = {}, .health = {}}).ok());
  }
  EXPECT_THAT(rows("SELECT recorded, errors FROM functions"),
              ElementsAre("2|2"));
}

} // namespace
} // namespace obs::rt
