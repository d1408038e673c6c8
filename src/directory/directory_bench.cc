// The next snapshot after one change, in an organisation of 1,000 accounts and 50,000 principals,
// and what a thread that decides meanwhile notices of it. The folder of TMPDIR holds the store.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <random>
#include <thread>

#include "base/check.h"
#include "directory/bootstrap.h"
#include "directory/detail/builder.h"
#include "directory/documents.h"
#include "directory/testing.h"

namespace ringwall::directory {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int accounts = 1000;
constexpr int users_per_account = 10;
constexpr int roles_per_account = 40;
constexpr int policies_per_account = 10;  // the first is attached to all fifty principals
constexpr int upper_units = 10, units_per_upper = 5, units_per_middle = 2;
constexpr std::size_t writes_per_commit = 5000;

std::string number(int n, const char* prefix) { return prefix + std::to_string(n); }
// The unique id of a user, so that roles made before it can pin it.
std::string user_id(int variant) {
  std::string id = "AIDAAAAAAAAAAAAAAAAAA";
  for (auto at = id.rbegin(); variant > 0; ++at, variant /= 10) *at = static_cast<char>('B' + variant % 10);
  return id;
}
std::string account_id(int n) { return std::to_string(100'000'000'000 + n); }

// Some 250 bytes a statement, as people write them.
std::string policy_text(int statements, int variant) {
  static constexpr const char* services[] = {"ec2", "rds", "iam", "kms", "sqs", "sns", "logs", "s3"};
  std::string text = R"({"Version":"2012-10-17","Statement":[)";
  for (int i = 0; i < statements; ++i) {
    const std::string service = services[(i + variant) % 8], n = std::to_string(variant * 16 + i);
    if (i > 0) text += ',';
    text += R"({"Sid":"S)" + std::to_string(i) + R"(","Effect":")" + (i % 4 == 3 ? "Deny" : "Allow") + R"(","Action":[")" + service + ":Get*\",\"" + service +
            ":List*\",\"" + service + ":Describe" + n + R"("],"Resource":["arn:aws:)" + service + ":*:111122223333:thing" + n +
            R"(/*"],"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-)" + n + R"("},"IpAddress":{"aws:SourceIp":["10.0.0.0/8","192.0.2.0/24"]}}})";
  }
  return text + "]}";
}

std::string resource_control_text(int variant) {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":["s3:*","sqs:*","kms:*"],"Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-)" +
         std::to_string(variant) + R"("},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}]})";
}

// Writes in commits of a size.
class Filling {
 public:
  explicit Filling(store::Store& store) : store_(store), transaction_(store) {}
  ~Filling() { commit(); }
  Filling(const Filling&) = delete;
  Filling& operator=(const Filling&) = delete;
  store::Transaction& next() {
    if (++writes_ % writes_per_commit == 0) commit();
    return *transaction_;
  }

 private:
  void commit() {
    RW_CHECK(store_.commit(*transaction_).has_value());
    transaction_.emplace(store_);
  }
  store::Store& store_;
  std::size_t writes_ = 0;
  std::optional<store::Transaction> transaction_;
};

class Organisation {
 public:
  Organisation() {
    const Result<Administrator> administrator = bootstrap(environment_);
    RW_CHECK(administrator.has_value());
    fill_units();
    Filling filling(store());
    for (int n = 1; n < accounts; ++n) fill_account(filling, n);
    fill_principals(filling, administrator->account, 0);
    for (int n = 1; n < accounts; ++n) fill_principals(filling, account_id(n), n);
  }

  const service::Environment& environment() const { return environment_; }

  // The four changes.
  store::Revision replace_inline_policy(int n) {
    store::Transaction transaction(store());
    const std::string key = iam_key(account_id(1 + n % (accounts - 1)), "role", number(n % roles_per_account, "role"));
    Json role = *transaction.get(key);
    role.set("inline", inline_policy(1'000'000 + n));
    transaction.put(key, std::move(role));
    return committed(transaction);
  }
  store::Revision replace_managed_policy(int n) {
    store::Transaction transaction(store());
    const std::string account = account_id(1 + n % (accounts - 1));
    transaction.put(iam_key(account, "policy", "policy0"), managed_policy_document(account, 0, 1'000'000 + n));
    return committed(transaction);
  }
  store::Revision replace_root_scp(int n) {
    store::Transaction transaction(store());
    transaction.put(tables::control_policies.key("p-root0"), organization_policy("p-root0", scp_type, policy_text(5, 1'000'000 + n)));
    return committed(transaction);
  }
  store::Revision add_user(int n) {
    store::Transaction transaction(store());
    ++new_users_;
    put_user(transaction, account_id(1 + n % (accounts - 1)), number(new_users_, "new"), accounts * 64 + new_users_);
    return committed(transaction);
  }

 private:
  store::Revision committed(store::Transaction& transaction) {
    const Result<store::Revision> revision = store().commit(transaction);
    RW_CHECK(revision.has_value());
    return *revision;
  }

  static Json organization_policy(const std::string& id, std::string_view type, const std::string& text) {
    return records::to_json(ControlPolicy{.summary = {.id = id, .arn = "arn:aws:organizations::100000000000:policy/o-1/x/" + id, .type = std::string(type)}, .content = text});
  }
  static Json inline_policy(int variant) {
    return Json::array({Json::object({{"PolicyName", "own"}, {"PolicyDocument", policy_text(3, variant)}})});
  }
  static Json managed_policy_document(const std::string& account, int n, int variant) {
    return Json::object({{"Arn", iam_arn(account, "policy", "/", number(n, "policy"))},
                         {"DefaultVersionId", "v1"},
                         {"versions", Json::array({Json::object({{"VersionId", "v1"}, {"Document", policy_text(8, variant)}})})}});
  }

  void put_policy(store::Transaction& transaction, const std::string& target, const std::string& id, std::string_view type, const std::string& text) {
    transaction.put(tables::control_policies.key(id), organization_policy(id, type, text));
    transaction.put(tables::attachments.key(target, id), Json::object());
  }

  // Root -> 10 units -> 5 each -> 2 each; two SCPs and an RCP at the root and one of each at
  // every upper unit, an SCP at every middle one, beside what AWS attaches everywhere.
  void fill_units() {
    store::Transaction transaction(store());
    organization_ = *tables::organizations.get(transaction);
    const std::string root = organization_.root;
    Root stored = *tables::roots.get(transaction, root);
    stored.policy_types.push_back({.type = std::string(rcp_type)});
    tables::roots.put(transaction, stored, root);
    attach_defaults(transaction, organization_, root);
    for (int i = 0; i < 2; ++i) put_policy(transaction, root, number(i, "p-root"), scp_type, policy_text(5, i));
    put_policy(transaction, root, "p-rootrcp", rcp_type, resource_control_text(0));
    const auto put_unit = [&](const std::string& id, const std::string& parent) {
      tables::units.put(transaction, {.id = id, .arn = {}, .name = id, .parent = parent, .tags = {}}, id);
      attach_defaults(transaction, organization_, id);
    };
    for (int upper = 0; upper < upper_units; ++upper) {
      const std::string upper_id = number(upper, "ou-up-");
      put_unit(upper_id, root);
      put_policy(transaction, upper_id, number(upper, "p-up"), scp_type, policy_text(5, 100 + upper));
      put_policy(transaction, upper_id, number(upper, "p-uprcp"), rcp_type, resource_control_text(100 + upper));
      for (int middle = 0; middle < units_per_upper; ++middle) {
        const std::string middle_id = upper_id + number(middle, "-");
        put_unit(middle_id, upper_id);
        put_policy(transaction, middle_id, "p-" + middle_id, scp_type, policy_text(5, 200 + upper * 10 + middle));
        for (int lower = 0; lower < units_per_middle; ++lower) {
          units_.push_back(middle_id + number(lower, "-"));
          put_unit(units_.back(), middle_id);
        }
      }
    }
    committed(transaction);
  }

  void fill_account(Filling& filling, int n) {
    put_account(filling.next(), organization_, account_id(n), number(n, "account"), "a@example.com", units_[static_cast<std::size_t>(n) % units_.size()], "CREATED", {});
  }

  void fill_principals(Filling& filling, const std::string& account, int n) {
    for (int i = 0; i < policies_per_account; ++i) {
      filling.next().put(iam_key(account, "policy", number(i, "policy")), managed_policy_document(account, i, n * policies_per_account + i));
    }
    for (int i = 0; i < users_per_account; ++i) put_user(filling.next(), account, number(i, "user"), n * 64 + i);
    for (int i = 0; i < roles_per_account; ++i) put_role(filling.next(), account, number(i, "role"), n, n * 64 + users_per_account + i);
  }

  static Json attached_to(const std::string& account, int variant) {
    return Json::array({iam_arn(account, "policy", "/", "policy0"), iam_arn(account, "policy", "/", number(1 + variant % (policies_per_account - 1), "policy"))});
  }
  void put_user(store::Transaction& transaction, const std::string& account, const std::string& name, int variant) {
    Json user = new_user(environment(), account, "/people/", name, {});
    user.set("UserId", user_id(variant));
    user.set("inline", inline_policy(variant));
    user.set("attached", attached_to(account, variant));
    user.set("Tags", Json::array({Json::object({{"Key", "team"}, {"Value", "red"}})}));
    NewAccessKey key = new_access_key(environment(), account, user, {});
    user.edit("keys").push(key.record.id);
    tables::access_keys.put(transaction, key.record, key.record.id);
    transaction.put(iam_key(account, "user", name), std::move(user));
  }
  // Every role trusts a user of the account next to its own.
  void put_role(store::Transaction& transaction, const std::string& account, const std::string& name, int n, int variant) {
    const int neighbour = 1 + (n + 1) % (accounts - 1), user = variant % users_per_account;
    Json role = new_role(environment(), account, "/", name,
                         service::bound_own(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":")" + user_id(neighbour * 64 + user) + R"("},"Action":"sts:AssumeRole"}]})"), {});
    role.set("inline", inline_policy(variant));
    role.set("attached", attached_to(account, variant));
    transaction.put(iam_key(account, "role", name), std::move(role));
  }

  store::Store& store() { return *store_; }

  testing::Folder folder_;
  testing::FakeClock clock_;
  crypto::SystemRandom random_;
  Secret root_key_{std::string_view("a root key of thirty-two letters")};
  std::unique_ptr<store::Store> store_ = store::open_sqlite(folder_.file("state")).value();
  service::Environment environment_{*store_, clock_, random_, "us-east-1", "ringwall.internal", root_key_};
  StoredOrganization organization_;
  std::vector<std::string> units_;
  int new_users_ = 0;
};

Organisation& organisation() {
  static Organisation made;
  return made;
}

// The builder that has seen the organisation whole.
Builder& builder() {
  static Builder* const made = [] {
    auto* fresh = new Builder(organisation().environment(), {});  // lives as long as the run
    RW_CHECK(fresh->build() != nullptr);
    return fresh;
  }();
  return *made;
}

// What this thread has run: what a build costs on a machine that does other things as well.
double thread_cpu_ms() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
}

double resident_mb() {
  std::ifstream status("/proc/self/statm");
  double pages = 0;
  status >> pages >> pages;
  return pages * 4096 / (1024 * 1024);
}

void first_build(benchmark::State& state) {
  const service::Environment& environment = organisation().environment();
  for (auto _ : state) {
    const double before_mb = resident_mb();
    Builder fresh(environment, [](std::string_view line) { RW_CHECK(line.empty()); });  // all of it can be used
    const estate::EstatePtr estate = fresh.build();
    state.counters["resident_mb"] = resident_mb() - before_mb;
    state.counters["principals"] = static_cast<double>(estate->principals.size());
    state.counters["accounts"] = static_cast<double>(estate->accounts.size());
  }
}
BENCHMARK(first_build)->Iterations(1)->Unit(benchmark::kSecond)->UseRealTime();

using Change = store::Revision (Organisation::*)(int);

// Only the build is timed, not the commit before it.
void rebuild(benchmark::State& state, Change change) {
  Builder& built = builder();
  built.build();
  int n = 0;
  double longest_ms = 0, cpu_ms = 0;
  const double before_mb = resident_mb();
  for (auto _ : state) {
    (organisation().*change)(++n);
    const double cpu_before_ms = thread_cpu_ms();
    const auto start = SteadyClock::now();
    const estate::EstatePtr estate = built.build();
    const std::chrono::duration<double> took = SteadyClock::now() - start;
    cpu_ms += thread_cpu_ms() - cpu_before_ms;
    RW_CHECK(estate != nullptr);
    state.SetIterationTime(took.count());
    longest_ms = std::max(longest_ms, took.count() * 1000);
  }
  state.counters["cpu_ms"] = cpu_ms / n;
  state.counters["longest_ms"] = longest_ms;
  state.counters["grown_mb"] = resident_mb() - before_mb;
}
BENCHMARK_CAPTURE(rebuild, inline_policy, &Organisation::replace_inline_policy)->Iterations(500)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(rebuild, managed_policy_of_50, &Organisation::replace_managed_policy)->Iterations(500)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(rebuild, scp_at_the_root, &Organisation::replace_root_scp)->Iterations(200)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(rebuild, new_user, &Organisation::add_user)->Iterations(500)->UseManualTime()->Unit(benchmark::kMillisecond);

// A reader in a loop, while a writer commits and waits as fast as it can.
void reader(benchmark::State& state, Change change) {
  Directory directory(organisation().environment());
  std::vector<policy::Principal> callers;
  directory.current()->principals.for_each([&, n = 0](const estate::Principal& principal) mutable {
    if (n++ % 97 != 0) return;
    policy::Principal& caller = callers.emplace_back();
    caller.type = principal.type;
    (principal.type == policy::Principal::Type::user ? caller.arn : caller.role_arn) = principal.arn;
    caller.account = principal.account;
    caller.unique_id = principal.unique_id;
  });
  int changes = 0;
  std::jthread writer([&](const std::stop_token& stop) {
    if (change == nullptr) return;
    while (!stop.stop_requested()) directory.wait_for((organisation().*change)(2'000'000 + ++changes));
  });
  std::vector<double> took_ns;
  took_ns.reserve(static_cast<std::size_t>(state.max_iterations));
  std::minstd_rand random(1);
  for (auto _ : state) {
    const policy::Principal& caller = callers[random() % callers.size()];
    const auto start = SteadyClock::now();
    const estate::EstatePtr estate = directory.current();
    const authz::Layers layers = estate::layers_of(*estate, caller, nullptr);
    RW_CHECK(!layers.identity.empty());
    took_ns.push_back(std::chrono::duration<double, std::nano>(SteadyClock::now() - start).count());
  }
  writer.request_stop();
  writer.join();
  std::ranges::sort(took_ns);
  const auto at = [&](double part) { return took_ns[static_cast<std::size_t>(part * static_cast<double>(took_ns.size() - 1))]; };
  state.counters["p50_ns"] = at(0.5);
  state.counters["p99_ns"] = at(0.99);
  state.counters["p99.99_ns"] = at(0.9999);
  state.counters["max_ns"] = at(1);
  state.counters["rebuilds"] = changes;
}
BENCHMARK_CAPTURE(reader, alone, nullptr)->Iterations(1'000'000)->UseRealTime();
BENCHMARK_CAPTURE(reader, while_inline_policies_change, &Organisation::replace_inline_policy)->Iterations(1'000'000)->UseRealTime();
BENCHMARK_CAPTURE(reader, while_a_root_scp_changes, &Organisation::replace_root_scp)->Iterations(1'000'000)->UseRealTime();

}  // namespace
}  // namespace ringwall::directory
