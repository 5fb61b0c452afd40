// SPDX-License-Identifier: Apache-2.0
#include "arena.h"

#include "id_source.h"
#include "ids.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <set>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace obs::rt {
namespace {

class ArenaTest : public testing::Test {
protected:
  ArenaTest() {
    char name[] = "/dev/shm/obs-test-XXXXXX";
    directory_ = mkdtemp(name);
  }
  ~ArenaTest() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<Arena> make(uint64_t limit = 64 << 20) {
    return Arena::create(
        {.database = "/x/obs.db", .limit = limit, .directory = directory_});
  }

  std::string directory_;
};

TEST_F(ArenaTest, FileSaysWhoseItIs) {
  const auto arena = make();
  const ArenaHeader &header = arena->header();
  EXPECT_EQ(memcmp(header.magic, kArenaMagic, sizeof(kArenaMagic)), 0);
  EXPECT_EQ(header.pid, getpid());
  EXPECT_EQ(header.processStart, processStartTime(getpid()));
  EXPECT_NE(header.processStart, 0u);
  EXPECT_STREQ(header.database, "/x/obs.db");
  struct stat info{};
  ASSERT_EQ(stat(arena->path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_TRUE(arena->fallback().ok());
  arena->remove();
  EXPECT_FALSE(std::filesystem::exists(arena->path()));
}

TEST_F(ArenaTest, EachProcessHasASlotOfItsOwn) {
  const auto first = make();
  const auto second = make();
  EXPECT_NE(first->path(), second->path());
  EXPECT_EQ(first->header().idSlot, 0u);
  EXPECT_EQ(second->header().idSlot, 1u);
}

TEST_F(ArenaTest, ChunksDoNotOverlapAndComeBack) {
  const auto arena = make(8 << 20);
  const uint64_t before = arena->usedBytes();
  std::set<std::pair<uint64_t, uint64_t>> taken;
  std::vector<ChunkHeader *> chunks;
  for (const uint64_t bytes :
       {100u, 3000u, 9000u, 100u, 40'000u, 200'000u, 100u, 1'500'000u, 2048u}) {
    ChunkHeader *chunk = arena->claim(bytes);
    ASSERT_NE(chunk, nullptr);
    EXPECT_GE(chunk->size, bytes);
    EXPECT_EQ(chunk, arena->chunkAt(chunk->self));
    memset(chunk->data(), 0xAB, chunk->capacity());
    taken.emplace(chunk->self, chunk->self + chunk->size);
    chunks.push_back(chunk);
  }
  uint64_t end = 0;
  for (const auto &[from, to] : taken) {
    EXPECT_GE(from, end);
    end = to;
  }
  const uint64_t mapped = arena->mappedBytes();
  for (ChunkHeader *chunk : chunks)
    arena->release(chunk);
  EXPECT_EQ(arena->usedBytes(), before);
  for (int i = 0; i != 100; ++i)
    arena->release(arena->claim(100'000));
  EXPECT_EQ(arena->mappedBytes(), mapped);
}

TEST_F(ArenaTest, EndsAtItsLimit) {
  const auto arena = make(4 << 20);
  std::vector<ChunkHeader *> chunks;
  while (ChunkHeader *chunk = arena->claim(100'000))
    chunks.push_back(chunk);
  EXPECT_GT(chunks.size(), 20u);
  EXPECT_LE(arena->mappedBytes(), 4u << 20);
  EXPECT_NE(arena->claim(100, Arena::Purpose::Books), nullptr)
      << "events do not take what is set aside for the books";
  arena->release(chunks.back());
  EXPECT_NE(arena->claim(100'000), nullptr);
}

TEST_F(ArenaTest, SmallChunksBecomeLargeOnesAgain) {
  const auto arena = make(4 << 20);
  std::vector<ChunkHeader *> chunks;
  while (ChunkHeader *chunk = arena->claim(100))
    chunks.push_back(chunk);
  const size_t last = chunks.size() / 2;
  for (size_t i = 0; i != chunks.size(); ++i)
    if (i != last)
      arena->release(chunks[i]);
  EXPECT_EQ(arena->claim(100'000), nullptr);
  arena->mergeFree();
  for (int i = 0; i != 27; ++i) // of 28: one has a part that is in use
    EXPECT_NE(arena->claim(100'000), nullptr);
  EXPECT_EQ(arena->claim(100'000), nullptr);
  EXPECT_NE(arena->claim(30'000), nullptr) << "the rest of that one";
  EXPECT_EQ(chunks[last]->size, 2048u);
}

TEST_F(ArenaTest, GrowsAheadOfNeed) {
  const auto arena = make(8 << 20);
  arena->growAhead();
  const uint64_t mapped = arena->mappedBytes();
  arena->growAhead();
  EXPECT_EQ(arena->mappedBytes(), mapped) << "there is some to spare";
  while (!arena->isFuller(0.5)) {
    const uint64_t ready = arena->mappedBytes();
    EXPECT_NE(arena->claim(100'000), nullptr);
    EXPECT_EQ(arena->mappedBytes(), ready);
    arena->growAhead();
  }
}

TEST_F(ArenaTest, AsksForRefusedMemoryAgainOnlyWhenTold) {
  const pid_t child = fork(); // as the limit holds for a whole process
  if (child == 0) {
    const auto arena = make();
    rlimit before{};
    getrlimit(RLIMIT_AS, &before);
    rlimit small = before;
    small.rlim_cur = 1 << 20;
    setrlimit(RLIMIT_AS, &small);
    const bool refused = !arena->claim(kPieceBytes);
    setrlimit(RLIMIT_AS, &before);
    const bool stillRefused = !arena->claim(kPieceBytes);
    arena->retryGrowth();
    _exit(refused && stillRefused && arena->claim(kPieceBytes) ? 0 : 1);
  }
  int status = 1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(ArenaTest, ThreadsGetDistinctChunks) {
  const auto arena = make(32 << 20);
  std::atomic<int> clashes{0};
  std::vector<std::thread> threads;
  for (int t = 0; t != 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i != 5'000; ++i) {
        ChunkHeader *chunk = arena->claim(i % 2 ? 2048 : 30'000);
        ASSERT_NE(chunk, nullptr);
        memset(chunk->data(), t, 64);
        if (i % 16 == 0)
          std::this_thread::yield();
        for (int b = 0; b != 64; ++b)
          clashes += chunk->data()[b] != t;
        arena->release(chunk);
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(clashes, 0);
}

TEST_F(ArenaTest, WithoutADirectoryItIsAnonymous) {
  const auto arena = Arena::create(
      {.database = "/x", .limit = 4 << 20, .directory = "/proc/none/obs"});
  ASSERT_NE(arena, nullptr);
  EXPECT_EQ(arena->path(), "");
  EXPECT_FALSE(arena->fallback().ok());
  EXPECT_NE(arena->claim(100'000), nullptr);
}

TEST_F(ArenaTest, GrowsInMemoryWhenTheFileIsGone) {
  const auto arena = make();
  std::filesystem::remove(arena->path());
  for (int i = 0; i != 20; ++i) {
    ChunkHeader *chunk = arena->claim(400'000);
    ASSERT_NE(chunk, nullptr);
    memset(chunk->data(), 1, chunk->capacity());
  }
  EXPECT_FALSE(arena->fallback().ok());
}

TEST_F(ArenaTest, AForkedChildDoesNotHaveIt) {
  const auto arena = make();
  uint8_t *memory = arena->claim(1000)->data();
  const pid_t child = fork();
  if (child == 0) {
    int pipes[2];
    const bool isMapped =
        pipe(pipes) == 0 && write(pipes[1], memory, 1) == 1; // EFAULT if not
    _exit(isMapped ? 1 : 0);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(ArenaTest, DatabasesHaveOneNameEach) {
  EXPECT_EQ(canonicalDatabase("obs.db", "/tmp"), "/tmp/obs.db");
  EXPECT_EQ(canonicalDatabase("/tmp/../tmp/./obs.db"), "/tmp/obs.db");
  EXPECT_EQ(canonicalDatabase("/obs.db"), "/obs.db");
  EXPECT_EQ(canonicalDatabase("/no/such/obs.db"), "/no/such/obs.db");
  EXPECT_NE(arenaPrefix("/tmp/a"), arenaPrefix("/tmp/b"));
}

TEST_F(ArenaTest, IdsGrowWithTime) {
  const auto arena = make();
  int64_t now = kIdEpochNs + 1'000'000'000'000;
  IdSource ids(*arena, [&now] { return now; });
  const int64_t first = ids.next();
  EXPECT_LT(first, ids.next());
  now += 1'000'000'000;
  ids.refresh();
  const int64_t later = ids.next();
  EXPECT_GE(later, firstIdAt(now));
  EXPECT_LT(later, firstIdAt(now + kIdTickNs));
  EXPECT_EQ(lastIdOf(arena->header()), later);
}

TEST_F(ArenaTest, IdsBorrowWhenATickIsFull) {
  const auto arena = make();
  IdSource ids(*arena, [] { return kIdEpochNs + 1'000'000'000'000; });
  int64_t last = 0;
  for (int i = 0; i != (1 << kIdCounterBits) + 10; ++i) {
    const int64_t id = ids.next();
    ASSERT_GT(id, last);
    last = id;
  }
}

TEST_F(ArenaTest, ASuccessorInTheSlotGivesGreaterIds) {
  const auto now = [] { return kIdEpochNs + 1'000'000'000'000; };
  int64_t last = 0;
  for (int process = 0; process != 500; ++process) {
    const auto arena = make();
    EXPECT_EQ(arena->header().idSlot, 0u);
    IdSource ids(*arena, now);
    const int64_t first = ids.next();
    ASSERT_GT(first, last);
    last = ids.next();
    ASSERT_LT(last, firstIdAt(now() + kIdTickNs));
    ids.keepLast();
    arena->remove();
  }
}

} // namespace
} // namespace obs::rt
