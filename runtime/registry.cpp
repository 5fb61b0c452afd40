// SPDX-License-Identifier: Apache-2.0
// The monitored functions of a process, and the types of what they capture.
#include "registry.h"

#include "registry_format.h"
#include "schema_builder.h"

#include "absl/strings/str_split.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <tuple>
#include <utility>

namespace obs::rt {
namespace {

const char *textOf(const char *text) {
  return text ? text : "";
}

std::shared_ptr<const FunctionKey> functionKey(const SiteInfo &site) {
  auto key = std::make_shared<FunctionKey>();
  key->function = site.function;
  key->file = site.file;
  key->line = site.line;
  key->signature = site.signature;
  key->sampleRate = site.rate;
  return key;
}

} // namespace

Registry::Registry(Arena &arena, double factor, const Registry *parent,
                   const detail::Limits &limits)
    : arena_(arena), factor_(factor), limits_(limits) {
  all_.isOwn = true;
  if (parent) {
    inherit(*parent);
    return;
  }
  MutexLock lock(&mutex_);
  addBooks(0, {});
  all_.sites.emplace_back();
  all_.functions.emplace_back();
  size_.store(kFirstSite, std::memory_order_release);
}

void Registry::inherit(const Registry &parent) {
  all_ = parent.all_;
  typeIds_ = parent.typeIds_;
  siteIds_ = parent.siteIds_;
  sites_ = parent.sites_;
  rules_ = parent.rules_;
  recording_ = parent.recording_;
  for (size_t type = 0; type != all_.types.size(); ++type)
    append(encodeType(TypeId(type), all_.types[type]));
  addBooks(0, {});
  for (size_t id = kFirstSite; id != all_.sites.size(); ++id) {
    addBooks(uint32_t(id), all_.sites[id])
        .entry.store(parent.entry(uint32_t(id)), std::memory_order_relaxed);
    append(encodeSite(uint32_t(id), all_.sites[id]));
  }
  for (const uint32_t site : sites_)
    samplingOf(site).isSite = true;
  size_.store(uint32_t(all_.sites.size()), std::memory_order_release);
}

Registry::~Registry() {
  for (std::atomic<Sampling *> &block : sampling_)
    delete[] block.load(std::memory_order_relaxed);
  for (SharedCounts *block : ownCounts_)
    delete[] block;
}

// Of a result that there is not.
constexpr detail::Type kNoType = {
    detail::kVoid, detail::kNotPassed, 0, nullptr, 0, nullptr, nullptr};

std::optional<uint32_t> Registry::add(const detail::Site &site) {
  SchemaBuilder builder;
  std::vector<TypeId> types;
  const bool returnsErrors = site.flags & detail::kReturnsErrors;
  const uint32_t typeCount =
      site.types ? site.parameterCount + 1 + returnsErrors : 0;
  for (uint32_t i = 0; i != typeCount; ++i)
    types.push_back(builder.typeOf(site.types[i] ? site.types[i] : &kNoType));
  builder.describeAll();

  SiteInfo info;
  info.function = textOf(site.function);
  info.file = textOf(site.file);
  info.line = site.line;
  info.signature = textOf(site.signature);
  info.rate = std::clamp(site.rate * factor_, 0.0, 1.0);
  info.flags = site.flags;
  std::vector<std::string> names;
  const std::pair<std::string, std::string> lists =
      absl::StrSplit(textOf(site.parameters), absl::MaxSplits(';', 1));
  if (site.parameterCount != 0)
    names = absl::StrSplit(lists.first, ',');
  info.moved = absl::StrSplit(lists.second, ',', absl::SkipEmpty());
  names.resize(site.parameterCount);

  MutexLock lock(&mutex_);
  info.depth = limitsOf(site).depth;
  std::vector<std::optional<TypeId>> global(builder.nodes().size());
  for (uint32_t i = 1; typeCount != 0 && i <= site.parameterCount; ++i)
    info.parameters.emplace_back(names[i - 1],
                                 addType(builder, types[i], global));
  if (typeCount != 0)
    info.result = addType(builder, types[0], global);
  if (typeCount != 0 && returnsErrors)
    info.errorCode = addType(builder, types.back(), global);

  const std::optional<uint32_t> id = addEntry(std::move(info));
  if (id && !std::exchange(samplingOf(*id).isSite, true)) {
    sites_.push_back(*id);
    const uint32_t now = entryNow(*id);
    samplingOf(*id).entry.store(now, std::memory_order_release);
  }
  // Release: whoever sees the new size sees the rates and the entries.
  size_.store(uint32_t(all_.sites.size()), std::memory_order_release);
  return id;
}

bool Registry::settle(detail::Site &site) {
  const std::optional<uint32_t> added = add(site);
  if (!added)
    return false;
  MutexLock lock(&mutex_);
  if (__atomic_load_n(site.id, __ATOMIC_RELAXED) == detail::kUnregistered) {
    site.limits = limitsOf(site);
    __atomic_store_n(site.id, *added, __ATOMIC_RELEASE);
  }
  return true;
}

TypeId Registry::addType(const detail::Type &type) {
  SchemaBuilder builder;
  const TypeId local = builder.typeOf(&type);
  builder.describeAll();
  std::vector<std::optional<TypeId>> global(builder.nodes().size());
  MutexLock lock(&mutex_);
  return addType(builder, local, global);
}

std::optional<uint32_t> Registry::addEntry(SiteInfo info) {
  const auto id = uint32_t(all_.sites.size());
  const auto [known, isNew] = siteIds_.try_emplace(encodeSite(0, info), id);
  if (!isNew)
    return known->second;
  if (id == kMaxSites) {
    siteIds_.erase(known);
    return std::nullopt;
  }
  addBooks(id, info);
  append(encodeSite(id, info));
  all_.functions.push_back(functionKey(info));
  all_.sites.push_back(std::move(info));
  snapshot_.reset();
  return id;
}

uint32_t Registry::entryNow(uint32_t site) {
  const std::optional<double> rate = rules_.rateOf(all_.sites[site].function);
  if (recording_ && !rate)
    return site;
  SiteInfo info = all_.sites[site];
  info.rate = recording_ ? *rate : 0;
  info.flags |= recording_ ? 0 : kNotRecorded;
  return addEntry(std::move(info)).value_or(site);
}

void Registry::chooseEntries() {
  for (const uint32_t site : sites_) {
    const uint32_t now = entryNow(site);
    // In this order: whoever sees the entry sees a size beyond it.
    size_.store(uint32_t(all_.sites.size()), std::memory_order_release);
    samplingOf(site).entry.store(now, std::memory_order_release);
  }
  rates_.fetch_add(1, std::memory_order_release);
}

size_t Registry::setSampleRate(std::string_view glob, double rate) {
  {
    MutexLock lock(&mutex_);
    rules_.set(glob, rate);
    chooseEntries();
  }
  return countFunctions(glob);
}

size_t Registry::countFunctions(std::string_view glob) const {
  MutexLock lock(&mutex_);
  std::set<std::tuple<std::string_view, std::string_view, uint32_t>> matches;
  for (const uint32_t site : sites_) {
    const SiteInfo &info = all_.sites[site];
    if (matchesFunction(glob, info.function))
      matches.emplace(info.function, info.file, info.line);
  }
  return matches.size();
}

void Registry::setSampleRates(const SampleRules &rules) {
  MutexLock lock(&mutex_);
  rules_.add(rules);
  chooseEntries();
}

void Registry::setRecording(bool recording) {
  MutexLock lock(&mutex_);
  if (std::exchange(recording_, recording) != recording)
    chooseEntries();
}

bool Registry::recording() const {
  MutexLock lock(&mutex_);
  return recording_;
}

detail::Limits Registry::limitsOf(const detail::Site &site) const {
  const detail::Limits &own = site.limits;
  detail::Limits limits;
  limits.items = own.items ? own.items : limits_.items;
  limits.text = own.text ? own.text : limits_.text;
  limits.depth = own.depth ? own.depth : limits_.depth;
  limits.pointer = own.pointer ? own.pointer : limits_.pointer;
  limits.record = std::clamp(own.record ? own.record : limits_.record,
                             detail::kMinRecord, detail::kMaxRecord);
  return limits;
}

Registry::Sampling &Registry::addBooks(uint32_t id, const SiteInfo &info) {
  addCounts(id);
  std::atomic<Sampling *> &block = sampling_[id / kPerBlock];
  if (id % kPerBlock == 0)
    block.store(new Sampling[kPerBlock], std::memory_order_release);
  Sampling &sampling = block.load(std::memory_order_relaxed)[id % kPerBlock];
  sampling.rate = info.rate;
  sampling.entry.store(id, std::memory_order_relaxed);
  return sampling;
}

Registry::Sampling &Registry::samplingOf(uint32_t id) {
  return sampling_[id / kPerBlock].load(
      std::memory_order_relaxed)[id % kPerBlock];
}

void Registry::addCounts(uint32_t id) {
  if (id % kCountsPerBlock != 0)
    return;
  SharedCounts *block = nullptr;
  if (ChunkHeader *chunk =
          arena_.claim(chunkClassBytes(1), Arena::Purpose::Books)) {
    block = new (chunk->data()) SharedCounts[kCountsPerBlock]();
    chunk->sequence = id / kCountsPerBlock;
    chunk->kind.store(ChunkKind::Counts, std::memory_order_release);
  } else { // counted in this process all the same, but not after a crash
    ownCounts_.reserve(ownCounts_.size() + 1);
    block = new SharedCounts[kCountsPerBlock]();
    ownCounts_.push_back(block);
  }
  counts_[id / kCountsPerBlock].store(block, std::memory_order_release);
}

TypeId Registry::addType(const SchemaBuilder &builder, TypeId local,
                         std::vector<std::optional<TypeId>> &global) {
  if (global[local])
    return *global[local];
  const auto [known, isNew] =
      typeIds_.try_emplace(builder.canonical(local), TypeId(all_.types.size()));
  const TypeId id = known->second;
  global[local] = id;
  if (!isNew)
    return id;
  snapshot_.reset();
  TypeNode node = builder.nodes()[local];
  all_.types.emplace_back(); // takes the id before the children take theirs
  for (auto &child : node.children)
    child.second = addType(builder, child.second, global);
  append(encodeType(id, node));
  all_.types[id] = std::move(node);
  return id;
}

void Registry::append(std::string entry) {
  // It is kept here, in the snapshot and as a key to find it by.
  bytes_.fetch_add(3 * entry.size(), std::memory_order_relaxed);
  if (!tryAppend(entry))
    left_.push_back(std::move(entry));
}

void Registry::appendLeft() {
  MutexLock lock(&mutex_);
  while (!left_.empty() && tryAppend(left_.back()))
    left_.pop_back();
}

bool Registry::tryAppend(const std::string &entry) {
  constexpr uint64_t kUsualBytes = chunkClassBytes(2);
  uint64_t used = chunk_ ? chunk_->used.load(std::memory_order_relaxed) : 0;
  if (!chunk_ || chunk_->capacity() - used < entry.size()) {
    ChunkHeader *chunk =
        arena_.claim(std::max(kUsualBytes, sizeof(ChunkHeader) + entry.size()),
                     Arena::Purpose::Books);
    if (!chunk)
      return false;
    chunk->sequence = sequence_++;
    chunk->kind.store(ChunkKind::Registry, std::memory_order_release);
    chunk_ = chunk;
    used = 0;
  }
  memcpy(chunk_->data() + used, entry.data(), entry.size());
  chunk_->used.store(used + entry.size(), std::memory_order_release);
  return true;
}

std::shared_ptr<const RegistrySnapshot> Registry::snapshot() const {
  MutexLock lock(&mutex_);
  if (!snapshot_)
    snapshot_ = std::make_shared<const RegistrySnapshot>(all_);
  return snapshot_;
}

RegistrySnapshot readRegistry(std::span<const ChunkHeader *const> chunks) {
  RegistrySnapshot all;
  std::vector<bool> typeSeen;
  std::vector<RegistryEntry> sites;
  for (const ChunkHeader *chunk : chunks) {
    const uint64_t used = std::min(chunk->used.load(std::memory_order_acquire),
                                   chunk->capacity());
    std::string_view bytes(reinterpret_cast<const char *>(chunk->data()), used);
    while (std::optional<RegistryEntry> entry = decodeEntry(bytes)) {
      if (entry->id >= kMaxSites)
        continue;
      if (entry->tag == 'S') {
        sites.push_back(std::move(*entry));
        continue;
      }
      if (entry->id >= all.types.size()) {
        all.types.resize(entry->id + 1);
        typeSeen.resize(entry->id + 1);
      }
      all.types[entry->id] = std::move(entry->type);
      typeSeen[entry->id] = true;
    }
  }
  const auto known = [&](TypeId type) {
    return type < typeSeen.size() && typeSeen[type];
  };
  // A reference to a type that is not there becomes one to an opaque type.
  const auto unknown = TypeId(all.types.size());
  all.types.emplace_back();
  for (TypeNode &node : all.types)
    for (auto &child : node.children)
      child.second = known(child.second) ? child.second : unknown;
  for (RegistryEntry &entry : sites) {
    SiteInfo &site = entry.site;
    for (auto &parameter : site.parameters)
      parameter.second = known(parameter.second) ? parameter.second : unknown;
    site.result = known(site.result) ? site.result : unknown;
    site.errorCode = known(site.errorCode) ? site.errorCode : unknown;
    if (entry.id >= all.sites.size()) {
      all.sites.resize(entry.id + 1);
      all.functions.resize(entry.id + 1);
    }
    all.functions[entry.id] = functionKey(site);
    all.sites[entry.id] = std::move(site);
  }
  return all;
}

} // namespace obs::rt
