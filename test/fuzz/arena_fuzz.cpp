// SPDX-License-Identifier: Apache-2.0
// What a dead process left may hold anything: recovery reads it, and what it
// makes of it is JSON where it has to be. An input is a list of chunks, which
// get a valid header each: that is found by their magic number only.
#include "arena_layout.h"
#include "call_ref.h"
#include "dead_arena.h"
#include "fuzz.h"
#include "registry_format.h"
#include "types.h"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/mman.h>

namespace {

using namespace obs;
using namespace obs::rt;

void requireJson(const std::optional<std::string> &text) {
  if (text)
    fuzz::require(nlohmann::json::accept(*text), "no JSON", *text);
}

class Records final : public CallSink {
public:
  explicit Records(const DeadArena &arena)
      : arena_(arena), clock_(arena.clock()) {}

  int64_t nextId() override { return ++lastId_; }
  void complete(CallRef call) override {
    const auto record =
        makeRecord(call, arena_.registry(), clock_, arena_.header().pid);
    if (!record)
      return;
    requireJson(record->args);
    requireJson(record->result);
    requireJson(record->errorDetail);
    fuzz::require(record->function != nullptr, "a record without a function");
  }
  void lost(uint32_t) override {}

private:
  const DeadArena &arena_;
  const ClockScale clock_;
  int64_t lastId_ = 0;
};

// A site for each type, as parameter and result.
std::string validRegistry() {
  const fuzz::Types types = fuzz::manyTypes();
  std::string all;
  for (size_t id = 0; id != types.table.size(); ++id)
    all += encodeType(TypeId(id), types.table[id]);
  for (size_t i = 0; i != types.ids.size(); ++i) {
    SiteInfo site;
    site.function = "f" + std::to_string(i);
    site.file = "f.cpp";
    site.flags = detail::kCaptureArguments | detail::kCaptureResult |
                 (i % 2 ? detail::kReturnsErrors : 0);
    site.parameters = {{"a", types.ids[i]}, {"b", types.ids[0]}};
    site.result = types.ids[i];
    site.errorCode = types.ids[types.ids.size() - 2];
    all += encodeSite(uint32_t(i), site);
  }
  return all;
}

// The file, mapped for good; what the last input left is wiped.
class File {
public:
  File() {
    const int file =
        open(fuzz::scratchFile().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    fuzz::require(file >= 0 && ftruncate(file, kPieceBytes) == 0,
                  "scratch file");
    memory_ = static_cast<uint8_t *>(mmap(
        nullptr, kPieceBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
    fuzz::require(memory_ != MAP_FAILED, "mmap");
    close(file);
  }

  void clear() {
    memset(memory_, 0, used_);
    used_ = 0;
  }

  // A chunk with room for `data`; null if the file is full.
  ChunkHeader *add(ChunkKind kind, std::string_view data) {
    const uint64_t unit = chunkClassBytes(0);
    const uint64_t size =
        (sizeof(ChunkHeader) + data.size() + unit - 1) / unit * unit;
    if (size > kPieceBytes - used_)
      return nullptr;
    auto *chunk = new (memory_ + used_) ChunkHeader();
    chunk->magic = kChunkMagic;
    chunk->kind = kind;
    chunk->size = size;
    chunk->self = used_;
    chunk->used = data.size();
    memcpy(chunk->data(), data.data(), data.size());
    used_ += size;
    return chunk;
  }

private:
  uint8_t *memory_;
  uint64_t used_ = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static File file;
  static const std::string registry = validRegistry();
  fuzz::Input input(data, size);
  file.clear();

  ArenaHeader header{};
  memcpy(header.magic, kArenaMagic, sizeof(kArenaMagic));
  header.version = kArenaVersion;
  header.abiVersion = detail::kAbiVersion;
  header.pid = 1 << 23; // more than there can be
  header.processKey = 1;
  header.first = {1000, 1000, 1'800'000'000'000'000'000};
  header.last[0] = header.last[1] = {2000, 2000, 1'800'000'000'000'001'000};
  file.add(ChunkKind::Header,
           {reinterpret_cast<const char *>(&header), sizeof(header)});
  file.add(ChunkKind::Registry, registry);
  RingHeader rings[4] = {};
  for (RingHeader &ring : rings) {
    ring.published = input.take<uint32_t>();
    ring.slots = input.take<uint32_t>() % kPieceBytes;
  }
  if (ChunkHeader *chunk =
          file.add(ChunkKind::Rings,
                   {reinterpret_cast<const char *>(rings), sizeof(rings)}))
    chunk->used = 4;

  while (input.size() > 0) {
    const auto kind = ChunkKind(2 + input.take<uint8_t>() % 4);
    const uint8_t ring = input.take<uint8_t>();
    const uint8_t sequence = input.take<uint8_t>();
    const uint8_t flags = input.take<uint8_t>();
    const uint32_t base = input.take<uint16_t>();
    ChunkHeader *chunk = file.add(kind, input.text(input.take<uint16_t>()));
    if (!chunk)
      break;
    chunk->ring = ring % 8;
    chunk->sequence = sequence;
    chunk->firstOfOwner = flags & 1;
    chunk->base = flags & 2 ? base * 8 : 0;
    if (flags & 4)
      chunk->used = uint64_t(base) << (flags >> 3);
  }

  const auto arena = DeadArena::open(fuzz::scratchFile());
  fuzz::require(arena.ok(), "open", arena.status().ToString());
  (void)(*arena)->totals();
  Records records(**arena);
  (*arena)->collect(records);
  return 0;
}
