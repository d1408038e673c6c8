#pragma once
// Where records of one type are kept: the one place that spells their keys, and cuts them.
//
//   inline constexpr records::Table<Alias, 2> aliases{"kms/*/alias/**"};
//   const std::optional<Alias> alias = aliases.get(transaction, account, name);
//
// A spelling has a placeholder for each part: `*` is a part without a slash, `~` the same in lower case, `**`, which may only
// stand last, anything. What cannot be a part (empty, or with a slash) names nothing: it is not found.
//
// INVARIANT: what is stored decodes. A server reads all of its store through all tables before anything else does
// (check_stored) and does not start on a document that it does not understand; from then on only it writes, and only
// records. So reading has no error: a document that does not decode is a bug.

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "records/record.h"
#include "store/store.h"

namespace ringwall::records {

inline constexpr std::size_t parts_max = 4;  // of a key

class Spelling {
 public:
  constexpr explicit Spelling(std::string_view text) : text_(text) {}
  constexpr std::size_t parts() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < text_.size(); ++i) count += (text_[i] == '*' && (i == 0 || text_[i - 1] != '*')) || text_[i] == '~' ? 1 : 0;
    return count;
  }
  constexpr std::string_view text() const { return text_; }

  // The key with these parts; nothing: one of them can be none.
  std::optional<std::string> key(std::span<const std::string_view> parts) const;
  // What all keys that begin with these parts begin with.
  std::optional<std::string> prefix(std::span<const std::string_view> parts) const;
  // The parts of a key; false: it is none of these.
  bool cut(std::string_view key, std::span<std::string> parts) const;

 private:
  std::optional<std::string> written(std::span<const std::string_view> parts, bool whole) const;
  std::string_view text_;
};

// A table without its type: what has to be known of it to look at what is stored.
struct AnyTable {
  Spelling spelling;
  Result<Json> (*again)(const Json& document);  // as it would be written again; the failure of from_json

  bool is_of(std::string_view key) const;
};

// Reads everything that is stored. Failure::corrupt, naming the document, the member and what to do, when a document is of no
// table or is not what its table keeps. Changes nothing.
Result<> check_stored(const store::Store& store, std::span<const AnyTable> tables);

namespace detail {
[[noreturn]] void not_decoded(std::string_view key, const Error& error);
}

template <Record T, std::size_t N>
class Table {
 public:
  using Parts = std::array<std::string, N>;
  struct Row {
    Parts parts;
    T record;
  };

  consteval explicit Table(const char* spelling) : spelling_(spelling) {
    if (spelling_.parts() != N || N > parts_max) names_another_number_of_parts();
  }

  std::string_view spelling() const { return spelling_.text(); }
  AnyTable any() const { return {spelling_, &again}; }

  template <typename... P>
    requires(sizeof...(P) == N)
  std::optional<T> get(store::Transaction& transaction, const P&... parts) const {
    const auto key = key_of(parts...);
    const auto document = key ? transaction.get(*key) : nullptr;
    return document == nullptr ? std::nullopt : std::optional(decode(*key, *document));
  }
  template <typename... P>
    requires(sizeof...(P) == N)
  std::optional<T> get(const store::Store& store, const P&... parts) const {
    const auto key = key_of(parts...);
    const auto entry = key ? store.get(*key) : std::nullopt;
    return entry ? std::optional(decode(*key, *entry->document)) : std::nullopt;
  }
  template <typename... P>
    requires(sizeof...(P) == N)
  bool contains(store::Transaction& transaction, const P&... parts) const {
    const auto key = key_of(parts...);
    return key && transaction.contains(*key);
  }

  // The parts can be some: whoever makes a record makes its name.
  template <typename... P>
    requires(sizeof...(P) == N)
  void put(store::Transaction& transaction, const T& record, const P&... parts) const {
    transaction.put(key(parts...), to_json(record));
  }
  template <typename... P>
    requires(sizeof...(P) == N)
  void erase(store::Transaction& transaction, const P&... parts) const {
    if (const auto key = key_of(parts...)) transaction.erase(*key);
  }

  // All whose keys begin with these parts, in the order of their keys.
  template <typename From, typename... P>
    requires(sizeof...(P) < N)
  std::vector<Row> list(From& from, const P&... parts) const {
    const auto prefix = prefix_of(parts...);
    return prefix ? rows(from.list(*prefix)) : std::vector<Row>();
  }
  // At most `limit` of them, from the one whose last part is `first` on. All parts but the last are given.
  template <typename From, typename... P>
    requires(sizeof...(P) + 1 == N)
  std::vector<Row> page(From& from, std::string_view first, std::size_t limit, const P&... parts) const {
    const auto prefix = prefix_of(parts...);
    return prefix ? rows(from.list(*prefix, *prefix + std::string(first), limit)) : std::vector<Row>();
  }
  // How many there are, counted no further than `most`. Costs no reading of what they say.
  template <typename From, typename... P>
    requires(sizeof...(P) < N)
  std::size_t count(From& from, std::size_t most, const P&... parts) const {
    const auto prefix = prefix_of(parts...);
    return prefix ? from.list(*prefix, {}, most).size() : 0;
  }
  // At most `limit` of all, from the one of this key on: for those who go through everything in steps.
  template <typename From>
  std::vector<Row> page_from(From& from, std::string_view first_key, std::size_t limit) const {
    return rows(from.list(prefix(), first_key, limit));
  }

  // For those who watch: what to watch, and whose a change is.
  template <typename... P>
    requires(sizeof...(P) < N)
  std::string prefix(const P&... parts) const {
    const auto prefix = prefix_of(parts...);
    RW_CHECK(prefix.has_value());
    return *prefix;
  }
  template <typename... P>
    requires(sizeof...(P) == N)
  std::string key(const P&... parts) const {
    const auto key = key_of(parts...);
    RW_CHECK(key.has_value());
    return *key;
  }
  std::optional<Parts> parts_of(std::string_view key) const {
    Parts parts;
    return spelling_.cut(key, parts) ? std::optional(std::move(parts)) : std::nullopt;
  }
  T decode(std::string_view key, const Json& document) const {
    Result<T> record = from_json<T>(document);
    if (!record) detail::not_decoded(key, record.error());
    return *std::move(record);
  }

 private:
  static void names_another_number_of_parts() {}  // not constexpr: whoever gets here does not compile
  static Result<Json> again(const Json& document) {
    RW_TRY(const T record, from_json<T>(document));
    return to_json(record);
  }
  template <typename... P>
  std::optional<std::string> key_of(const P&... parts) const {
    const std::array<std::string_view, sizeof...(P)> all{std::string_view(parts)...};
    return spelling_.key(all);
  }
  template <typename... P>
  std::optional<std::string> prefix_of(const P&... parts) const {
    const std::array<std::string_view, sizeof...(P)> all{std::string_view(parts)...};
    return spelling_.prefix(all);
  }
  std::vector<Row> rows(const std::vector<store::Entry>& entries) const {
    std::vector<Row> rows;
    rows.reserve(entries.size());
    for (const store::Entry& entry : entries) {
      Parts parts;
      if (spelling_.cut(entry.key, parts)) rows.push_back({std::move(parts), decode(entry.key, *entry.document)});
    }
    return rows;
  }

  Spelling spelling_;
};

}  // namespace ringwall::records
