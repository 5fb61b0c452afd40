// SPDX-License-Identifier: Apache-2.0
#include "config_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace obs::rt {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ConfigTest : public testing::Test {
protected:
  Config parse(std::vector<const char *> environment) {
    environment.push_back(nullptr);
    warnings_.clear();
    return configFromEnvironment(
        environment.data(),
        [this](std::string_view text) { warnings_.emplace_back(text); });
  }
  std::vector<std::string> warnings_;
};

TEST_F(ConfigTest, HasTheDocumentedDefaults) {
  const Config config = parse({});
  EXPECT_EQ(config.database, "obs.db");
  EXPECT_FALSE(config.disable);
  EXPECT_EQ(config.sample, 1);
  EXPECT_EQ(config.drainInterval, milliseconds(100));
  EXPECT_EQ(config.batchSize, 100);
  EXPECT_EQ(config.queueNormal, 10'000);
  EXPECT_EQ(config.queueOverflow, 50'000);
  EXPECT_EQ(config.breakerFailures, 3);
  EXPECT_EQ(config.breakerTimeout, seconds(30));
  EXPECT_EQ(config.retentionAge, hours(6));
  EXPECT_EQ(config.retentionErrorAge, seconds(0));
  EXPECT_EQ(config.retentionSize, 1 << 30);
  EXPECT_EQ(config.memoryLimit, 0);
  EXPECT_EQ(config.cpuLimit, 1);
  EXPECT_EQ(config.niceness, 5);
  EXPECT_TRUE(config.resources);
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(ConfigTest, TakesNoEnvironmentAtAll) {
  EXPECT_EQ(configFromEnvironment(nullptr, [](std::string_view) {}).batchSize,
            100);
}

TEST_F(ConfigTest, ReadsEveryVariable) {
  const Config config = parse(
      {"PATH=/bin", "OBS_DB=/tmp/a b.db", "OBS_DISABLE=1", "OBS_SAMPLE=0.25",
       "OBS_DRAIN_INTERVAL=0.02", "OBS_BATCH_SIZE=7", "OBS_QUEUE_NORMAL=11",
       "OBS_QUEUE_OVERFLOW=0", "OBS_BREAKER_FAILURES=5",
       "OBS_BREAKER_TIMEOUT=2m", "OBS_RETENTION_AGE=1d",
       "OBS_RETENTION_ERROR_AGE=7d", "OBS_SHM_DIR=/tmp",
       "OBS_RETENTION_SIZE=512MB", "OBS_MEMORY_LIMIT=8M", "OBS_CPU_LIMIT=0.1",
       "OBS_NICE=19", "OBS_RESOURCES=off"});
  EXPECT_EQ(config.database, "/tmp/a b.db");
  EXPECT_TRUE(config.disable);
  EXPECT_EQ(config.sample, 0.25);
  EXPECT_EQ(config.drainInterval, milliseconds(20));
  EXPECT_EQ(config.batchSize, 7);
  EXPECT_EQ(config.queueNormal, 11);
  EXPECT_EQ(config.queueOverflow, 0);
  EXPECT_EQ(config.breakerFailures, 5);
  EXPECT_EQ(config.breakerTimeout, seconds(120));
  EXPECT_EQ(config.retentionAge, hours(24));
  EXPECT_EQ(config.retentionErrorAge, hours(7 * 24));
  EXPECT_EQ(config.retentionSize, 512 << 20);
  EXPECT_EQ(config.memoryLimit, 8 << 20);
  EXPECT_EQ(config.cpuLimit, 0.1);
  EXPECT_EQ(config.niceness, 19);
  EXPECT_FALSE(config.resources);
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(ConfigTest, MemoryLimitFollowsTheQueuesUnlessSet) {
  EXPECT_EQ(parse({}).resolvedMemoryLimit(), 64 << 20);
  EXPECT_EQ(parse({"OBS_QUEUE_NORMAL=1000000"}).resolvedMemoryLimit(),
            1'050'000 * int64_t{1024});
  EXPECT_EQ(parse({"OBS_QUEUE_NORMAL=1000000", "OBS_MEMORY_LIMIT=1M"})
                .resolvedMemoryLimit(),
            1 << 20);
}

TEST_F(ConfigTest, BadValueIsOneLineAndTheDefault) {
  const Config config = parse({"OBS_BATCH_SIZE=many"});
  EXPECT_EQ(config.batchSize, 100);
  EXPECT_THAT(warnings_, ElementsAre("OBS_BATCH_SIZE='many': expected a number "
                                     "of 1 or more; using the default, 100"));
}

TEST_F(ConfigTest, RefusesWhatMakesNoSense) {
  for (const char *entry : {"OBS_DISABLE=perhaps",
                            "OBS_SAMPLE=1.5",
                            "OBS_SAMPLE=-0.1",
                            "OBS_SAMPLE=nan",
                            "OBS_SAMPLE=0.5x",
                            "OBS_DRAIN_INTERVAL=0",
                            "OBS_DRAIN_INTERVAL=-1s",
                            "OBS_DRAIN_INTERVAL=5 parsecs",
                            "OBS_BATCH_SIZE=0",
                            "OBS_BATCH_SIZE=10.5",
                            "OBS_QUEUE_NORMAL=0",
                            "OBS_QUEUE_NORMAL=9999999999999999999",
                            "OBS_QUEUE_OVERFLOW=-1",
                            "OBS_BREAKER_FAILURES=0",
                            "OBS_BREAKER_TIMEOUT=soon",
                            "OBS_RETENTION_AGE=inf",
                            "OBS_RETENTION_SIZE=1QB",
                            "OBS_MEMORY_LIMIT=99999999999999T",
                            "OBS_CPU_LIMIT=-1",
                            "OBS_NICE=20",
                            "OBS_NICE=-5",
                            "OBS_RESOURCES=some"}) {
    parse({entry});
    const std::string name(entry, std::string_view(entry).find('='));
    EXPECT_THAT(warnings_,
                ElementsAre(AllOf(HasSubstr(name), HasSubstr("expected"),
                                  HasSubstr("using the default"))))
        << entry;
  }
}

TEST_F(ConfigTest, EmptyValueCountsAsNotSet) {
  EXPECT_EQ(parse({"OBS_BATCH_SIZE=", "OBS_DB="}).database, "obs.db");
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(ConfigTest, UnknownVariableSuggestsTheNearest) {
  parse({"OBS_BATCHSIZE=5"});
  EXPECT_THAT(warnings_, ElementsAre("unknown variable OBS_BATCHSIZE is "
                                     "ignored; did you mean OBS_BATCH_SIZE?"));
  parse({"OBS_RETENTION=5h"});
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("OBS_RETENTION_AGE?")));
  parse({"OBS_SOMETHING_ELSE=5"});
  EXPECT_THAT(warnings_,
              ElementsAre("unknown variable OBS_SOMETHING_ELSE is ignored"));
  parse({"OBS_CLANG=clang++-19", "OBS_SHM_DIR=/dev/shm"}); // of other parts
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST(ParseDuration, TakesTheDocumentedForms) {
  EXPECT_EQ(parseDuration("0.1"), milliseconds(100));
  EXPECT_EQ(parseDuration("500us"), nanoseconds(500'000));
  EXPECT_EQ(parseDuration("100ms"), milliseconds(100));
  EXPECT_EQ(parseDuration(" 1.5 s "), milliseconds(1500));
  EXPECT_EQ(parseDuration("2m"), seconds(120));
  EXPECT_EQ(parseDuration("6H"), hours(6));
  EXPECT_EQ(parseDuration("1d"), hours(24));
  EXPECT_EQ(parseDuration("0"), seconds(0));
  for (const char *bad : {"", "s", "-1", "1e3x", "1 2", "0x10", "300000d"})
    EXPECT_EQ(parseDuration(bad), std::nullopt) << bad;
}

TEST(ParseSize, TakesTheDocumentedForms) {
  EXPECT_EQ(parseSize("65536"), 65536);
  EXPECT_EQ(parseSize("64K"), 65536);
  EXPECT_EQ(parseSize("1.5kb"), 1536);
  EXPECT_EQ(parseSize("512MB"), int64_t{512} << 20);
  EXPECT_EQ(parseSize("1GiB"), int64_t{1} << 30);
  EXPECT_EQ(parseSize("2T"), int64_t{2} << 40);
  for (const char *bad : {"", "MB", "-1K", "1X", "8388608T"})
    EXPECT_EQ(parseSize(bad), std::nullopt) << bad;
}

} // namespace
} // namespace obs::rt
