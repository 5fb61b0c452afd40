// SPDX-License-Identifier: Apache-2.0
// What the tests of the whole runtime have in common: programs that run in a
// process of their own, hand-written monitored functions, and their database.
#ifndef OBS_TEST_RUNTIME_FIXTURE_H
#define OBS_TEST_RUNTIME_FIXTURE_H

#include "arena.h"
#include "monitored.h"
#include "recovery.h"
#include "sqlite.h"

#include "obs/obs.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace obs::test {

// As the plugin writes them.
inline int add(int a, int b) {
  static Site site =
      makeSite("add", "program.cpp", 1, "int add(int, int)", "a,b", 1.0, kBoth,
               static_cast<int (*)(int, int)>(nullptr));
  Scope scope;
  enter(scope, site, a, b);
  try {
    int r = a + b;
    keep(scope, r);
    return r;
  } catch (...) {
    failed(scope, site, a, b);
    throw;
  }
}

// Throws on multiples of 1,000.
inline std::string sampled(int i) {
  static Site site =
      makeSite("sampled", "program.cpp", 2, "std::string sampled(int)", "i",
               0.01, kBoth, static_cast<std::string (*)(int)>(nullptr));
  Scope scope;
  enter(scope, site, i);
  try {
    if (i % 1000 == 0)
      throw std::runtime_error("multiple " + std::to_string(i));
    std::string r = "ok";
    keep(scope, r);
    return r;
  } catch (...) {
    failed(scope, site, i);
    throw;
  }
}

// So many errors, more than memory holds, not faster than they are spilled.
inline void throwErrors(int count) {
  for (int i = 1; i <= count; ++i) {
    try {
      sampled(i * 1000);
    } catch (const std::runtime_error &) {
    }
    if (i % 3000 == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

// Calls `body`.
inline void outer(const std::function<void()> &body) {
  static Site site = makeSite("outer", "program.cpp", 3, "void outer(body)", "",
                              1.0, 0, static_cast<void (*)()>(nullptr));
  Scope scope;
  enter(scope, site);
  try {
    body();
  } catch (...) {
    failed(scope, site);
    throw;
  }
}

class RuntimeFixture : public testing::Test {
protected:
  RuntimeFixture() {
    char name[] = "/tmp/obs-test-XXXXXX";
    directory_ = mkdtemp(name);
    path_ = directory_ + "/obs.db";
    config_.database = path_;
    shared_ = rt::arenaDirectory();
  }
  ~RuntimeFixture() override {
    const std::string prefix = rt::arenaPrefix(rt::canonicalDatabase(path_));
    std::error_code error;
    for (const auto &entry :
         std::filesystem::directory_iterator(shared_, error))
      if (entry.path().filename().string().starts_with(prefix))
        std::filesystem::remove(entry.path(), error);
    std::filesystem::remove_all(directory_);
  }

  // Runs `program` in a child with config_, ends it as a program ends, and
  // returns its wait status.
  int run(const std::function<void()> &program, bool shutdown = true) {
    const pid_t child = fork();
    if (child == 0) {
      configure(config_);
      program();
      if (shutdown)
        obs::shutdown();
      _exit(testing::Test::HasFailure() ? 1 : 0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status;
  }

  // The first column of the first row.
  int64_t number(const std::string &sql) {
    auto database = rt::Database::open(path_, rt::OpenMode::ReadOnly,
                                       std::chrono::milliseconds(1000));
    EXPECT_TRUE(database.ok()) << database.status();
    if (!database.ok())
      return -1;
    const auto value = database->queryInt64(sql);
    EXPECT_TRUE(value.ok()) << value.status() << " " << sql;
    return value.value_or(-1);
  }
  std::string text(const std::string &sql) {
    auto database = rt::Database::open(path_, rt::OpenMode::ReadOnly,
                                       std::chrono::milliseconds(1000));
    if (!database.ok())
      return std::string(database.status().message());
    auto statement = database->prepare(sql);
    if (!statement.ok())
      return std::string(statement.status().message());
    const auto row = statement->step();
    return row.ok() && *row ? std::string(statement->text(0)) : "no row";
  }
  bool arenaIsLeft() {
    const std::string prefix = rt::arenaPrefix(rt::canonicalDatabase(path_));
    for (const auto &entry : std::filesystem::directory_iterator(shared_)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with(prefix))
        return true;
    }
    return false;
  }

  std::string directory_;
  std::string path_;
  std::string shared_;
  Config config_;
};

} // namespace obs::test

#endif // OBS_TEST_RUNTIME_FIXTURE_H
