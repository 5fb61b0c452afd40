// SPDX-License-Identifier: Apache-2.0
// A line in spdlog's asynchronous logger, as its manual's example has it: the
// default queue, which blocks when it is full, and one thread that writes.
#include "variant.h"

#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

namespace {
std::shared_ptr<spdlog::logger> logger;
}

int64_t work(int64_t number, double factor, const std::string &text) {
  const int64_t result = plainWork(number, factor, text);
  logger->info("work number={} factor={} text={} result={}", number, factor,
               text, result);
  return result;
}

void start() {
  logger = spdlog::basic_logger_mt<spdlog::async_factory>("bench", "bench.log",
                                                          /*truncate=*/true);
}
int64_t finish() {
  logger.reset();
  spdlog::shutdown();
  return 0;
}
