// SPDX-License-Identifier: Apache-2.0
// What it costs the calling thread to encode a value, by its size. A container
// beyond the limit of items costs less than one of ten, and as much as any.
#include "obs/detail/encode.h"
#include "encoder.h"

#include <benchmark/benchmark.h>

#include <list>
#include <map>
#include <string>
#include <vector>

namespace {

template <class T> void encodeOnce(benchmark::State &state, const T &value) {
  alignas(8) static unsigned char memory[64 * 1024];
  for (auto _ : state) {
    obs::detail::Encoder encoder = {memory, memory + sizeof(memory),
                                    &obs::detail::kDefaultLimits};
    obs::rt::encodeValue(encoder, obs::detail::kType<T>, &value);
    benchmark::DoNotOptimize(encoder.cursor);
    benchmark::ClobberMemory();
  }
}

void vectorOfInts(benchmark::State &state) {
  encodeOnce(state, std::vector<int>(size_t(state.range(0))));
}
BENCHMARK(vectorOfInts)->Arg(10)->Arg(1000)->Arg(1001)->Arg(10'000'000);

void listOfInts(benchmark::State &state) {
  encodeOnce(state, std::list<int>(size_t(state.range(0))));
}
BENCHMARK(listOfInts)->Arg(10)->Arg(1000)->Arg(1'000'000);

void text(benchmark::State &state) {
  encodeOnce(state, std::string(size_t(state.range(0)), 'x'));
}
BENCHMARK(text)->Arg(10)->Arg(1000)->Arg(10'000'000);

void vectorOfTexts(benchmark::State &state) {
  encodeOnce(state, std::vector<std::string>(size_t(state.range(0)),
                                             std::string(1000, 'x')));
}
BENCHMARK(vectorOfTexts)->Arg(10)->Arg(1000)->Arg(100'000);

// As large as a record gets, of the smallest parts.
void nestedVectors(benchmark::State &state) {
  using Inner = std::vector<std::vector<std::vector<char>>>;
  encodeOnce(state,
             std::vector<Inner>(size_t(state.range(0)),
                                Inner(100, std::vector<std::vector<char>>(
                                               100, std::vector<char>(1)))));
}
BENCHMARK(nestedVectors)->Arg(1)->Arg(100);

} // namespace
