#pragma once
// Which statements of a block list an action: answered for all of them at once, as a set of bits.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/detail/pattern.h"

namespace ringwall::policy {
class Probe;
}

namespace ringwall::policy::detail {

// Up to 64 statements, by number.
using Statements = std::uint64_t;
inline constexpr std::size_t block_statements = 64;

// Finds entries by hash, in a table of small numbers beside them; few entries are just looked
// through.
class Slots {
 public:
  // `hash_at(i)` of each of `count` entries.
  template <typename HashAt>
  void build(std::size_t count, HashAt hash_at);
  // The entry for which `is` holds, of those with this hash; null: none.
  template <typename Entry, typename Is>
  const Entry* find(const std::vector<Entry>& entries, std::uint64_t hash, Is is) const;
  std::size_t bytes() const { return slots_.capacity() * sizeof(std::uint32_t); }

 private:
  std::vector<std::uint32_t> slots_;  // 1 + the entry's number; 0 is free; a power of two of them
};

class Actions {
 public:
  // Answers the bits of the services that the action is of.
  std::uint64_t add(std::size_t statement, const Listed& action, Texts& texts);
  void finish(const Texts& texts);

  // The statements that list the action, be it under Action or NotAction.
  Statements listing(const Probe& probe, const Texts& texts) const;

  std::size_t bytes() const;

 private:
  struct Exact {  // `s3:getobject`
    std::uint64_t hash;
    Statements statements;
    Ref name;
  };
  struct Wild {  // `get*` of a service
    // The first eight bytes of the name must be `head` where `mask` has bits.
    std::uint64_t head, mask;
    Statements statements;
    Pattern pattern;  // of the whole name
    std::uint32_t service;
    bool head_is_all;  // nothing is left to compare
  };
  struct Service {  // of which some name is wild
    std::uint64_t hash;
    Ref name;
    std::uint32_t first = 0, count = 0;  // in wild_
  };

  std::uint32_t service_named(std::string_view name, std::uint64_t hash, Texts& texts);

  Statements every_ = 0;  // those that list `*`
  std::uint64_t services_seen_ = 0;  // a bit for each service named: most documents name few
  std::vector<Exact> exact_;
  std::vector<Wild> wild_;
  std::vector<Service> services_;
  Slots exact_slots_, service_slots_;
};

}  // namespace ringwall::policy::detail
