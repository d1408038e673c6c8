#include "policy/detail/actions.h"

#include <algorithm>
#include <bit>

#include "policy/detail/hash.h"
#include "policy/policy.h"
#include "text/encode.h"

namespace ringwall::policy::detail {
namespace {

constexpr std::size_t looked_through_max = 8;

Statements bit_of(std::size_t statement) {
  return Statements{1} << statement;
}
// As Probe::service_bit.
std::uint64_t service_bit(std::uint64_t hash) {
  return std::uint64_t{1} << (hash >> 58);
}

}  // namespace

template <typename HashAt>
void Slots::build(std::size_t count, HashAt hash_at) {
  if (count <= looked_through_max) return;
  slots_.assign(std::bit_ceil(2 * count), 0);
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t slot = hash_at(i) & (slots_.size() - 1);
    while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

template <typename Entry, typename Is>
const Entry* Slots::find(const std::vector<Entry>& entries, std::uint64_t hash, Is is) const {
  if (slots_.empty()) {
    for (const Entry& entry : entries) {
      if (entry.hash == hash && is(entry)) return &entry;
    }
    return nullptr;
  }
  for (std::size_t slot = hash & (slots_.size() - 1); slots_[slot] != 0;
       slot = (slot + 1) & (slots_.size() - 1)) {
    const Entry& entry = entries[slots_[slot] - 1U];
    if (entry.hash == hash && is(entry)) return &entry;
  }
  return nullptr;
}

std::uint32_t Actions::service_named(std::string_view name, std::uint64_t hash, Texts& texts) {
  const auto found = std::ranges::find_if(services_, [&](const Service& service) {
    return service.hash == hash && texts.at(service.name) == name;
  });
  const auto index = static_cast<std::uint32_t>(found - services_.begin());
  if (index == services_.size()) services_.push_back({.hash = hash, .name = texts.add(name)});
  return index;
}

std::uint64_t Actions::add(std::size_t statement, const Listed& action, Texts& texts) {
  const std::string text = text::lower(action.text);
  if (text == "*" || text == "*:*") {
    every_ |= bit_of(statement);
    return ~std::uint64_t{0};
  }
  const std::size_t colon = text.find(':');
  const std::string_view service(text.data(), colon);
  const std::string_view name = std::string_view(text).substr(colon + 1);
  const std::uint64_t service_hash = hash_of(service);
  services_seen_ |= service_bit(service_hash);
  const std::size_t wildcard = name.find_first_of("*?");
  if (wildcard == std::string_view::npos) {
    exact_.push_back({hash_of(text), bit_of(statement), texts.add(text)});
    return service_bit(service_hash);
  }

  // The name's own pieces: what an action lists is ASCII, with no variables.
  Pieces pieces;
  for (const char c : name) {
    if (c == '*' || c == '?') {
      pieces.push_back({c == '*' ? Piece::Kind::any_run : Piece::Kind::any_one});
    } else if (pieces.empty() || pieces.back().kind != Piece::Kind::literal) {
      pieces.push_back({Piece::Kind::literal, std::string(1, c)});
    } else {
      pieces.back().text += c;
    }
  }
  const std::string_view literal = name.substr(0, std::min(wildcard, sizeof(std::uint64_t)));
  const std::uint64_t mask =
      literal.size() == sizeof mask ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * literal.size())) - 1;
  wild_.push_back({.head = head_of(literal),
                   .mask = mask,
                   .statements = bit_of(statement),
                   .pattern = texts.add_pattern(pieces),
                   .service = service_named(service, service_hash, texts),
                   .head_is_all = literal.size() + 1 == name.size() && name.ends_with('*')});
  return service_bit(service_hash);
}

// Beyond this point nothing is added: names that several statements list become one entry, and the
// patterns of each service lie side by side.
void Actions::finish(const Texts& texts) {
  std::ranges::sort(exact_, {}, [&](const Exact& one) { return std::pair(one.hash, texts.at(one.name)); });
  std::size_t kept = 0;
  for (const Exact& one : exact_) {
    if (kept > 0 && texts.at(exact_[kept - 1].name) == texts.at(one.name)) {
      exact_[kept - 1].statements |= one.statements;
    } else {
      exact_[kept++] = one;
    }
  }
  exact_.resize(kept);
  std::ranges::sort(wild_, {}, &Wild::service);
  for (std::uint32_t i = 0; i < wild_.size(); ++i) {
    Service& service = services_[wild_[i].service];
    if (service.count++ == 0) service.first = i;
  }
  exact_.shrink_to_fit();
  wild_.shrink_to_fit();
  services_.shrink_to_fit();
  exact_slots_.build(exact_.size(), [this](std::size_t i) { return exact_[i].hash; });
  service_slots_.build(services_.size(), [this](std::size_t i) { return services_[i].hash; });
}

Statements Actions::listing(const Probe& probe, const Texts& texts) const {
  Statements statements = every_;
  if ((services_seen_ & probe.service_bit()) == 0) return statements;
  const Exact* exact = exact_slots_.find(exact_, probe.action_hash(), [&](const Exact& entry) {
    return same_text(texts.at(entry.name), probe.action());
  });
  if (exact != nullptr) statements |= exact->statements;
  const Service* service =
      service_slots_.find(services_, probe.service_hash(), [&](const Service& entry) {
        return same_text(texts.at(entry.name), probe.service());
      });
  if (service == nullptr) return statements;
  const Wild* wild = wild_.data() + service->first;
  for (const Wild* const end = wild + service->count; wild != end; ++wild) {
    if (((probe.name_head() ^ wild->head) & wild->mask) != 0) continue;
    if (wild->head_is_all ||
        texts.matches(wild->pattern, probe.name(), probe.request().context) == Truth::yes)
      statements |= wild->statements;
  }
  return statements;
}

std::size_t Actions::bytes() const {
  return exact_.capacity() * sizeof(Exact) + wild_.capacity() * sizeof(Wild) +
         services_.capacity() * sizeof(Service) + exact_slots_.bytes() + service_slots_.bytes();
}

}  // namespace ringwall::policy::detail
