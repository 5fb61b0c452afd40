// SPDX-License-Identifier: Apache-2.0
// Enter, result and exit events of one ring to calls.
#include "pairer.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace obs::rt {
namespace {

// Of the event at `position`.
uint32_t callOf(const BriefExit &exit, uint64_t position) {
  const auto word = uint32_t(position / 8);
  return word - (word - exit.call) % kBriefReach;
}

} // namespace

void Pairer::feed(const EventView &event, uint64_t position,
                  const EventMemory &memory, uint32_t threadId) {
  switch (event.header.kind) {
  case kEnter:
    return enter(event, position, memory, threadId);
  case kResult:
    return result(event, memory);
  case kSuspend:
    return suspend();
  case kResume:
    return resume(event);
  case kFailDetail:
    details_[event.header.call] = EventRef(event, memory);
    return;
  case kExit:
  case kFail:
    return exit(EventRef(event, memory), event.header.call);
  case kBriefExit:
    return exit(EventRef(event, memory), callOf(event.brief(), position));
  case kThrow:
    return thrown(EventRef(event, memory), event.header.call, threadId);
  default:
    return;
  }
}

void Pairer::feedSide(SideEventPtr side, uint32_t threadId) {
  EventReader reader(side->event(), side->event() + side->bytes);
  const std::optional<EventView> event = reader.next();
  if (!event)
    return;
  const bool elsewhere = side->owner == 0;
  const uint32_t call = event->header.call;
  EventRef ref(*event, EventMemory(std::move(side)));
  if (event->header.kind == kThrow)
    thrown(std::move(ref), call, threadId);
  else if (elsewhere)
    exit(std::move(ref), call);
  else if (ref.flags() & detail::kCoroutine)
    coroutineExit(std::move(ref));
  else if (event->header.kind == kFail)
    details_[call] = std::move(ref); // until the ring says where it belongs
}

void Pairer::newOwner() {
  for (OpenCall &open : stack_)
    if (open.enter)
      detached_.push_back(std::move(open));
  stack_.clear();
}

void Pairer::finish() {
  newOwner();
  for (OpenCall &open : detached_)
    close(std::move(open), EventRef(), Status::InFlight, 0);
  detached_.clear();
  details_.clear();
}

void Pairer::enter(const EventView &event, uint64_t position,
                   const EventMemory &memory, uint32_t threadId) {
  EventRef enter(event, memory);
  bool isStored = false;
  const int64_t id = identify(enter, isStored);
  OpenCall open{EventRef(),        EventRef(), id,
                isStored,          parentId(), uint32_t(position / 8),
                event.header.call, threadId};
  if (event.header.flags & detail::kCoroutine) {
    uint64_t awaiter = 0;
    if (event.bytes >= sizeof(EnterEvent) + sizeof(awaiter))
      memcpy(&awaiter, event.at + sizeof(EnterEvent), sizeof(awaiter));
    if (awaiter != 0)
      open.parentId = int64_t(awaiter);
    CallRef call;
    call.enter = std::move(enter);
    call.id = open.id;
    call.parentId = open.parentId;
    call.site = open.site;
    call.threadId = threadId;
    if (isStored)
      coroutines_->ignore(call.id);
    else if (call.id != kTombstone)
      coroutines_->enter(std::move(call));
  } else {
    open.enter = std::move(enter);
  }
  stack_.push_back(std::move(open));
}

void Pairer::suspend() {
  for (size_t depth = stack_.size(); depth-- != 0;)
    if (!stack_[depth].enter)
      return unwindTo(depth, 0);
}

void Pairer::resume(const EventView &event) {
  OpenCall open{};
  memcpy(&open.id, event.at + sizeof(event.header), sizeof(open.id));
  stack_.push_back(std::move(open));
}

// Takes off all above `depth` and the one there. Calls that end so were skipped
// by longjmp; `tsc` 0: not known when.
void Pairer::unwindTo(size_t depth, uint64_t tsc) {
  while (stack_.size() > depth) {
    OpenCall open = std::move(stack_.back());
    stack_.pop_back();
    if (open.enter)
      close(std::move(open), EventRef(), Status::Abandoned, tsc);
  }
}

void Pairer::coroutineExit(EventRef event) {
  const auto end = coroutineEnd(event);
  if (!end)
    return;
  for (size_t depth = stack_.size(); depth-- != 0;)
    if (!stack_[depth].enter && stack_[depth].id == int64_t(end->id)) {
      if (event.isSide())
        stack_.erase(stack_.begin() + ptrdiff_t(depth));
      else
        unwindTo(depth, endOf(EventRef(), event));
      break;
    }
  coroutines_->end(std::move(event));
}

void Pairer::result(const EventView &event, const EventMemory &memory) {
  if (event.header.flags & detail::kCoroutine) {
    int64_t id;
    if (event.bytes < sizeof(event.header) + sizeof(id))
      return;
    memcpy(&id, event.at + sizeof(event.header), sizeof(id));
    return coroutines_->result(id, EventRef(event, memory));
  }
  for (auto open = stack_.rbegin(); open != stack_.rend(); ++open)
    if (open->enter && open->call == event.header.call) {
      open->result = EventRef(event, memory);
      return;
    }
}

void Pairer::exit(EventRef event, uint32_t call) {
  if (event.flags() & detail::kCoroutine)
    return coroutineExit(std::move(event));
  const Status status = statusOf(event);
  const auto isIt = [call](const OpenCall &open) {
    return open.enter && open.call == call;
  };
  const auto found = std::find_if(stack_.rbegin(), stack_.rend(), isIt);
  if (found != stack_.rend()) {
    const bool onItsThread = !event.isSide();
    const auto at = found.base() - 1;
    const uint64_t tsc = endOf(at->enter, event);
    if (onItsThread)
      unwindTo(size_t(at - stack_.begin()) + 1, tsc);
    OpenCall open = std::move(*at);
    stack_.erase(at);
    return close(std::move(open), std::move(event), status, tsc);
  }
  const auto late = std::find_if(detached_.begin(), detached_.end(), isIt);
  if (late == detached_.end())
    return;
  OpenCall open = std::move(*late);
  detached_.erase(late);
  const uint64_t tsc = endOf(open.enter, event);
  close(std::move(open), std::move(event), status, tsc);
}

void Pairer::thrown(EventRef event, uint32_t site, uint32_t threadId) {
  bool isStored = false;
  CallRef call;
  call.id = identify(event, isStored);
  call.parentId = parentId();
  call.site = site;
  call.threadId = threadId;
  call.status = Status::Error;
  call.enter = std::move(event);
  if (call.id != kTombstone && !isStored)
    sink_->complete(std::move(call));
}

int64_t Pairer::parentId() const {
  for (auto open = stack_.rbegin(); open != stack_.rend(); ++open)
    if (open->id != kTombstone)
      return open->id;
  return 0;
}

int64_t Pairer::identify(const EventRef &event, bool &isStored) {
  int64_t id;
  memcpy(&id, event.at() + offsetof(EnterEvent, id), sizeof(id));
  if (id == 0) {
    id = sink_->nextId();
    storeId(event, id);
  }
  isStored = id < kTombstone;
  return isStored ? int64_t(0 - uint64_t(id)) : id; // whatever it is
}

void Pairer::close(OpenCall open, EventRef event, Status status, uint64_t tsc) {
  CallRef call;
  if (const auto detail = details_.find(open.call); detail != details_.end()) {
    // Or an exception has left the call after that.
    if (event.flags() & detail::kDetailAside && event.kind() == kFail)
      call.more = std::move(detail->second);
    details_.erase(detail);
  }
  if (open.id == kTombstone || open.isStored)
    return;
  call.id = open.id;
  call.parentId = open.parentId;
  call.site = open.site;
  call.threadId = open.threadId;
  call.status = status;
  call.exitTsc = tsc;
  call.enter = std::move(open.enter);
  if (!call.more)
    call.more = std::move(open.result);
  call.exit = std::move(event);
  sink_->complete(std::move(call));
}

} // namespace obs::rt
