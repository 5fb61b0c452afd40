// SPDX-License-Identifier: Apache-2.0
// raw FROM TO BATCH: reads all calls of a database of obs into memory, and
// inserts them into a new one of the same schema, with the same pragmas, in
// transactions of BATCH rows, through nothing but SQLite. Prints one JSON
// object: rows, seconds, and ns of CPU time of the insertion.
#include "schema.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <sqlite3.h>
#include <string>
#include <vector>

namespace {

void require(int code, sqlite3 *database) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE)
    return;
  std::fprintf(stderr, "%s\n", sqlite3_errmsg(database));
  std::exit(1);
}

sqlite3 *open(const char *path) {
  sqlite3 *database = nullptr;
  require(sqlite3_open(path, &database), database);
  return database;
}

sqlite3_stmt *prepare(sqlite3 *database, const char *sql) {
  sqlite3_stmt *statement = nullptr;
  require(sqlite3_prepare_v2(database, sql, -1, &statement, nullptr), database);
  return statement;
}

struct Value {
  int type = SQLITE_NULL;
  int64_t integer = 0;
  std::string text;
};
using Row = std::vector<Value>;

std::vector<Row> read(const char *path) {
  sqlite3 *database = open(path);
  sqlite3_stmt *select = prepare(database, "SELECT * FROM call ORDER BY id");
  std::vector<Row> rows;
  while (sqlite3_step(select) == SQLITE_ROW) {
    const int columns = sqlite3_column_count(select);
    Row &row = rows.emplace_back(size_t(columns));
    for (int i = 0; i < columns; ++i) {
      row[size_t(i)].type = sqlite3_column_type(select, i);
      if (row[size_t(i)].type == SQLITE_INTEGER)
        row[size_t(i)].integer = sqlite3_column_int64(select, i);
      else if (row[size_t(i)].type == SQLITE_TEXT)
        row[size_t(i)].text =
            reinterpret_cast<const char *>(sqlite3_column_text(select, i));
    }
  }
  sqlite3_finalize(select);
  sqlite3_close(database);
  return rows;
}

void bind(sqlite3_stmt *insert, int place, const Value &value) {
  if (value.type == SQLITE_INTEGER)
    sqlite3_bind_int64(insert, place, value.integer);
  else if (value.type == SQLITE_TEXT)
    sqlite3_bind_text(insert, place, value.text.data(), int(value.text.size()),
                      SQLITE_STATIC);
  else
    sqlite3_bind_null(insert, place);
}

double cpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return double(now.tv_sec) + double(now.tv_nsec) / 1e9;
}

} // namespace

int main(int argc, char **argv) {
  if (argc != 4)
    return 2;
  const std::vector<Row> rows = read(argv[1]);
  const size_t batch = size_t(std::atol(argv[3]));
  sqlite3 *database = open(argv[2]);
  for (const char *sql : {obs::rt::kPrepareFile, obs::rt::kConfigureWriter,
                          obs::rt::kCreateSchema})
    require(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), database);
  sqlite3_stmt *begin = prepare(database, "BEGIN IMMEDIATE");
  sqlite3_stmt *commit = prepare(database, "COMMIT");
  std::string places = "?";
  for (size_t column = 1; column < rows.at(0).size(); ++column)
    places += ", ?";
  sqlite3_stmt *insert =
      prepare(database, ("INSERT INTO call VALUES (" + places + ")").c_str());
  const auto execute = [&](sqlite3_stmt *statement) {
    require(sqlite3_step(statement), database);
    sqlite3_reset(statement);
  };
  const auto began = std::chrono::steady_clock::now();
  const double cpu = cpuSeconds();
  for (size_t i = 0; i < rows.size(); i += batch) {
    execute(begin);
    for (size_t j = i; j < rows.size() && j < i + batch; ++j) {
      for (size_t column = 0; column < rows[j].size(); ++column)
        bind(insert, int(column) + 1, rows[j][column]);
      execute(insert);
    }
    execute(commit);
  }
  const double used = cpuSeconds() - cpu;
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - began;
  for (sqlite3_stmt *statement : {begin, commit, insert})
    sqlite3_finalize(statement);
  sqlite3_close(database);
  std::printf("{\"rows\":%zu,\"seconds\":%.6f,\"cpu\":%.0f}\n", rows.size(),
              took.count(), used * 1e9);
}
