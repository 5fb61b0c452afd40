// SPDX-License-Identifier: Apache-2.0
// A program with an SQLite of its own, which calls monitored functions from
// everywhere: its allocator, SQL functions, collations, hooks.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sqlite3.h>
#include <thread>
#include <vector>

#define M [[obs::monitor]]

namespace {

std::atomic<long> calls{0};

M void *allocate(int size) {
  ++calls;
  auto *block = static_cast<int64_t *>(std::malloc(size_t(size) + 8));
  *block = size;
  return block + 1;
}
M void release(void *block) {
  ++calls;
  std::free(static_cast<int64_t *>(block) - 1);
}
M void *reallocate(void *block, int size) {
  ++calls;
  auto *larger =
      static_cast<int64_t *>(std::realloc(static_cast<int64_t *>(block) - 1, size_t(size) + 8));
  *larger = size;
  return larger + 1;
}
int sizeOf(void *block) {
  return int(static_cast<int64_t *>(block)[-1]);
}
int roundUp(int size) {
  return (size + 7) & ~7;
}
int initialize(void *) {
  return SQLITE_OK;
}
void finish(void *) {}

M void twice(sqlite3_context *context, int, sqlite3_value **values) {
  ++calls;
  sqlite3_result_int64(context, 2 * sqlite3_value_int64(values[0]));
}
M int compare(void *, int sizeA, const void *a, int sizeB, const void *b) {
  ++calls;
  const int order = std::memcmp(a, b, size_t(sizeA < sizeB ? sizeA : sizeB));
  return order ? order : sizeA - sizeB;
}
M void updated(void *, int, const char *, const char *, sqlite3_int64) {
  ++calls;
}
M int committed(void *) {
  ++calls;
  return 0;
}

void require(int code) {
  if (code == SQLITE_OK)
    return;
  std::fprintf(stderr, "sqlite: %d\n", code);
  std::_Exit(1);
}

void session() {
  sqlite3 *database = nullptr;
  require(sqlite3_open(":memory:", &database));
  require(sqlite3_create_function(database, "twice", 1, SQLITE_UTF8, nullptr, twice, nullptr,
                                  nullptr));
  require(sqlite3_create_collation(database, "plain", SQLITE_UTF8, nullptr, compare));
  sqlite3_update_hook(database, updated, nullptr);
  sqlite3_commit_hook(database, committed, nullptr);
  require(sqlite3_exec(database, "CREATE TABLE t (n, text COLLATE plain)", nullptr, nullptr,
                       nullptr));
  for (int i = 0; i < 20; ++i)
    require(sqlite3_exec(database,
                         "INSERT INTO t VALUES (1, 'b'), (2, 'a'), (3, 'c');"
                         "SELECT twice(n) FROM t ORDER BY text",
                         nullptr, nullptr, nullptr));
  require(sqlite3_close(database));
}

} // namespace

int main() {
  const sqlite3_mem_methods methods = {allocate, release, reallocate, sizeOf,
                                       roundUp,  initialize, finish, nullptr};
  require(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods));
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([] {
      for (int j = 0; j < 10; ++j)
        session();
    });
  for (std::thread &thread : threads)
    thread.join();
  sqlite3_shutdown();
  std::printf("%ld\n", calls.load());
}
