// SPDX-License-Identifier: Apache-2.0
// What the tests of the store have in common: a scratch directory, records,
// and a look into the database.
#ifndef OBS_TEST_STORE_FIXTURE_H
#define OBS_TEST_STORE_FIXTURE_H

#include "ids.h"
#include "record.h"
#include "sqlite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace obs::rt {

class StoreFixture : public testing::Test {
protected:
  StoreFixture() {
    char name[] = "/tmp/obs-test-XXXXXX";
    directory_ = mkdtemp(name);
    path_ = directory_ + "/obs.db";
  }

  ~StoreFixture() override {
    chmod(directory_.c_str(), 0700);
    std::filesystem::remove_all(directory_);
  }

  static std::shared_ptr<const FunctionKey> key(std::string name) {
    return std::make_shared<FunctionKey>(
        FunctionKey{name, "a.cpp", 7, "int " + name + "(int)", 0.5});
  }

  static CallRecord call(int64_t id,
                         std::shared_ptr<const FunctionKey> function,
                         int64_t startedNs = 1000) {
    CallRecord record;
    record.id = id;
    record.function = std::move(function);
    record.threadId = 11;
    record.processId = 12;
    record.startedNs = startedNs;
    record.durationNs = 250;
    record.args = R"({"x":42})";
    record.result = "43";
    return record;
  }

  static CallRecord error(int64_t id,
                          std::shared_ptr<const FunctionKey> function) {
    CallRecord record = call(id, std::move(function));
    record.status = Status::Error;
    record.result.reset();
    record.errorType = "std::runtime_error";
    record.errorMessage = "no";
    return record;
  }

  Database reader() const {
    auto database = Database::open(path_, OpenMode::ReadOnly,
                                   std::chrono::milliseconds(1000));
    EXPECT_TRUE(database.ok()) << database.status();
    return *std::move(database);
  }

  int64_t number(const std::string &sql) const {
    Database database = reader();
    auto value = database.queryInt64(sql);
    EXPECT_TRUE(value.ok()) << value.status() << ": " << sql;
    return value.value_or(-1);
  }

  // Rows as "a|b|c", null as "NULL".
  std::vector<std::string> rows(const std::string &sql) const {
    Database database = reader();
    std::vector<std::string> result;
    auto statement = database.prepare(sql);
    EXPECT_TRUE(statement.ok()) << statement.status() << ": " << sql;
    while (statement.ok() && statement->step().value_or(false)) {
      std::string row;
      for (int i = 0; i < statement->columnCount(); ++i) {
        if (i > 0)
          row += '|';
        row += statement->isNull(i) ? "NULL" : statement->text(i);
      }
      result.push_back(row);
    }
    return result;
  }

  static int mode(const std::string &path) {
    struct stat info;
    return stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : -1;
  }

  std::string directory_;
  std::string path_;
};

} // namespace obs::rt

#endif // OBS_TEST_STORE_FIXTURE_H
