// SPDX-License-Identifier: Apache-2.0
// A paired call while it waits for the writer.
#include "waiting_call.h"

#include "log.h"

#include <cstddef>
#include <cstring>
#include <optional>

namespace obs::rt {
namespace {

constexpr uint32_t kUnknownSite = UINT32_MAX;

EnterEvent readEnter(const EventRef &enter) {
  EnterEvent event;
  memcpy(&event, enter.at(), sizeof(event));
  return event;
}

bool isExit(uint8_t kind) {
  return kind == kExit || kind == kBriefExit;
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
  if (call.enter.kind() != kEnter || !isExit(call.exit.kind()) ||
      (call.more && call.more.kind() != kResult) ||
      (call.enter.flags() | call.exit.flags()) & detail::kCoroutine ||
      call.isSnapshot || !call.enter.chunk())
    return false;
  const EnterEvent enter = readEnter(call.enter);
  return call.id == int64_t(enter.id) && call.site == enter.header.call &&
         call.threadId == call.enter.chunk()->owner &&
         call.exitTsc == endOf(call.enter, call.exit);
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

WaitingCall::WaitingCall(CallRef &&call) : status_(call.status) {
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
  call.status = status_;
  call.enter = eventAt(enter_, memory);
  call.exit = eventAt(exit_, memory);
  if (result_ != 0)
    call.more = eventAt(result_, memory);
  if (call.enter.kind() != kEnter || !isExit(call.exit.kind()) ||
      (result_ != 0 && call.more.kind() != kResult)) {
    setOverwritten(call, memory.begin() + size_t{enter_} * 8, memory);
    return call;
  }
  const EnterEvent enter = readEnter(call.enter);
  call.id = int64_t(enter.id);
  call.site = enter.header.call;
  call.threadId = memory.chunk()->owner;
  call.exitTsc = endOf(call.enter, call.exit);
  return call;
}

} // namespace obs::rt
