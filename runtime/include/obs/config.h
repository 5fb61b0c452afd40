// SPDX-License-Identifier: Apache-2.0
// Every knob of the runtime: meaning, default, when to change it.
#ifndef OBS_RUNTIME_INCLUDE_OBS_CONFIG_H
#define OBS_RUNTIME_INCLUDE_OBS_CONFIG_H

#include <chrono>
#include <cstdint>
#include <string>

namespace obs {

// The configuration of a process. A plain value; the defaults are those of a
// process without any OBS_* variable. Durations in the environment are
// `0.1` (seconds), `500us`, `100ms`, `2m`, `6h`, `1d`; sizes are plain bytes,
// `64K`, `512MB`, `1GiB` (all of them powers of 1024); switches are 0/1,
// true/false, yes/no, on/off.
struct Config {
  // OBS_DB. The SQLite file; relative to the working directory in which the
  // program started. Processes may share one file. Change it to keep the
  // records of programs apart, or to place them on a faster disk.
  std::string database = "obs.db";

  // OBS_DISABLE. True: nothing is monitored, no thread is started, no file is
  // made. The one switch to turn everything off without building anew.
  bool disable = false;

  // OBS_SAMPLE. Factor from 0 to 1 on the sampling rate of every function.
  // Lower it to take load off a whole program; errors are recorded all the
  // same, and the numbers of calls stay exact.
  double sample = 1;

  // OBS_DRAIN_INTERVAL. How often the collector reads the rings and the writer
  // commits, at least. Shorter: fresher data, and less is lost if the machine
  // fails. Longer: larger transactions, fewer wake-ups. At least 1 ms.
  std::chrono::nanoseconds drainInterval = std::chrono::milliseconds(100);

  // OBS_BATCH_SIZE. Records of one transaction. Raise it (1,000 … 10,000) when
  // the store cannot keep up; a failed batch is retried whole.
  int64_t batchSize = 100;

  // OBS_QUEUE_NORMAL, OBS_QUEUE_OVERFLOW. Records without an error that may
  // wait for the database: the usual number, and as many more in a burst.
  // Beyond both the oldest give way and are counted as dropped. Raise them for
  // long bursts or for a database that is away for long; mind `memoryLimit`.
  int64_t queueNormal = 10'000;
  int64_t queueOverflow = 50'000;

  // OBS_BREAKER_FAILURES, OBS_BREAKER_TIMEOUT. The circuit breaker opens after
  // so many failures in a row, and tries again after the timeout. Shorten the
  // timeout to have the data sooner once the database is back.
  int64_t breakerFailures = 3;
  std::chrono::nanoseconds breakerTimeout = std::chrono::seconds(30);

  // OBS_RETENTION_AGE. Calls that ended longer ago are deleted. 0: kept.
  std::chrono::nanoseconds retentionAge = std::chrono::hours(6);

  // OBS_RETENTION_ERROR_AGE. The same for calls that ended in an error, where
  // that is longer; errors are the last to go at the size cap then. Raise it to
  // look into errors of last week without keeping all calls for so long.
  std::chrono::nanoseconds retentionErrorAge{};

  // OBS_RETENTION_SIZE. Bytes of the database file; beyond, the oldest calls
  // are deleted. The write-ahead log beside it comes on top. 0: no cap.
  int64_t retentionSize = int64_t{1} << 30;

  // OBS_MEMORY_LIMIT. Bytes that the runtime may hold in all: rings, queues,
  // private memory, SQLite; less than 8 MB counts as 8 MB. 0 (the default):
  // 1 KB for each record that the two queues may hold, at least 64 MB, so that
  // it follows the queues. Lower it in a small container; the queues may take a
  // quarter of it then, what finds no room is counted as dropped, and errors go
  // to a file. Only errors that cannot even be written there may exceed it.
  int64_t memoryLimit = 0;

  // What is stored of a value at most; a function's own attribute wins
  // (docs/values.md). More shows more, and costs the calling thread more.
  //
  // OBS_MAX_ITEMS. Items of a container; one with more is one line, and none
  // of them is read. Up to 1,000,000.
  int64_t maxItems = 1000;
  // OBS_MAX_TEXT. Bytes (code units) of a text, which is cut there. Up to
  // 60,000.
  int64_t maxText = 1000;
  // OBS_MAX_DEPTH. Nesting of values; deeper ones are "...". Up to 100.
  int64_t maxDepth = 5;
  // OBS_MAX_RECORD. Bytes of the encoded arguments of a call, and of its
  // result; what does not fit is only counted. From 64 to 60K.
  int64_t maxRecord = 60 * 1024;
  // OBS_READ_POINTERS. False: a `const char *` is shown as its address, not
  // as the text that it points to.
  bool readPointers = true;

  // OBS_CPU_LIMIT. Processor cores that the runtime's threads (collector,
  // writer, retention) may take together, on average. At the limit they rest,
  // records wait, and those beyond the queue are dropped and counted. Lower it
  // (0.1) on a machine that has no core to spare; 0: no limit. At the end of
  // the process there is none.
  double cpuLimit = 1;

  // OBS_NICE. By how much less important than the program's own threads the
  // runtime's are to the scheduler, from 0 to 19: while all cores are busy, the
  // program comes first. Not more by default, as a program's thread that starts
  // or ends waits for a lock now and then, which one of them may hold.
  int64_t niceness = 5;

  // OBS_RESOURCES. Once a second while monitored functions are called, what the
  // process uses goes to `health` (kind `process`): processor, memory, threads,
  // and what of it is the monitoring's. The last hour is kept.
  bool resources = true;

  // `memoryLimit`, or what its 0 stands for.
  __attribute__((visibility("default"))) int64_t resolvedMemoryLimit() const;

  // The defaults, changed by the OBS_* variables. A bad value leaves the
  // default in place; for it, and for an unknown OBS_* variable, one line on
  // stderr says so. Not safe against a concurrent setenv, as with getenv.
  __attribute__((visibility("default"))) static Config fromEnvironment();
};

} // namespace obs

#endif // OBS_RUNTIME_INCLUDE_OBS_CONFIG_H
