#include "prover/detail/accounts.h"

#include <algorithm>
#include <set>

namespace ringwall::prover::detail {
namespace {

bool is_account(std::string_view text) {
  return text.size() == 12 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

struct Named {
  std::set<std::string> accounts;
  std::optional<std::string> in_part;  // a pattern that names accounts in part
};

// The fifth part of an ARN pattern, or a whole value.
void name(const policy::Pieces& pieces, Named& named) {
  std::string text;
  bool wild = false;
  for (const policy::Piece& piece : pieces) {
    if (piece.kind == policy::Piece::Kind::literal) {
      text += piece.text;
    } else if (piece.kind != policy::Piece::Kind::variable) {
      wild = true;
      text += piece.kind == policy::Piece::Kind::any_run ? '*' : '?';
    }
  }
  if (is_account(text)) named.accounts.insert(text);
  const bool every = text == "*" || text.find_first_not_of('?') == std::string::npos;
  if (wild && !every) named.in_part = text;
}

void name_in_arn(const policy::Pieces& pieces, Named& named) {
  const auto parts = policy::arn_parts(pieces);
  if (parts.size() == 6) name(parts[4], named);
}

Named named_by(const std::vector<const policy::Document*>& documents, Readings& readings) {
  Named named;
  for (const policy::Document* document : documents) {
    for (const ReadStatement& statement : readings[*document].statements) {
      for (const policy::Listed& resource : statement.said->resources) name_in_arn(resource.pieces, named);
      for (const policy::Condition& condition : statement.said->conditions) {
        if (condition.key != "aws:resourceaccount" && condition.key != "s3:resourceaccount") continue;
        if (condition.op->family == policy::Family::null) continue;
        for (const policy::Listed& value : condition.values) name(value.pieces, named);
      }
    }
  }
  return named;
}

}  // namespace

std::string fresh_account(const std::vector<std::string>& taken) {
  for (std::uint64_t account = 999'999'999'999;; --account) {
    std::string text = std::to_string(account);
    if (std::ranges::find(taken, text) == taken.end()) return text;
  }
}

Accounts accounts_of(const Owner& owner, const std::string& callers_account,
                     const std::vector<const policy::Document*>& documents, Readings& readings) {
  if (owner.kind == Owner::Kind::unknown) return {{""}, {}};
  if (owner.kind == Owner::Kind::account) return {owner.accounts, {}};
  Named named = named_by(documents, readings);
  if (is_account(callers_account)) named.accounts.insert(callers_account);
  std::vector<std::string> taken(named.accounts.begin(), named.accounts.end());
  taken.insert(taken.end(), owner.accounts.begin(), owner.accounts.end());
  Accounts accounts{{fresh_account(taken)}, {}};
  for (const std::string& account : named.accounts) {
    if (std::ranges::find(owner.accounts, account) == owner.accounts.end()) accounts.all.push_back(account);
  }
  if (named.in_part) accounts.undecided = "a policy names accounts by `" + *named.in_part + "`: not all of them were tried";
  return accounts;
}

}  // namespace ringwall::prover::detail
