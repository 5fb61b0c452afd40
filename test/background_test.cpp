// SPDX-License-Identifier: Apache-2.0
// The runtime's threads: what they may take, and what they say of the process.
#include "background.h"
#include "in_runtime.h"
#include "process_figures.h"
#include "runtime_fixture.h"
#include "worker.h"

#include <atomic>
#include <csignal>
#include <fstream>
#include <map>
#include <sched.h>
#include <sys/resource.h>
#include <thread>

namespace obs::test {
namespace {

using namespace std::chrono_literals;
using rt::CpuBudget;

TEST(CpuBudgetTest, RestIsWhatWasOverdrawn) {
  CpuBudget budget(0.5);
  CpuBudget::Clock::time_point now{1h};
  EXPECT_EQ(budget.spend(250ms, now), 0ms) << "half a second's worth at once";
  EXPECT_EQ(budget.spend(100ms, now), 200ms);
  EXPECT_EQ(budget.spend(0ms, now + 150ms), 50ms);
  EXPECT_EQ(budget.spend(0ms, now + 200ms), 0ms);
  EXPECT_EQ(budget.spend(10ms, now + 220ms), 0ms);
  EXPECT_EQ(budget.spend(1ms, now + 220ms), 2ms);
  EXPECT_EQ(budget.spent(), 361ms);
}

TEST(CpuBudgetTest, WithoutALimitNobodyRests) {
  CpuBudget budget(0);
  EXPECT_EQ(budget.spend(1h), 0ms);
  EXPECT_EQ(budget.spent(), 1h);
}

rt::Worker *gWorker;
std::atomic<int> gWakesOfHandler{0};

// A monitored call of a handler may wake the collector while the thread is
// about to, such as in flush(); unless it is refused.
TEST(WorkerTest, ASignalHandlerMayInterruptWake) {
  rt::Worker worker("test", absl::InfiniteDuration(), [] {}, {});
  gWorker = &worker;
  gWakesOfHandler = 0;
  struct sigaction action {};
  action.sa_handler = [](int) {
    if (rt::InRuntime().nested()) // as attach()
      return;
    gWorker->wake();
    ++gWakesOfHandler;
  };
  struct sigaction before {};
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  std::atomic<bool> isOver{false};
  std::thread sender([&, to = pthread_self()] {
    while (!isOver)
      pthread_kill(to, SIGUSR1);
  });
  const auto end = std::chrono::steady_clock::now() + 3s;
  while (gWakesOfHandler < 20'000 && std::chrono::steady_clock::now() < end)
    worker.wake();
  isOver = true;
  sender.join();
  sigaction(SIGUSR1, &before, nullptr);
}

struct Thread {
  int niceness;
  int policy;
  double cpuSeconds;
};

// Those of the runtime, by name.
std::map<std::string, Thread> runtimeThreads() {
  std::map<std::string, Thread> threads;
  for (const auto &task :
       std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    if (!name.starts_with("obs-"))
      continue;
    double ns = 0;
    std::ifstream(task.path() / "schedstat") >> ns;
    const int id = std::stoi(task.path().filename());
    threads[name] = {getpriority(PRIO_PROCESS, id_t(id)),
                     sched_getscheduler(id), ns / 1e9};
  }
  return threads;
}

class BackgroundTest : public RuntimeFixture {};

TEST_F(BackgroundTest, ThreadsAreLessImportantThanTheProgram) {
  config_.niceness = 7;
  EXPECT_EQ(run([] {
              setpriority(PRIO_PROCESS, 0, 3);
              add(1, 1);
              usleep(50'000);
              const auto threads = runtimeThreads();
              EXPECT_EQ(threads.size(), 3u);
              for (const auto &[name, thread] : threads) {
                EXPECT_EQ(thread.niceness, 10) << name;
                EXPECT_EQ(thread.policy, SCHED_OTHER) << name;
              }
              EXPECT_EQ(getpriority(PRIO_PROCESS, 0), 3);
            }),
            0);
}

TEST_F(BackgroundTest, ThreadsOfARealTimeProgramAreOrdinary) {
  EXPECT_EQ(run([] {
              const sched_param priority{.sched_priority = 1};
              if (sched_setscheduler(0, SCHED_FIFO, &priority) != 0)
                return; // not permitted: nothing to be seen
              add(1, 1);
              usleep(50'000);
              for (const auto &[name, thread] : runtimeThreads())
                EXPECT_EQ(thread.policy, SCHED_OTHER) << name;
            }),
            0);
}

TEST_F(BackgroundTest, TheLimitHoldsUnderLoadAndTheBooksAreBalanced) {
  constexpr double kOnePass = 0.3; // seconds; comes on top of the limit
  config_.cpuLimit = 0.05;
  config_.memoryLimit = 16 << 20; // so that a pass is not longer
  config_.resources = false;
  EXPECT_EQ(run([] {
              const auto begin = std::chrono::steady_clock::now();
              const std::chrono::duration<double> time = 2s;
              while (std::chrono::steady_clock::now() - begin < time)
                for (int i = 0; i != 100; ++i)
                  add(i, i);
              double used = 0;
              for (const auto &[name, thread] : runtimeThreads())
                used += thread.cpuSeconds;
              EXPECT_LT(used, 0.05 * 2 + kOnePass);
            }),
            0);
  EXPECT_EQ(number("select calls_total - recorded - dropped from functions"),
            0);
  EXPECT_EQ(number("select count(*) from health where kind = 'process'"), 0);
}

TEST_F(BackgroundTest, FiguresOfTheProcessAreThereWhileItCalls) {
  EXPECT_EQ(run([] {
              const auto begin = std::chrono::steady_clock::now();
              while (std::chrono::steady_clock::now() - begin < 2500ms) {
                add(1, 1);
                usleep(1000);
              }
              usleep(1'500'000); // nothing is called
            }),
            0);
  const int64_t rows =
      number("select count(*) from health where kind = 'process'");
  EXPECT_GE(rows, 1);
  EXPECT_LE(rows, 3);
  EXPECT_EQ(number("select min(detail ->> '$.threads') from health "
                   "where kind = 'process'"),
            4);
  EXPECT_GT(number("select min(detail ->> '$.resident_bytes') from health "
                   "where kind = 'process'"),
            1 << 20);
  EXPECT_EQ(number("select count(*) from health where kind = 'process' and "
                   "(detail ->> '$.cpu_percent' not between 0 and 400 or "
                   "detail ->> '$.monitoring_cpu_percent' not between 0 and "
                   "100)"),
            0);
}

} // namespace
} // namespace obs::test
