// SPDX-License-Identifier: Apache-2.0
// docs/schema.md says what is true: its queries run.
#include "store.h"
#include "store_fixture.h"

#include <fstream>
#include <sstream>

namespace obs::rt {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class SchemaTest : public StoreFixture {
protected:
  SchemaTest() : store_(path_) {
    std::vector<CallRecord> calls;
    for (int64_t id = 1; id <= 200; ++id) {
      calls.push_back(call(id, key("process_order"), id));
      calls.back().durationNs = id * 1000;
      calls.back().args = "{\"order_id\":" + std::to_string(id) + "}";
    }
    calls.push_back(error(201, key("settle")));
    calls.back().parentId = 1;
    const std::vector<FunctionTotals> totals = {{key("settle"), 5, 2}};
    const HealthEvent event{1, "start", "{}"};
    EXPECT_TRUE(store_
                    .write({.calls = calls,
                            .totals = totals,
                            .health = {&event, 1},
                            .processKey = 1})
                    .ok());
  }

  // The queries of the document, in order.
  static std::vector<std::string> documented() {
    std::ifstream file(OBS_SOURCE_DIR "/docs/schema.md");
    std::vector<std::string> queries;
    bool inside = false;
    for (std::string line; std::getline(file, line);) {
      if (line == "```sql") {
        inside = true;
        queries.emplace_back();
      } else if (line == "```") {
        inside = false;
      } else if (inside) {
        queries.back() += line + "\n";
      }
    }
    return queries;
  }

  Store store_;
};

TEST_F(SchemaTest, DocumentedQueriesGiveWhatTheyPromise) {
  const std::vector<std::string> queries = documented();
  ASSERT_THAT(queries, SizeIs(8));
  EXPECT_THAT(rows(queries[0]),
              ElementsAre("1970-01-01 00:00:00|settle|std::runtime_error|no|"
                          "{\"x\":42}"));
  EXPECT_THAT(rows(queries[1]),
              ElementsAre("process_order|200|0.0402|100.5|200.0"));
  EXPECT_THAT(rows(queries[2]), ElementsAre("198000"));
  EXPECT_THAT(rows(queries[3]), ElementsAre("42|process_order|42000|ok|43"));
  EXPECT_THAT(rows(queries[4]),
              ElementsAre("0|process_order|1000", "1|settle|250"));
  EXPECT_THAT(rows(queries[5]), ElementsAre("settle|5|1|1|2"));
  EXPECT_THAT(rows(queries[6]), ElementsAre("1970-01-01 00:00:00|start|{}"));
  EXPECT_THAT(rows(queries[7]), IsEmpty());

  // "the last five minutes" agrees with ids.h
  const int64_t nowNs = std::chrono::duration_cast<std::chrono::nanoseconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count();
  const std::vector<CallRecord> recent = {
      call(firstIdAt(nowNs - 290'000'000'000), key("inside")),
      call(firstIdAt(nowNs - 310'000'000'000), key("outside"))};
  ASSERT_TRUE(store_.write({.calls = recent, .totals = {}, .health = {}}).ok());
  EXPECT_THAT(rows(queries[7]), ElementsAre("inside|1"));
}

} // namespace
} // namespace obs::rt
