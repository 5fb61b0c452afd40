// SPDX-License-Identifier: Apache-2.0
// A paired call to its row.
#include "call_ref.h"

#include "error_format.h"
#include "function_name.h"
#include "value_format.h"

#include <cstddef>
#include <cstring>
#include <span>

namespace obs::rt {
namespace {

using Bytes = std::span<const uint8_t>;

Bytes bytesOf(const EventRef &event, size_t from) {
  return from <= event.bytes() ? Bytes(event.at() + from, event.bytes() - from)
                               : Bytes();
}

template <class T> T readAt(const uint8_t *from) {
  T value;
  memcpy(&value, from, sizeof(value));
  return value;
}

size_t usageBytes(const SiteInfo &site) {
  return site.flags & detail::kMeasuresUsage ? sizeof(ThreadUsage) : 0;
}

// Where the arguments begin.
size_t afterEnter(const EventRef &enter, const SiteInfo &site) {
  if (enter.kind() != kEnter)
    return sizeof(EnterEvent);
  return sizeof(EnterEvent) + (enter.flags() & detail::kCoroutine
                                   ? sizeof(uint64_t)
                                   : usageBytes(site));
}

// Where result or error begins.
size_t afterExit(const EventRef &exit, const SiteInfo &site) {
  if (exit.kind() == kBriefExit)
    return sizeof(BriefExit);
  return sizeof(ExitEvent) + (exit.flags() & detail::kCoroutine
                                  ? sizeof(CoroutineEnd)
                                  : usageBytes(site));
}

// Spares most of them from growing.
constexpr size_t kUsualText = 128;

ValueContext contextOf(const RegistrySnapshot &registry, const SiteInfo &site) {
  return {.depth = site.depth,
          .functionName = registry.isOwn ? functionName : nullptr};
}

void setArguments(CallRecord &record, const RegistrySnapshot &registry,
                  const SiteInfo &site, Bytes bytes,
                  std::string_view captured = {}) {
  if (!(site.flags & detail::kCaptureArguments))
    return;
  record.args.emplace().reserve(kUsualText);
  formatArguments(*record.args, registry.types, site, bytes,
                  contextOf(registry, site), captured);
}

void setResult(CallRecord &record, const RegistrySnapshot &registry,
               const SiteInfo &site, const CallRef &call) {
  if (!(site.flags & detail::kCaptureResult) ||
      site.result >= registry.types.size() ||
      registry.types[site.result].kind == detail::kVoid)
    return;
  Bytes bytes;
  if (call.exit.flags() & detail::kHasResult) {
    bytes = bytesOf(call.exit, afterExit(call.exit, site));
  } else if (call.more.kind() == kResult) {
    const bool isCoroutine = call.more.flags() & detail::kCoroutine;
    bytes = bytesOf(call.more,
                    sizeof(EventHeader) + (isCoroutine ? sizeof(uint64_t) : 0));
  } else if (!(call.exit.flags() & detail::kResultLost) &&
             registry.types[site.result].kind != detail::kSecret) {
    return; // left without one: exit by longjmp, or not captured
  }
  record.result.emplace();
  formatValue(*record.result, registry.types, site.result, bytes,
              contextOf(registry, site));
}

// What the thread used between both ends of the call.
void setUsage(CallRecord &record, const SiteInfo &site, const CallRef &call) {
  if (usageBytes(site) == 0 || call.enter.kind() != kEnter || !call.exit)
    return;
  const Bytes from = bytesOf(call.enter, sizeof(EnterEvent));
  const Bytes to = bytesOf(call.exit, sizeof(ExitEvent));
  if (std::min(from.size(), to.size()) < sizeof(ThreadUsage))
    return;
  const auto before = readAt<ThreadUsage>(from.data());
  const auto after = readAt<ThreadUsage>(to.data());
  const auto used = [](uint64_t first, uint64_t last) {
    return first == kUsageUnknown || last == kUsageUnknown || last < first
               ? std::nullopt
               : std::optional(int64_t(last - first));
  };
  record.cpuNs = used(before.cpuNs, after.cpuNs);
  record.allocatedBytes = used(before.allocatedBytes, after.allocatedBytes);
}

} // namespace

Status statusOf(const EventRef &exit) {
  return exit.kind() == kFail                ? Status::Error
         : exit.flags() & detail::kAbandoned ? Status::Abandoned
                                             : Status::Ok;
}

uint64_t endOf(const EventRef &enter, const EventRef &exit) {
  if (exit.kind() != kBriefExit)
    return readAt<uint64_t>(exit.at() + offsetof(ExitEvent, tsc));
  return readAt<uint64_t>(enter.at() + offsetof(EnterEvent, tsc)) +
         readAt<uint32_t>(exit.at() + offsetof(BriefExit, ticks));
}

std::optional<CoroutineEnd> coroutineEnd(const EventRef &end) {
  if (bytesOf(end, sizeof(ExitEvent)).size() < sizeof(CoroutineEnd))
    return std::nullopt;
  return readAt<CoroutineEnd>(end.at() + sizeof(ExitEvent));
}

void storeId(const EventRef &enter, int64_t id) {
  auto *to = const_cast<uint8_t *>(enter.at()) + offsetof(EnterEvent, id);
  __atomic_store_n(reinterpret_cast<int64_t *>(to), id, __ATOMIC_RELAXED);
}

void setInBatch(const CallRef &call, bool isInBatch) {
  if (!call.enter.chunk() || call.isSnapshot)
    return;
  auto *flags =
      const_cast<uint8_t *>(call.enter.at()) + offsetof(EventHeader, flags);
  const uint8_t others = *flags & uint8_t(~detail::kInBatch);
  __atomic_store_n(flags, others | (isInBatch ? detail::kInBatch : 0),
                   __ATOMIC_RELAXED);
}

int64_t beginBatch(ArenaHeader &header, const std::vector<CallRef> &calls) {
  const uint64_t before = header.batch.load(std::memory_order_relaxed);
  const auto number = int64_t(before + 1); // of a dead process: any number
  // First: what the database knows is then another number.
  header.batch.store(before + 1, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  for (const CallRef &call : calls)
    setInBatch(call, true);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  return number;
}

void markStored(const CallRef &call) {
  if (call.enter.chunk() && !call.isSnapshot)
    storeId(call.enter, -call.id);
}

std::optional<CallRecord> makeRecord(const CallRef &call,
                                     const RegistrySnapshot &registry,
                                     const ClockScale &clock,
                                     int64_t processId) {
  if (call.site >= registry.sites.size() || !registry.functions[call.site])
    return std::nullopt;
  const SiteInfo &site = registry.sites[call.site];
  if (site.flags & kNotRecorded)
    return std::nullopt;
  CallRecord record;
  record.id = call.id;
  record.function = registry.functions[call.site];
  record.threadId = call.threadId;
  record.processId = processId;
  if (call.parentId > 0)
    record.parentId = call.parentId;
  record.status = call.status;
  std::optional<CoroutineEnd> end;
  if (call.exit && call.exit.flags() & detail::kCoroutine)
    end = coroutineEnd(call.exit);
  const uint64_t tsc =
      end ? end->startTsc
          : readAt<uint64_t>(call.enter.at() + offsetof(EnterEvent, tsc));
  record.startedNs = clock.unixNs(tsc);
  if (call.exitTsc != 0)
    record.durationNs = clock.durationNs(tsc, call.exitTsc);
  if (end) {
    record.suspensions = end->suspensions;
    record.suspendedNs = clock.durationNs(0, end->suspendedTicks);
  }
  record.completesRow = !call.enter;
  setUsage(record, site, call);

  const Bytes body = bytesOf(call.enter, afterEnter(call.enter, site));
  if (call.enter.kind() != kThrow) {
    if (call.enter)
      setArguments(record, registry, site, body);
    if (call.status == Status::Ok)
      setResult(record, registry, site, call);
    if (call.status == Status::Error) {
      const bool isAside = call.more && call.more.kind() != kResult;
      const EventRef &error = isAside ? call.more : call.exit;
      setError(record, registry.types, site,
               bytesOf(error, afterExit(error, site)));
    }
    return record;
  }
  const size_t size =
      std::min<size_t>(readAt<uint32_t>(body.data()), body.size() - 8);
  const size_t padded = std::min((size + 7) & ~size_t{7}, body.size() - 8);
  const Bytes error = body.subspan(8 + padded);
  setArguments(record, registry, site, body.subspan(8, size),
               isReturned(error) ? "at_return" : "at_throw");
  setError(record, registry.types, site, error);
  return record;
}

} // namespace obs::rt
