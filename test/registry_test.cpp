// SPDX-License-Identifier: Apache-2.0
#include "registry.h"

#include "monitored.h"

#include "registry_format.h"
#include "schema_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace obs::rt {
namespace {

class RegistryTest : public testing::Test {
protected:
  RegistryTest()
      : arena_(Arena::create(
            {.database = "/x", .limit = 8 << 20, .directory = "/proc/none"})),
        registry_(*arena_, 0.5) {}

  template <class R, class... A>
  static detail::Site site(const char *name, const char *parameters,
                           double rate, R (*type)(A...)) {
    return test::makeSite(name, "a.cpp", 3, "signature", parameters, rate,
                          detail::kCaptureArguments | detail::kCaptureResult,
                          type);
  }

  // As another process would read it.
  RegistrySnapshot read() {
    std::vector<const ChunkHeader *> chunks;
    for (uint64_t at = 0; at < arena_->mappedBytes();) {
      const ChunkHeader *chunk = arena_->chunkAt(at);
      if (chunk->kind == ChunkKind::Registry)
        chunks.push_back(chunk);
      at += chunk->size;
    }
    return readRegistry(chunks);
  }

  std::unique_ptr<Arena> arena_;
  Registry registry_;
};

using Texts = std::map<std::string, std::vector<int>>;

TEST_F(RegistryTest, ASiteIsKnownByItsContent) {
  const auto f = site("f", "a", 1, static_cast<int (*)(int)>(nullptr));
  const auto again = f;
  const auto other = site("f", "a", 1, static_cast<int (*)(long)>(nullptr));
  EXPECT_EQ(registry_.add(f), 1u);
  EXPECT_EQ(registry_.add(again), 1u);
  EXPECT_EQ(registry_.add(other), 2u);
  EXPECT_EQ(registry_.size(), 3u);
}

TEST_F(RegistryTest, RatesAreScaledAndLimited) {
  registry_.add(site("f", "", 0.5, static_cast<void (*)()>(nullptr)));
  registry_.add(site("g", "", 8, static_cast<void (*)()>(nullptr)));
  EXPECT_EQ(registry_.rate(1), 0.25);
  EXPECT_EQ(registry_.rate(2), 1);
  EXPECT_EQ(registry_.snapshot()->functions[1]->sampleRate, 0.25);
}

TEST_F(RegistryTest, EqualTypesAreStoredOnce) {
  registry_.add(site("f", "a", 1, static_cast<Texts (*)(Texts)>(nullptr)));
  const size_t types = registry_.snapshot()->types.size();
  registry_.add(site("g", "a,b", 1,
                     static_cast<void (*)(Texts, std::vector<int>)>(nullptr)));
  EXPECT_EQ(registry_.snapshot()->types.size(), types + 1) << "void";
}

TEST_F(RegistryTest, ATypeWithoutASiteIsInTheNextSnapshot) {
  registry_.add(site("f", "a", 1, static_cast<void (*)(int)>(nullptr)));
  const auto before = registry_.snapshot();
  const TypeId id = registry_.addType(detail::kType<Texts>);
  EXPECT_EQ(id, before->types.size());
  EXPECT_EQ(registry_.addType(detail::kType<Texts>), id);
  EXPECT_LT(registry_.addType(detail::kType<int>), before->types.size());
  const auto after = registry_.snapshot();
  EXPECT_EQ(after->types.at(id).kind, detail::kMap);
  EXPECT_EQ(encodeType(id, read().types.at(id)),
            encodeType(id, after->types[id]));
}

TEST_F(RegistryTest, AnotherProcessReadsTheSame) {
  registry_.add(site("f", "key,values", 1,
                     static_cast<bool (*)(std::string, Texts)>(nullptr)));
  for (int i = 0; i != 2000; ++i) { // over several chunks
    const std::string name = "function" + std::to_string(i);
    ASSERT_TRUE(registry_.add(
        site(name.c_str(), "x", 1, static_cast<int (*)(double)>(nullptr))));
  }
  const RegistrySnapshot there = read();
  const auto here = registry_.snapshot();
  ASSERT_EQ(there.sites.size(), here->sites.size());
  ASSERT_GE(there.types.size(), here->types.size());
  for (size_t i = 0; i != here->types.size(); ++i)
    EXPECT_EQ(encodeType(0, there.types[i]), encodeType(0, here->types[i]));
  for (size_t i = kFirstSite; i != here->sites.size(); ++i) {
    EXPECT_EQ(encodeSite(0, there.sites[i]), encodeSite(0, here->sites[i]));
    EXPECT_EQ(*there.functions[i], *here->functions[i]);
  }
  EXPECT_EQ(there.sites[1].parameters[1].first, "values");
}

TEST_F(RegistryTest, WhatFindsNoRoomIsWrittenLater) {
  std::vector<ChunkHeader *> chunks;
  while (ChunkHeader *chunk = arena_->claim(100, Arena::Purpose::Books))
    chunks.push_back(chunk);
  for (const char *name : {"f", "g"}) {
    const auto id =
        registry_.add(site(name, "a", 1, static_cast<Texts (*)(int)>(nullptr)));
    ASSERT_TRUE(id);
    registry_.counts(*id).calls = 7; // has a place all the same
  }
  EXPECT_EQ(read().sites.size(), 0u);
  for (ChunkHeader *chunk : chunks)
    arena_->release(chunk);
  arena_->mergeFree();
  registry_.appendLeft();
  ASSERT_EQ(read().sites.size(), 3u);
  for (size_t i = kFirstSite; i != 3; ++i)
    EXPECT_EQ(encodeSite(0, read().sites[i]),
              encodeSite(0, registry_.snapshot()->sites[i]));
}

struct Fails {
  bool ok() const;
  long code() const;
  const std::string &message() const;
};

TEST_F(RegistryTest, ErrorCodesAndMovedParameters) {
  const detail::Type *const types[] = {
      nullptr, &detail::kType<int>, &detail::kType<std::string>,
      &detail::codeTypeOf(static_cast<Fails *>(nullptr))};
  const detail::Site f = detail::makeSite(
      nullptr, "f", "a.cpp", 3, "signature", "a,b;b", 1,
      detail::kCaptureArguments | detail::kReturnsErrors, types, 2);
  ASSERT_EQ(registry_.add(f), 1u);
  for (const RegistrySnapshot &all : {*registry_.snapshot(), read()}) {
    const SiteInfo &info = all.sites[1];
    EXPECT_EQ(info.parameters.size(), 2u);
    EXPECT_EQ(info.parameters[1].first, "b");
    EXPECT_THAT(info.moved, testing::ElementsAre("b"));
    EXPECT_EQ(all.types[info.errorCode].name, "long");
  }
}

TEST_F(RegistryTest, AChildKeepsItsParentsIds) {
  registry_.add(site("f", "a", 1, static_cast<int (*)(int)>(nullptr)));
  registry_.add(site("g", "a", 1, static_cast<int (*)(Texts)>(nullptr)));
  registry_.lockForFork();
  const auto arena = Arena::create(
      {.database = "/x", .limit = 4 << 20, .directory = "/proc/none"});
  Registry child(*arena, 1, &registry_);
  registry_.unlockAfterFork();
  EXPECT_EQ(child.size(), 3u);
  EXPECT_EQ(child.rate(2), 0.5);
  EXPECT_EQ(child.add(site("h", "a", 1, static_cast<int (*)(int)>(nullptr))),
            3u);
}

TEST_F(RegistryTest, ANewRateIsANewEntryAndAnOldOneTheOld) {
  const auto f = registry_.add(
      site("Book::add", "a", 1, static_cast<int (*)(int)>(nullptr)));
  ASSERT_TRUE(f);
  EXPECT_EQ(registry_.entry(*f), *f);
  const uint64_t before = registry_.rates();
  EXPECT_EQ(registry_.setSampleRate("Book::*", 0.1), 1u);
  EXPECT_GT(registry_.rates(), before);
  const uint32_t entry = registry_.entry(*f);
  EXPECT_NE(entry, *f);
  EXPECT_EQ(registry_.rate(entry), 0.1) << "as asked, without the factor";
  EXPECT_EQ(registry_.snapshot()->functions[entry]->function, "Book::add");
  EXPECT_EQ(registry_.snapshot()->sites[entry].parameters[0].first, "a");
  registry_.setSampleRate("add", 0.5);
  EXPECT_EQ(registry_.entry(*f), *f) << "the attribute's, halved";
  registry_.setSampleRate("Book::*", 0.1);
  EXPECT_EQ(registry_.entry(*f), entry) << "the last one wins";
  EXPECT_EQ(read().functions[entry]->sampleRate, 0.1);
}

TEST_F(RegistryTest, RulesHoldForWhatComesLater) {
  EXPECT_EQ(registry_.setSampleRate("Book::*", 0.1), 0u);
  const auto f = registry_.add(
      site("Book::add", "a", 1, static_cast<int (*)(int)>(nullptr)));
  const auto g = registry_.add(
      site("Account::add", "a", 1, static_cast<int (*)(int)>(nullptr)));
  EXPECT_EQ(registry_.rate(registry_.entry(*f)), 0.1);
  EXPECT_EQ(registry_.entry(*g), *g);
  // Of a function that is there with that rate by itself.
  const auto other = registry_.add(
      site("Book::add", "a", 0.2, static_cast<int (*)(int)>(nullptr)));
  EXPECT_EQ(*other, registry_.entry(*f));
  registry_.setSampleRate("Book::*", 0.7);
  EXPECT_EQ(registry_.entry(*other), registry_.entry(*f));
  EXPECT_EQ(registry_.rate(registry_.entry(*other)), 0.7);
}

TEST_F(RegistryTest, NothingIsRecordedWhileItIsOff) {
  const auto f =
      registry_.add(site("f", "a", 1, static_cast<int (*)(int)>(nullptr)));
  registry_.setSampleRate("f", 0.3);
  registry_.setRecording(false);
  const uint32_t off = registry_.entry(*f);
  EXPECT_EQ(registry_.rate(off), 0);
  EXPECT_TRUE(registry_.snapshot()->sites[off].flags & kNotRecorded);
  const auto g =
      registry_.add(site("g", "a", 1, static_cast<int (*)(int)>(nullptr)));
  EXPECT_EQ(registry_.rate(registry_.entry(*g)), 0);
  registry_.setSampleRate("g", 0.4);
  EXPECT_EQ(registry_.rate(registry_.entry(*g)), 0);
  registry_.setRecording(true);
  EXPECT_EQ(registry_.rate(registry_.entry(*f)), 0.3);
  EXPECT_EQ(registry_.rate(registry_.entry(*g)), 0.4);
}

TEST_F(RegistryTest, AChildKeepsItsParentsRates) {
  const auto f =
      registry_.add(site("f", "a", 1, static_cast<int (*)(int)>(nullptr)));
  registry_.setSampleRate("*", 0.3);
  registry_.lockForFork();
  const auto arena = Arena::create(
      {.database = "/x", .limit = 4 << 20, .directory = "/proc/none"});
  Registry child(*arena, 1, &registry_);
  registry_.unlockAfterFork();
  EXPECT_EQ(child.rate(child.entry(*f)), 0.3);
  const auto g = child.add(site("g", "", 1, static_cast<void (*)()>(nullptr)));
  EXPECT_EQ(child.rate(child.entry(*g)), 0.3);
}

TEST(SampleRulesTest, NamesAndGlobs) {
  EXPECT_TRUE(matchesFunction("a::Book::add", "a::Book::add"));
  EXPECT_TRUE(matchesFunction("add", "a::Book::add"));
  EXPECT_TRUE(matchesFunction("a::Book::*", "a::Book::add"));
  EXPECT_TRUE(matchesFunction("*", "a::Book::add"));
  EXPECT_TRUE(matchesFunction("Book::operator[]", "Book::operator[]"));
  EXPECT_TRUE(matchesFunction("operator[]", "Book::operator[]"));
  EXPECT_FALSE(matchesFunction("dd", "a::Book::add"));
  EXPECT_TRUE(matchesFunction("Book::*", "a::Book::add"));
  EXPECT_TRUE(matchesFunction("Book::add", "a::Book::add"));
  EXPECT_FALSE(matchesFunction("ook::*", "a::Book::add"));
  EXPECT_FALSE(matchesFunction("", "a::Book::add"));
}

TEST(SampleRulesTest, RatesHaveThreeDigits) {
  SampleRules rules;
  for (const auto [given, kept] : {std::pair(0.05, 0.05),
                                   {1.0 / 3, 0.333},
                                   {0.0012345, 0.00123},
                                   {0.9996, 1.0},
                                   {0.0, 0.0},
                                   {1.0, 1.0}}) {
    rules.set("f", given);
    EXPECT_EQ(*rules.rateOf("f"), kept) << given;
  }
}

TEST_F(RegistryTest, DamagedEntriesAreLeftOut) {
  std::string bytes = encodeType(0, {detail::kBool, 1, "bool", {}, {}});
  const size_t first = bytes.size();
  bytes += encodeType(1, {detail::kChar, 1, "char", {}, {}});
  std::string_view view = bytes;
  EXPECT_EQ(decodeEntry(view)->type.name, "bool");
  EXPECT_EQ(decodeEntry(view)->type.name, "char");
  EXPECT_FALSE(decodeEntry(view));
  bytes[first + 12] ^= 1;
  view = bytes;
  EXPECT_TRUE(decodeEntry(view));
  EXPECT_FALSE(decodeEntry(view));
  view = std::string_view(bytes).substr(0, first - 1);
  EXPECT_FALSE(decodeEntry(view));
}

// A type that refers to itself.
extern const detail::Type node, other;
void describeNode(detail::Schema &schema) {
  schema.builder->child("next", node);
}
void describeOther(detail::Schema &schema) {
  schema.builder->child("next", other);
}
const detail::Type node = {detail::kStruct, detail::kByAddress, 16, "Node", 4,
                           nullptr,         describeNode};
const detail::Type other = {detail::kStruct, detail::kByAddress, 16, "Node", 4,
                            nullptr,         describeOther};

TEST(SchemaBuilderTest, RecursiveTypesEndAndAreComparedByContent) {
  SchemaBuilder a, b;
  a.typeOf(&node);
  a.describeAll();
  b.typeOf(&other);
  b.describeAll();
  EXPECT_EQ(a.nodes().size(), 1u);
  EXPECT_EQ(a.canonical(0), b.canonical(0));
}

} // namespace
} // namespace obs::rt
