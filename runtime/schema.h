// SPDX-License-Identifier: Apache-2.0
// The database: tables (free to change with kSchemaVersion), and the views
// that people and tools query (stable). docs/schema.md is for users.
#ifndef OBS_RUNTIME_SCHEMA_H
#define OBS_RUNTIME_SCHEMA_H

#include <cstdint>

namespace obs::rt {

// `PRAGMA user_version`. A runtime refuses to write to a newer schema.
inline constexpr int64_t kSchemaVersion = 6;
// `PRAGMA application_id`: "obsm".
inline constexpr int64_t kApplicationId = 0x6F62736D;

// Before anything is stored: what cannot be changed afterwards.
inline constexpr const char *kPrepareFile = R"sql(
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
)sql";

// Each connection that writes. Little memory: the program's, not ours. No
// mmap: a file cut short by others would be a SIGBUS in the program.
inline constexpr const char *kConfigureWriter = R"sql(
PRAGMA synchronous = NORMAL;
PRAGMA cache_size = -2048;
PRAGMA mmap_size = 0;
PRAGMA temp_store = MEMORY;
PRAGMA wal_autocheckpoint = 1000;
PRAGMA journal_size_limit = 16777216;
)sql";

// Runs in one transaction; harmless if it has run before.
inline constexpr const char *kCreateSchema = R"sql(
-- A monitored function; one row for equal keys, whatever the process.
-- recorded and errors count the rows ever stored in `call`; calls_total and
-- dropped those of processes that have ended (the others: function_process).
CREATE TABLE IF NOT EXISTS function (
  id INTEGER PRIMARY KEY,
  function TEXT NOT NULL,
  file TEXT NOT NULL,
  line INTEGER NOT NULL,
  signature TEXT NOT NULL,
  sample_rate REAL NOT NULL,
  recorded INTEGER NOT NULL DEFAULT 0,
  errors INTEGER NOT NULL DEFAULT 0,
  calls_total INTEGER NOT NULL DEFAULT 0,
  dropped INTEGER NOT NULL DEFAULT 0,
  UNIQUE (function, file, line, signature, sample_rate)
);

-- Totals of a function in a process that has not ended: absolute numbers.
CREATE TABLE IF NOT EXISTS function_process (
  function_id INTEGER NOT NULL,
  process_key INTEGER NOT NULL,
  calls_total INTEGER NOT NULL,
  dropped INTEGER NOT NULL,
  PRIMARY KEY (function_id, process_key)
) WITHOUT ROWID;

-- A process that wrote here. ended: Unix time in ns, null while it runs (or
-- after a crash, until its records are recovered). batch, spill_read: what of
-- it is stored (Progress in store.h).
CREATE TABLE IF NOT EXISTS process (
  key INTEGER PRIMARY KEY,
  pid INTEGER NOT NULL,
  executable TEXT NOT NULL,
  started_ns INTEGER NOT NULL,
  ended INTEGER,
  batch INTEGER NOT NULL DEFAULT 0,
  spill_read INTEGER NOT NULL DEFAULT 0
);

-- A recorded call. id: see ids.h, ordered by time. status: record.h.
-- suspensions, suspended_ns: of a coroutine that has ended. error_detail: JSON.
-- cpu_ns, allocated_bytes: if the function asks for them (resources=true).
CREATE TABLE IF NOT EXISTS call (
  id INTEGER PRIMARY KEY,
  function_id INTEGER NOT NULL,
  thread_id INTEGER NOT NULL,
  process_id INTEGER NOT NULL,
  parent_id INTEGER,
  started_ns INTEGER NOT NULL,
  duration_ns INTEGER,
  status INTEGER NOT NULL,
  args TEXT,
  result TEXT,
  error_type TEXT,
  error_message TEXT,
  suspensions INTEGER,
  suspended_ns INTEGER,
  error_detail TEXT,
  cpu_ns INTEGER,
  allocated_bytes INTEGER
);

-- The few calls that did not end well, in order of time.
CREATE INDEX IF NOT EXISTS call_not_ok ON call (id) WHERE status <> 0;

-- What happened to the monitoring itself.
CREATE TABLE IF NOT EXISTS health_event (
  id INTEGER PRIMARY KEY,
  time_ns INTEGER NOT NULL,
  kind TEXT NOT NULL,
  detail TEXT NOT NULL
);

-- What the processes used, once a second: the newest 3,600 rows.
CREATE TABLE IF NOT EXISTS process_figures (
  id INTEGER PRIMARY KEY,
  time_ns INTEGER NOT NULL,
  detail TEXT NOT NULL
);

-- Two arms, so that a query for errors reads call_not_ok only, and a query
-- that needs no column of `function` does not read it.
CREATE VIEW IF NOT EXISTS calls AS
  SELECT c.id AS id, f.function AS function, f.file AS file, f.line AS line,
         c.thread_id AS thread_id, c.process_id AS process_id,
         c.parent_id AS parent_id, c.started_ns AS started_ns,
         c.duration_ns AS duration_ns, 'ok' AS status, c.args AS args,
         c.result AS result, c.error_type AS error_type,
         c.error_message AS error_message, f.sample_rate AS sample_rate,
         c.suspensions AS suspensions, c.suspended_ns AS suspended_ns,
         c.error_detail AS error_detail, c.cpu_ns AS cpu_ns,
         c.allocated_bytes AS allocated_bytes
    FROM call c LEFT JOIN function f ON f.id = c.function_id
    WHERE c.status = 0
  UNION ALL
  SELECT c.id, f.function, f.file, f.line, c.thread_id, c.process_id,
         c.parent_id, c.started_ns, c.duration_ns,
         CASE c.status WHEN 1 THEN 'error' WHEN 2 THEN 'abandoned'
                       ELSE 'in_flight' END,
         c.args, c.result, c.error_type, c.error_message, f.sample_rate,
         c.suspensions, c.suspended_ns, c.error_detail, c.cpu_ns,
         c.allocated_bytes
    FROM call c LEFT JOIN function f ON f.id = c.function_id
    WHERE c.status <> 0;

CREATE VIEW IF NOT EXISTS functions AS
  SELECT f.function AS function, f.file AS file, f.line AS line,
         f.signature AS signature, f.sample_rate AS sample_rate,
         f.calls_total + ifnull((SELECT sum(p.calls_total)
           FROM function_process p WHERE p.function_id = f.id), 0)
           AS calls_total,
         f.recorded AS recorded, f.errors AS errors,
         f.dropped + ifnull((SELECT sum(p.dropped)
           FROM function_process p WHERE p.function_id = f.id), 0)
           AS dropped
    FROM function f;

CREATE VIEW IF NOT EXISTS health AS
  SELECT time_ns AS time, kind, detail FROM health_event
  UNION ALL
  SELECT time_ns, 'process', detail FROM process_figures;
)sql";

// From schema 1 to 2 and on, before kCreateSchema.
inline constexpr const char *kUpgrades[] = {
    R"sql(
ALTER TABLE call ADD COLUMN suspensions INTEGER;
ALTER TABLE call ADD COLUMN suspended_ns INTEGER;
DROP VIEW calls;
)sql",
    R"sql(
ALTER TABLE call ADD COLUMN error_detail TEXT;
DROP VIEW IF EXISTS calls;
)sql",
    R"sql(
DROP VIEW IF EXISTS health;
)sql",
    R"sql(
ALTER TABLE call ADD COLUMN cpu_ns INTEGER;
ALTER TABLE call ADD COLUMN allocated_bytes INTEGER;
DROP VIEW IF EXISTS calls;
)sql",
    R"sql(
ALTER TABLE process ADD COLUMN batch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE process ADD COLUMN spill_read INTEGER NOT NULL DEFAULT 0;
)sql",
};
static_assert(sizeof(kUpgrades) / sizeof(*kUpgrades) == kSchemaVersion - 1);

} // namespace obs::rt

#endif // OBS_RUNTIME_SCHEMA_H
