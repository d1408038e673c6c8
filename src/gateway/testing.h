#pragma once
// For this room's tests: an identity system with an audit log, and small services on real models.

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "audit/log.h"
#include "directory/documents.h"
#include "directory/testing.h"

namespace ringwall::gateway {

using directory::testing::World;
using text::Json;

inline constexpr const char* allow_all = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})";

struct Keys {
  std::string arn;
  std::string access_key;
  Secret secret;
  std::string token = {};
};

class Identities {
 public:
  Keys administrator() const { return {world.administrator().arn, world.administrator().access_key, world.administrator().secret.duplicate()}; }

  // A user with this identity policy, if any, and an access key.
  Keys user(const std::string& name, const std::string& policy) {
    store::Transaction transaction(world.store());
    Json user = directory::new_user(world.environment(), account(), "/", name, world.clock().now());
    if (!policy.empty()) user.edit("inline").push(Json::object({{"PolicyName", "own"}, {"PolicyDocument", policy}}));
    auto key = directory::new_access_key(world.environment(), account(), user, world.clock().now());
    const std::string arn = user.str("Arn");
    transaction.put(directory::iam_key(account(), "user", name), std::move(user));
    directory::tables::access_keys.put(transaction, key.record, key.record.id);
    commit(transaction);
    return {arn, key.record.id, std::move(key.secret)};
  }
  // A session of the administrator's that lasts an hour.
  Keys session(const std::string& inline_policy = {}) {
    directory::NewSession session{.principal = world.as_administrator().principal, .session = {}, .inline_policy = inline_policy, .policy_arns = {}};
    session.session.issued_ms = text::to_millis(world.clock().now());
    session.session.expires_ms = session.session.issued_ms + 3'600'000;
    auto made = directory::make_session_token(world.environment(), session);
    RW_CHECK(made.has_value());
    return {world.administrator().arn, made->access_key, std::move(made->secret), made->token};
  }
  void erase(const std::string& key) {
    store::Transaction transaction(world.store());
    transaction.erase(key);
    commit(transaction);
  }
  void commit(store::Transaction& transaction) {
    const auto revision = world.store().commit(transaction);
    RW_CHECK(revision.has_value());
    world.directory().wait_for(*revision);
  }
  const std::string& account() const { return world.administrator().account; }

  World world{{}};
};

// A folder of its own with a log, and what was written there once the log is closed.
class Audited {
 public:
  audit::Log& log() { return *log_; }
  // Breaks it for good: nothing can be written where the folder was.
  std::string folder() const { return folder_.file("audit"); }
  std::vector<Json> lines() {
    log_.reset();
    std::vector<Json> lines;
    for (const auto& file : std::filesystem::directory_iterator(folder())) {
      std::ifstream stream(file.path());
      for (std::string line; std::getline(stream, line);) lines.push_back(*text::parse_json(line));
    }
    return lines;
  }

 private:
  directory::testing::Folder folder_;
  std::unique_ptr<audit::Log> log_ = [this] {
    auto opened = audit::Log::open(folder());
    RW_CHECK(opened.has_value());
    return *std::move(opened);
  }();
};

}  // namespace ringwall::gateway
