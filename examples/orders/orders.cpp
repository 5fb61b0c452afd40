// SPDX-License-Identifier: Apache-2.0
// A small order-matching engine whose functions are monitored: three gateway
// threads send orders, which are matched by price and time; the risk limit of
// an account refuses some. The attributes are all that obs needs; any other
// compiler ignores them.
//
//   obs-c++ -std=c++20 -O2 orders.cpp -o orders && ./orders && obsctl stat

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

using Price = std::int64_t; // cents
using namespace std::chrono_literals;

enum class Side { Buy, Sell };
enum class OrderType { Limit, Market };

class Account {
public:
  Account(std::string owner, Price limit)
      : owner_(std::move(owner)), limit_(limit) {}

  const std::string &owner() const { return owner_; }

  [[obs::monitor]] void reserve(Price amount) {
    if (exposure_ + amount > limit_)
      throw std::runtime_error("risk limit of " + owner_ + " exceeded by " +
                               std::to_string(exposure_ + amount - limit_) +
                               " cents");
    exposure_ += amount;
  }

  [[obs::monitor(sample = 0.1)]] void release(Price amount) {
    exposure_ = std::max<Price>(0, exposure_ - amount);
  }

private:
  std::string owner_;
  Price limit_;
  Price exposure_ = 0;
};

struct Order {
  std::uint64_t id = 0;
  std::size_t account = 0;
  Side side = Side::Buy;
  OrderType type = OrderType::Limit;
  Price price = 0;
  std::uint32_t quantity = 0;
};

struct Fill {
  std::uint64_t taker = 0;
  std::uint64_t maker = 0;
  Price price = 0;
  std::uint32_t quantity = 0;
};

struct Quote {
  Price price = 0;
  std::uint32_t quantity = 0;
};

// Price-time priority: best price first, then the oldest order.
class OrderBook {
public:
  [[obs::monitor]] std::vector<Fill> submit(Order order) {
    std::vector<Fill> fills =
        order.side == Side::Buy
            ? match(order, asks_, [&](Price ask) { return ask <= order.price; })
            : match(order, bids_,
                    [&](Price bid) { return bid >= order.price; });
    if (order.quantity > 0 && order.type == OrderType::Limit)
      rest(order);
    return fills;
  }

  [[obs::monitor(sample = 0.1)]] bool cancel(std::uint64_t id) {
    auto found = resting_.find(id);
    if (found == resting_.end())
      return false;
    auto [side, price] = found->second;
    resting_.erase(found);
    return side == Side::Buy ? remove(bids_, price, id)
                             : remove(asks_, price, id);
  }

  [[obs::monitor(name = "book.depth")]] std::map<Price, std::uint32_t>
  depth(Side side, std::size_t levels) const {
    std::map<Price, std::uint32_t> depth;
    auto add = [&](const auto &book) {
      for (auto it = book.begin(); it != book.end() && depth.size() < levels;
           ++it)
        for (const Order &order : it->second)
          depth[it->first] += order.quantity;
    };
    side == Side::Buy ? add(bids_) : add(asks_);
    return depth;
  }

  [[obs::monitor]] std::optional<Quote> best(Side side) const {
    auto top = [](const auto &book) -> std::optional<Quote> {
      if (book.empty())
        return std::nullopt;
      return Quote{book.begin()->first, book.begin()->second.front().quantity};
    };
    return side == Side::Buy ? top(bids_) : top(asks_);
  }

private:
  using Bids = std::map<Price, std::deque<Order>, std::greater<>>;
  using Asks = std::map<Price, std::deque<Order>>;

  // Called for every order that meets another: the hot one.
  [[obs::monitor(sample = 0.01)]] static Fill trade(Order &taker,
                                                    Order &maker) {
    std::uint32_t quantity = std::min(taker.quantity, maker.quantity);
    taker.quantity -= quantity;
    maker.quantity -= quantity;
    return {taker.id, maker.id, maker.price, quantity};
  }

  template <typename Book, typename Crosses>
  [[obs::monitor(sample = 0.1, skip = (book, crosses))]] std::vector<Fill>
  match(Order &taker, Book &book, Crosses crosses) {
    std::vector<Fill> fills;
    while (taker.quantity > 0 && !book.empty()) {
      auto level = book.begin();
      if (taker.type == OrderType::Limit && !crosses(level->first))
        break;
      Order &maker = level->second.front();
      fills.push_back(trade(taker, maker));
      if (maker.quantity == 0) {
        resting_.erase(maker.id);
        level->second.pop_front();
      }
      if (level->second.empty())
        book.erase(level);
    }
    return fills;
  }

  [[obs::monitor(sample = 0.1)]] void rest(const Order &order) {
    if (order.side == Side::Buy)
      bids_[order.price].push_back(order);
    else
      asks_[order.price].push_back(order);
    resting_[order.id] = {order.side, order.price};
  }

  template <typename Book>
  static bool remove(Book &book, Price price, std::uint64_t id) {
    auto level = book.find(price);
    std::erase_if(level->second,
                  [id](const Order &order) { return order.id == id; });
    if (level->second.empty())
      book.erase(level);
    return true;
  }

  Bids bids_;
  Asks asks_;
  std::unordered_map<std::uint64_t, std::pair<Side, Price>> resting_;
};

class Exchange {
public:
  Exchange() {
    for (const char *owner : {"alice", "bob", "carol", "dave"})
      accounts_.emplace_back(owner, 40'000'000);
  }

  // False: the order was refused.
  [[obs::monitor]] bool process(const Order &order) {
    Account &account = accounts_.at(order.account);
    Price value = order.price * order.quantity;
    std::lock_guard lock(mutex_);
    try {
      account.reserve(value);
    } catch (const std::runtime_error &) {
      ++refused_;
      account.release(20 * value); // older positions are unwound
      return false;
    }
    std::vector<Fill> fills = book_.submit(order);
    settle(account, fills);
    if (order.id % 8 == 0)
      book_.cancel(order.id);
    return true;
  }

  [[obs::monitor(args = false)]] std::string report() {
    std::lock_guard lock(mutex_);
    auto bid = book_.best(Side::Buy);
    auto ask = book_.best(Side::Sell);
    auto depth = book_.depth(Side::Buy, 5);
    return "bid " + (bid ? std::to_string(bid->price) : "-") + ", ask " +
           (ask ? std::to_string(ask->price) : "-") + ", " +
           std::to_string(depth.size()) + " levels";
  }

  std::uint64_t fills() const { return fills_; }
  std::uint64_t refused() const { return refused_; }

private:
  [[obs::monitor(sample = 0.1)]] void settle(Account &account,
                                             const std::vector<Fill> &fills) {
    for (const Fill &fill : fills) {
      account.release(2 * fill.price * fill.quantity); // both sides are settled
      ++fills_;
    }
  }

  std::mutex mutex_;
  std::vector<Account> accounts_;
  OrderBook book_;
  std::uint64_t fills_ = 0;
  std::uint64_t refused_ = 0;
};

[[obs::monitor(name = "gateway", skip = (exchange))]] std::uint64_t
gateway(Exchange &exchange, int number, int seconds) {
  std::mt19937 random(number);
  std::uint64_t sent = 0;
  auto draw = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  for (auto end =
           std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
       std::chrono::steady_clock::now() < end;) {
    for (int i = 0; i < 10; ++i) {
      Order order;
      order.id = ++sent * 10 + number;
      order.account = draw(0, 3);
      order.side = draw(0, 1) ? Side::Buy : Side::Sell;
      order.type = draw(0, 9) ? OrderType::Limit : OrderType::Market;
      order.price = 10'000 + draw(-100, 100);
      order.quantity = draw(1, 100);
      exchange.process(order);
    }
    std::this_thread::sleep_for(2ms);
  }
  return sent;
}

int main() {
  Exchange exchange;
  std::atomic<std::uint64_t> sent = 0;
  std::vector<std::thread> threads;
  for (int number = 1; number <= 3; ++number)
    threads.emplace_back([&, number] { sent += gateway(exchange, number, 2); });
  for (int i = 0; i < 4; ++i) {
    std::this_thread::sleep_for(500ms);
    std::printf("%s\n", exchange.report().c_str());
  }
  for (std::thread &thread : threads)
    thread.join();
  std::printf("%llu orders, %llu fills, %llu refused by the risk limit\n",
              static_cast<unsigned long long>(sent.load()),
              static_cast<unsigned long long>(exchange.fills()),
              static_cast<unsigned long long>(exchange.refused()));
}
