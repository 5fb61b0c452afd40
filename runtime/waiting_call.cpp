// SPDX-License-Identifier: Apache-2.0
// A paired call while it waits for the writer.
#include "waiting_call.h"

#include "log.h"

#include <cstddef>
#include <cstring>
#include <optional>
#include <tuple>

namespace obs::rt {
namespace {

constexpr uint32_t kUnknownSite = UINT32_MAX;

// What the two events tell of their call, and where it goes.
auto toldBy(const EventRef &enter, const EventRef &exit) {
  EnterEvent event;
  memcpy(&event, enter.at(), sizeof(event));
  return std::tuple(int64_t(event.id), event.header.call, enter.chunk()->owner,
                    endOf(enter, exit), statusOf(exit));
}
template <class Call> auto toldOf(Call &call) {
  return std::tie(call.id, call.site, call.threadId, call.exitTsc, call.status);
}

bool hasUsualEvents(const CallRef &call) {
  return call.enter.kind() == kEnter &&
         (call.exit.kind() == kExit || call.exit.kind() == kBriefExit) &&
         (!call.more || call.more.kind() == kResult);
}

// In words, from the start of the chunk; 0: it is not in `memory`, or too far.
uint16_t wordOf(const EventRef &event, const EventMemory &memory) {
  if (!(event.memory() == memory))
    return 0;
  const auto word = uint64_t(event.at() - memory.begin()) / 8;
  return word <= UINT16_MAX ? uint16_t(word) : 0;
}

// Whether take() finds all of it in the events.
bool isTold(const CallRef &call) {
  return hasUsualEvents(call) && !call.isSnapshot && call.enter.chunk() &&
         !((call.enter.flags() | call.exit.flags()) & detail::kCoroutine) &&
         toldBy(call.enter, call.exit) == toldOf(call);
}

EventRef eventAt(uint16_t word, EventMemory memory) {
  const uint8_t *begin = memory.begin();
  EventReader reader(begin + size_t{word} * 8, begin + memory.chunk()->size);
  const std::optional<EventView> event = reader.next();
  return event ? EventRef(*event, std::move(memory)) : EventRef();
}

// What is known of a call whose events are no more.
void setOverwritten(CallRef &call, const uint8_t *enter, EventMemory memory) {
  logLine(LogKind::Internal, "the program has overwritten the events of a call "
                             "that waits; it is lost");
  constexpr EventHeader kHeader = {sizeof(EnterEvent) / 8, kEnter, 0, 0};
  call.enter =
      EventRef({enter, sizeof(EnterEvent), kHeader}, std::move(memory));
  call.site = kUnknownSite;
}

} // namespace

WaitingCall::WaitingCall(CallRef &&call) {
  if (isTold(call)) {
    const EventMemory &memory = call.enter.memory();
    enter_ = wordOf(call.enter, memory);
    exit_ = wordOf(call.exit, memory);
    result_ = call.more ? wordOf(call.more, memory) : uint16_t{0};
  }
  if (enter_ == 0 || exit_ == 0 || (call.more && result_ == 0)) {
    whole_ = new CallRef(std::move(call));
    return;
  }
  parentId_ = call.parentId;
  memory_ = call.enter.memory();
  call = CallRef();
}

CallRef WaitingCall::take() {
  CallRef call;
  if (!memory_) {
    call = std::move(*whole_);
    delete std::exchange(whole_, nullptr);
    return call;
  }
  EventMemory memory = std::exchange(memory_, EventMemory());
  call.parentId = parentId_;
  whole_ = nullptr;
  call.enter = eventAt(enter_, memory);
  call.exit = eventAt(exit_, memory);
  if (result_ != 0)
    call.more = eventAt(result_, memory);
  if (hasUsualEvents(call) && bool(call.more) == (result_ != 0))
    toldOf(call) = toldBy(call.enter, call.exit);
  else
    setOverwritten(call, memory.begin() + size_t{enter_} * 8, memory);
  return call;
}

} // namespace obs::rt
