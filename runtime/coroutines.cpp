// SPDX-License-Identifier: Apache-2.0
// The monitored coroutines that have begun and not ended, whatever the thread.
#include "coroutines.h"

#include <utility>

namespace obs::rt {
namespace {

void setEnd(CallRef &call, EventRef end) {
  call.exitTsc = endOf(call.enter, end);
  call.status = statusOf(end);
  call.exit = std::move(end);
}

} // namespace

void Coroutines::enter(CallRef call) {
  const int64_t id = call.id;
  open_[id].call = std::move(call);
}

void Coroutines::result(int64_t id, EventRef result) {
  if (const auto open = open_.find(id); open != open_.end())
    open->second.call.more = std::move(result);
  else
    results_[id] = std::move(result);
}

void Coroutines::end(EventRef end) {
  const auto tail = coroutineEnd(end);
  if (!tail)
    return;
  Ended ended;
  ended.id = int64_t(tail->id);
  ended.site = tail->entry;
  ended.end = std::move(end);
  if (const auto result = results_.find(ended.id); result != results_.end()) {
    ended.result = std::move(result->second);
    results_.erase(result);
  }
  if (!complete(ended))
    ended_.push_back(std::move(ended));
}

// Whether its beginning is known.
bool Coroutines::complete(Ended &ended) {
  if (ignored_.contains(ended.id))
    return true;
  const auto open = open_.find(ended.id);
  if (open == open_.end())
    return false;
  CallRef call = std::move(open->second.call);
  open_.erase(open);
  if (ended.result)
    call.more = std::move(ended.result);
  setEnd(call, std::move(ended.end));
  sink_->complete(std::move(call));
  return true;
}

void Coroutines::completeRow(Ended ended) {
  CallRef call;
  call.id = ended.id;
  call.site = ended.site;
  call.more = std::move(ended.result);
  setEnd(call, std::move(ended.end));
  sink_->complete(std::move(call));
}

void Coroutines::passed() {
  std::vector<Ended> waiting;
  for (Ended &ended : ended_) {
    if (complete(ended))
      continue;
    if (std::exchange(ended.seenBefore, true))
      completeRow(std::move(ended));
    else
      waiting.push_back(std::move(ended));
  }
  ended_ = std::move(waiting);
}

void Coroutines::finish() {
  passed();
  passed();
  while (!open_.empty())
    sink_->complete(takeOldest());
  results_.clear();
  ignored_.clear();
}

std::vector<CallRef> Coroutines::park(int64_t before, size_t most) {
  std::vector<CallRef> calls;
  for (auto &[id, open] : open_) {
    if (id >= before || calls.size() == most)
      break;
    if (open.parked)
      continue;
    const CallRef &call = open.call;
    CallRef &copy = calls.emplace_back();
    copy.enter = call.enter;
    copy.id = id;
    copy.parentId = call.parentId;
    copy.site = call.site;
    copy.threadId = call.threadId;
    copy.status = Status::InFlight;
    copy.isSnapshot = true;
    open.parked = true;
  }
  return calls;
}

void Coroutines::unpark(int64_t id) {
  if (const auto open = open_.find(id); open != open_.end())
    open->second.parked = false;
}

void Coroutines::forgetParked() {
  for (auto open = open_.begin(); open != open_.end();)
    open = open->second.parked ? open_.erase(open) : std::next(open);
}

CallRef Coroutines::takeOldest() {
  CallRef call = std::move(open_.begin()->second.call);
  open_.erase(open_.begin());
  call.status = Status::InFlight;
  return call;
}

} // namespace obs::rt
