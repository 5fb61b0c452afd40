#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Marks LevelDB's read and write path for obs, by inserting attributes only.

usage: mark-leveldb.py SOURCE_DIRECTORY

Each attribute goes in front of one function definition; nothing else changes,
not even a line number. Marking twice does no harm.
"""

import pathlib
import re
import sys

ALWAYS = "[[obs::monitor]]"
HOT = "[[obs::monitor(sample=0.01)]]"

FUNCTIONS = {
    "db/builder.cc": {"BuildTable": ALWAYS},
    "db/db_impl.cc": {
        "DBImpl::Get": HOT,
        "DBImpl::Write": HOT,
        "DBImpl::MakeRoomForWrite": HOT,
        "DBImpl::Recover": ALWAYS,
        "DBImpl::CompactMemTable": ALWAYS,
        "DBImpl::WriteLevel0Table": ALWAYS,
        "DBImpl::DoCompactionWork": ALWAYS,
    },
    "db/log_writer.cc": {"Writer::AddRecord": HOT},
    "db/memtable.cc": {"MemTable::Add": HOT, "MemTable::Get": HOT},
    "db/table_cache.cc": {"TableCache::FindTable": HOT, "TableCache::Get": HOT},
    "db/version_set.cc": {
        "Version::Get": HOT,
        "VersionSet::LogAndApply": ALWAYS,
        "VersionSet::Recover": ALWAYS,
        "VersionSet::PickCompaction": ALWAYS,
    },
    "db/write_batch.cc": {"WriteBatch::Iterate": HOT},
    "table/block_builder.cc": {"BlockBuilder::Add": HOT},
    "table/format.cc": {"ReadBlock": HOT},
    "table/table.cc": {"Table::Open": ALWAYS, "Table::InternalGet": HOT},
    "table/table_builder.cc": {"TableBuilder::Add": HOT, "TableBuilder::Finish": ALWAYS},
}


def definition(function):
    """A pattern of how its definition begins: in the first column, its return type in front."""
    return r"[A-Za-z][^\n;=]*[ *&]" + function + r"\("


def mark(text, function, attribute):
    if re.search(r"^" + re.escape(attribute) + r" [^\n]*\b" + function + r"\(", text, re.M):
        return text
    marked, count = re.subn(rf"^(?={definition(function)})", attribute + " ", text, flags=re.M)
    if count != 1:
        sys.exit(f"mark-leveldb: {function}: found {count} definitions, expected one")
    return marked


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    total = 0
    for name, functions in FUNCTIONS.items():
        path = pathlib.Path(sys.argv[1]) / name
        text = path.read_text()
        for function, attribute in functions.items():
            text = mark(text, function, attribute)
        path.write_text(text)
        total += len(functions)
    print(f"marked {total} functions in {len(FUNCTIONS)} files")


if __name__ == "__main__":
    main()
