// The incremental builder against its plain twin, over random histories of every kind of document.

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "directory/detail/builder.h"
#include "directory/plain_twin.h"
#include "directory/testing.h"
#include "policy/index.h"

namespace ringwall::directory {
namespace {

using testing::described;
using testing::PlainTwin;
using testing::Words;

// Looks back over nothing, so that its readers must compare.
class ForgetfulStore final : public store::Store {
 public:
  explicit ForgetfulStore(store::Store& inner) : inner_(inner) {}
  std::optional<store::Entry> get(std::string_view key) const override { return inner_.get(key); }
  std::vector<store::Entry> list(std::string_view prefix) const override { return inner_.list(prefix); }
  std::vector<store::Entry> list(std::string_view prefix, std::string_view from, std::size_t limit) const override {
    return inner_.list(prefix, from, limit);
  }
  store::Snapshot snapshot(store::Prefixes prefixes) const override { return inner_.snapshot(prefixes); }
  std::optional<store::Changes> changes_since(store::Revision, store::Prefixes) const override { return std::nullopt; }
  Result<store::Revision> commit(const store::Transaction& transaction) override { return inner_.commit(transaction); }
  bool current(const store::Transaction& transaction) const override { return inner_.current(transaction); }
  std::unique_ptr<store::Watch> watch(std::string prefix, OnChange on_change) override { return inner_.watch(std::move(prefix), std::move(on_change)); }

 private:
  store::Store& inner_;
};

// Random commits over a small world, in which names are few, so that documents are made, changed,
// removed and made again, and things that are gone stay named by others.
class History {
 public:
  History(const service::Environment& environment, unsigned seed) : environment_(environment), random_(seed) {}

  std::string step() {
    store::Transaction transaction(environment_.store);
    transaction_ = &transaction;
    done_.clear();
    for (int writes = 1 + below(4); writes > 0; --writes) write();
    RW_CHECK(environment_.store.commit(transaction).has_value());
    return done_;
  }

 private:
  int below(int end) { return static_cast<int>(random_() % static_cast<unsigned>(end)); }
  bool one_in(int n) { return below(n) == 0; }
  template <typename T>
  const T& any(const std::vector<T>& list) { return list[static_cast<std::size_t>(below(static_cast<int>(list.size())))]; }

  void write() {
    switch (below(14)) {
      case 0: case 1: case 2: return write_principal("user");
      case 3: case 4: return write_principal("role");
      case 5: return write_group();
      case 6: case 7: return write_policy();
      case 8: case 9: return write_key();
      case 10: return write_unit();
      case 11: return write_account();
      case 12: return write_organization_policy();
      default: return write_attachment();
    }
  }

  void put(const std::string& key, Json document) {
    done_ += "put " + key + ", ";
    transaction_->put(key, std::move(document));
  }
  void erase(const std::string& key) {
    done_ += "erase " + key + ", ";
    transaction_->erase(key);
  }

  std::string account() { return any<std::string>({"111111111111", "222222222222", "333333333333"}); }
  std::string name(const char* of) { return of + std::to_string(below(4)); }
  // Of 21 characters, as they are; those of users and roles stand in trust policies.
  std::string fresh_id(const char* prefix) {
    std::string id = std::string(prefix) + "AAAAAAAAAAAAAAAAA";
    int left = ++ids_;
    for (auto at = id.rbegin(); left > 0; ++at, left /= 10) *at = static_cast<char>('B' + left % 10);
    return id;
  }
  std::string path() { return one_in(3) ? "/team/" : "/"; }

  std::string policy_text() {
    if (one_in(12)) return R"({"Version":"2030-01-01"})";
    return R"({"Version":"2012-10-17","Statement":[{"Effect":")" + any<std::string>({"Allow", "Deny"}) + R"(","Action":"s3:Get)" + std::to_string(below(9)) + R"(","Resource":"*"}]})";
  }
  std::string resource_control_text() {
    return R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:Get)" + std::to_string(below(9)) + R"(","Resource":"*"}]})";
  }
  std::string policy_arn() {
    if (one_in(5)) return "arn:aws:iam::aws:policy/AdministratorAccess";
    return iam_arn(account(), "policy", path(), name("p"));
  }
  std::string principal_arn() {
    const bool is_user = one_in(2);
    return iam_arn(account(), is_user ? "user" : "role", path(), name(is_user ? "u" : "r"));
  }

  void write_policies(Json& owner) {
    Json own = Json::array();
    for (int i = below(3); i > 0; --i) own.push(Json::object({{"PolicyName", "own" + std::to_string(i)}, {"PolicyDocument", policy_text()}}));
    owner.set("inline", std::move(own));
    Json attached = Json::array();
    for (int i = below(3); i > 0; --i) attached.push(policy_arn());
    owner.set("attached", std::move(attached));
  }

  void write_principal(const std::string& kind) {
    const bool is_user = kind == "user";
    const std::string home = account(), short_name = name(is_user ? "u" : "r");
    const std::string key = iam_key(home, kind, short_name);
    if (one_in(4)) return erase(key);
    const auto stored = transaction_->get(key);
    Json document = stored != nullptr ? *stored : Json::object();
    if (stored == nullptr || one_in(4)) {
      document.set(is_user ? "UserId" : "RoleId", fresh_id(is_user ? "AIDA" : "AROA"));
      document.set(is_user ? "UserName" : "RoleName", short_name);
      document.set("Arn", iam_arn(home, kind, path(), short_name));
      if (!is_user) write_trust(document);
    }
    if (!is_user && one_in(3)) write_trust(document);
    write_policies(document);
    if (one_in(3)) document.set("PermissionsBoundary", Json::object({{"PermissionsBoundaryArn", policy_arn()}}));
    if (one_in(3)) document.erase("PermissionsBoundary");
    document.set("Tags", Json::array({Json::object({{"Key", "n"}, {"Value", std::to_string(below(5))}})}));
    if (!is_user) document.set("service_linked", one_in(6));
    Json groups = Json::array();
    if (is_user) {
      for (const store::Entry& group : transaction_->list(iam_prefix(home, "group"))) {
        if (one_in(2)) groups.push(group.document->text("GroupId"));
      }
    }
    document.set("groups", std::move(groups));
    put(key, std::move(document));
  }

  // Trusts the id of whoever is there, of someone who is not, or of a predecessor.
  void write_trust(Json& role) {
    Json trusted = Json::array();
    for (int i = 1 + below(2); i > 0; --i) {
      const std::string arn = principal_arn();
      std::string id = "AIDA77777777777777777";
      for (const store::Entry& entry : transaction_->list("iam/")) {
        if (entry.document->text("Arn") == arn && !one_in(5)) id = entry.document->str(arn.find(":user/") != std::string::npos ? "UserId" : "RoleId");
      }
      trusted.push(id);
    }
    role.set("trust", service::bound_own(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":)" + trusted.dump() + R"(},"Action":"sts:AssumeRole"}]})"));
  }

  void write_group() {
    const std::string home = account(), short_name = name("g");
    const std::string key = iam_key(home, "group", short_name);
    if (one_in(4)) return erase(key);
    const auto stored = transaction_->get(key);
    Json document = stored != nullptr ? *stored : Json::object({{"GroupName", short_name}});
    if (stored == nullptr || one_in(6)) document.set("GroupId", fresh_id("AGPA"));
    write_policies(document);
    put(key, std::move(document));
  }

  void write_policy() {
    const std::string home = account(), short_name = name("p");
    const std::string key = iam_key(home, "policy", short_name);
    if (one_in(4)) return erase(key);
    Json versions = Json::array();
    for (const char* id : {"v1", "v2"}) versions.push(Json::object({{"VersionId", id}, {"Document", policy_text()}}));
    put(key, Json::object({{"Arn", iam_arn(home, "policy", path(), short_name)}, {"DefaultVersionId", any<std::string>({"v1", "v2", "v2", "v3"})}, {"versions", std::move(versions)}}));
  }

  void write_key() {
    const std::string home = account();
    const std::string key = tables::access_keys.key("AKIA" + std::to_string(below(8)));
    if (one_in(4)) return erase(key);
    const auto user = transaction_->get(iam_key(home, "user", name("u")));
    if (user == nullptr) return;
    NewAccessKey made = new_access_key(environment_, home, *user, environment_.clock.now());
    made.record.status = one_in(3) ? AccessKeyStatus::inactive : AccessKeyStatus::active;
    // Under another id than it was sealed for, it cannot be opened.
    put(one_in(6) ? key : tables::access_keys.key(made.record.id), records::to_json(made.record));
    made_keys_.push_back(tables::access_keys.key(made.record.id));
    if (one_in(3)) erase(any(made_keys_));
  }

  void write_unit() {
    const std::string id = name("ou-");
    if (one_in(4)) return erase(tables::units.key(id));
    if (one_in(8)) return write_root();
    // Sometimes below itself, which is damage.
    put(tables::units.key(id), records::to_json(Unit{.id = id, .parent = one_in(3) ? name("ou-") : "r-1"}));
  }
  void write_root() {
    if (one_in(5)) return erase(tables::roots.key("r-1"));
    Root root{.id = "r-1"};
    for (const std::string_view type : {scp_type, rcp_type}) {
      if (!one_in(5)) root.policy_types.push_back({.type = std::string(type)});
    }
    put(tables::roots.key(root.id), records::to_json(root));
  }

  void write_account() {
    if (one_in(6)) {
      if (one_in(5)) return erase(tables::organizations.key());
      const std::string id = one_in(4) ? "o-2" : "o-1";
      put(tables::organizations.key(), records::to_json(StoredOrganization{.id = id, .management_account = account(), .root = "r-1"}));
      return write_root();
    }
    const std::string id = account();
    if (one_in(6)) return erase(tables::accounts.key(id));
    const std::string called = name("account");
    put(tables::accounts.key(id), records::to_json(StoredAccount{.id = id, .name = called, .parent = one_in(3) ? "r-1" : name("ou-")}));
  }

  void write_organization_policy() {
    const std::string id = name("p-");
    if (one_in(6)) return erase(tables::control_policies.key(id));
    const bool is_rcp = one_in(3);
    const PolicySummary summary{.id = id, .arn = "arn:aws:organizations::1:policy/" + id, .type = std::string(is_rcp ? rcp_type : scp_type)};
    put(tables::control_policies.key(id), records::to_json(ControlPolicy{.summary = summary, .content = is_rcp ? resource_control_text() : policy_text()}));
  }
  void write_attachment() {
    const std::string target = any<std::string>({"r-1", name("ou-"), account()});
    const std::string key = tables::attachments.key(target, name("p-"));
    if (one_in(3)) return erase(key);
    put(key, Json::object());
  }

  const service::Environment& environment_;
  std::mt19937 random_;
  store::Transaction* transaction_ = nullptr;
  std::string done_;
  int ids_ = 0;
  std::vector<std::string> made_keys_;
};

// The first thing that differs, or nothing.
std::string difference(const Words& actual, const Words& expected) {
  for (const auto& [what, about] : expected) {
    const auto at = actual.find(what);
    if (at == actual.end()) return what + " is missing";
    if (at->second != about) return what + " is\n  " + at->second + "\nand should be\n  " + about;
  }
  for (const auto& [what, about] : actual) {
    if (!expected.contains(what)) return what + " should not be there";
  }
  return {};
}

// The index of a chain or a list is over its very documents, in their order and levels; a list of
// fewer than four has none. Empty if so.
std::string ill_indexed(const estate::Estate& estate) {
  std::string wrong;
  const auto check = [&](const std::string& what, const policy::Index* index, std::span<const authz::Level> levels) {
    std::vector<policy::DocumentPtr> documents;
    std::vector<std::uint32_t> counts;
    for (const authz::Level& level : levels) {
      for (const authz::Named& policy : level.policies) documents.push_back(policy.document);
      counts.push_back(static_cast<std::uint32_t>(level.policies.size()));
    }
    if (index == nullptr || index->documents() != documents || index->levels() != counts) wrong += what + " ";
  };
  estate.principals.for_each([&](const estate::Principal& principal) {
    const authz::Level whole{.target = {}, .policies = principal.identity};
    if (principal.identity.size() < 4) {
      if (principal.identity.index() != nullptr) wrong += principal.arn + " ";
    } else {
      check(principal.arn, principal.identity.index(), {&whole, 1});
    }
  });
  estate.accounts.for_each([&](const estate::Account& account) {
    for (const estate::Chain* chain : {&account.scps, &account.rcps}) {
      if (!chain->empty()) check("chain of " + account.id, chain->index(), *chain);
    }
  });
  return wrong;
}

unsigned seed_of_this_run() {
  const char* given = std::getenv("RINGWALL_TEST_SEED");
  return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
}

TEST(IncrementalBuilder, EqualsItsPlainTwinAfterEveryCommit) {
  const unsigned seed = seed_of_this_run();
  SCOPED_TRACE("RINGWALL_TEST_SEED=" + std::to_string(seed));
  std::printf("RINGWALL_TEST_SEED=%u\n", seed);
  const testing::World world{std::vector<service::Operation>{}};
  const service::Environment& here = world.environment();
  ForgetfulStore forgetful(here.store);
  const service::Environment comparing{forgetful, here.clock, here.random, here.region, here.dns_suffix, here.root_key};

  History history(here, seed);
  Builder incremental(here, {});
  Builder forgetting(comparing, {});
  PlainTwin twin(here);
  estate::EstatePtr estate = incremental.build(), compared = forgetting.build();
  std::string commits;
  for (int step = 0; step < 300; ++step) {
    commits += history.step() + "\n";
    if (step % 3 == 0) continue;  // and two commits in one build
    if (auto next = incremental.build()) estate = std::move(next);
    if (auto next = forgetting.build()) compared = std::move(next);
    const Words expected = twin.words();
    ASSERT_EQ(difference(described(*estate), expected), "") << "step " << step << ", after\n" << commits;
    ASSERT_EQ(difference(described(*compared), expected), "") << "comparing, step " << step << ", after\n" << commits;
    ASSERT_EQ(ill_indexed(*estate) + ill_indexed(*compared), "") << "step " << step << ", after\n" << commits;
    commits.clear();
    if (step % 50 == 1) {
      Builder whole(here, {});
      ASSERT_EQ(difference(described(*whole.build()), expected), "") << "whole, step " << step;
    }
  }
}

}  // namespace
}  // namespace ringwall::directory
