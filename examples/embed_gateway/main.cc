// A gateway in small: policies are read once, requests are decided against a snapshot of them, and
// new policies replace the snapshot while requests go on.
//
// usage: embed_gateway FOLDER
//   FOLDER/scp.json            binds everyone
//   FOLDER/users/NAME.json     the identity policy of user NAME
//   FOLDER/resource.json       the policy on the resource, if there is one
// Requests come on standard input, a line each: USER SOURCE_IP ACTION RESOURCE. The line `reload`
// reads the folder again; a policy that is wrong leaves the old ones in force.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

#include "authz/authz.h"

namespace {

namespace authz = ringwall::authz;
namespace policy = ringwall::policy;

constexpr const char* account = "111122223333";

// Everything a decision needs, never changed once it is made.
struct Snapshot {
  std::vector<authz::Level> scps;
  std::map<std::string, std::vector<authz::Named>> users;
  std::optional<authz::Named> resource;
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

ringwall::Result<authz::Named> read_policy(const std::filesystem::path& path, policy::Kind kind) {
  std::ifstream file(path);
  if (!file) return ringwall::fail(ringwall::Failure::not_found, "cannot read `" + path.string() + "`");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto document = policy::compile(text, kind);
  if (!document) return ringwall::fail(document.error(), path.string());
  return authz::Named{path.stem().string(), *std::move(document)};
}

ringwall::Result<SnapshotPtr> read_snapshot(const std::filesystem::path& folder) {
  auto snapshot = std::make_shared<Snapshot>();
  auto scp = read_policy(folder / "scp.json", policy::Kind::scp);
  if (!scp) return std::unexpected(scp.error());
  snapshot->scps.push_back({account, {*std::move(scp)}});
  for (const auto& entry : std::filesystem::directory_iterator(folder / "users")) {
    auto identity = read_policy(entry.path(), policy::Kind::identity);
    if (!identity) return std::unexpected(identity.error());
    snapshot->users[entry.path().stem()].push_back(*std::move(identity));
  }
  if (std::filesystem::exists(folder / "resource.json")) {
    auto resource = read_policy(folder / "resource.json", policy::Kind::resource);
    if (!resource) return std::unexpected(resource.error());
    snapshot->resource = *std::move(resource);
  }
  return snapshot;
}

class Gateway {
 public:
  explicit Gateway(SnapshotPtr snapshot) : snapshot_(std::move(snapshot)) {}

  // Requests that have begun go on with the snapshot they hold.
  void replace(SnapshotPtr snapshot) { snapshot_.store(std::move(snapshot)); }

  // "allow", or AWS's sentence that says why not. Any number of threads may ask at once.
  std::string answer(const policy::Request& request, const std::string& user) const {
    const SnapshotPtr snapshot = snapshot_.load();
    authz::Layers layers{.scps = snapshot->scps};
    if (const auto found = snapshot->users.find(user); found != snapshot->users.end())
      layers.identity = found->second;
    if (snapshot->resource) layers.resource = &*snapshot->resource;
    const authz::Ruling ruling = authz::decide(request, layers);
    if (ruling.verdict == authz::Verdict::allow) return "allow";
    return authz::access_denied_message(request, authz::decision_of(ruling));
  }

 private:
  std::atomic<SnapshotPtr> snapshot_;
};

// The embedder says who asks, and sets every context key that its policies may test.
policy::Request request_of(const std::string& user, const std::string& source_ip,
                           const std::string& action, const std::string& resource) {
  policy::Request request;
  request.principal.type = policy::Principal::Type::user;
  request.principal.arn = "arn:aws:iam::" + std::string(account) + ":user/" + user;
  request.principal.account = account;
  request.action = action;
  request.resource = resource;
  request.resource_account = account;
  request.context.set("aws:PrincipalArn", request.principal.arn);
  request.context.set("aws:PrincipalAccount", account);
  request.context.set("aws:username", user);
  request.context.set("aws:SourceIp", source_ip);
  return request;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: embed_gateway FOLDER\n";
    return 2;
  }
  auto snapshot = read_snapshot(arguments[1]);
  if (!snapshot) {
    std::cerr << snapshot.error().message << '\n';
    return 2;
  }
  Gateway gateway(*std::move(snapshot));
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "reload") {
      auto next = read_snapshot(arguments[1]);
      std::cout << (next ? "reloaded" : "kept: " + next.error().message) << std::endl;
      if (next) gateway.replace(*std::move(next));
      continue;
    }
    std::istringstream words(line);
    std::string user, source_ip, action, resource;
    if (!(words >> user >> source_ip >> action >> resource)) {
      std::cout << "not USER SOURCE_IP ACTION RESOURCE" << std::endl;
      continue;
    }
    std::cout << gateway.answer(request_of(user, source_ip, action, resource), user) << std::endl;
  }
}
