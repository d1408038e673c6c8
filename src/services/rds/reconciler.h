#pragma once
// Makes database instances real: from the stored desired state to an encrypted volume, an
// interface, a running engine, a name, a sign-in listener. It can be killed at any moment and
// started again: each step looks at what is there before it acts.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "crypto/certificate.h"
#include "engine/engine.h"
#include "host/host.h"
#include "network/network.h"
#include "service/service.h"
#include "services/rds/volumes.h"

namespace ringwall::rds {

// What a sign-in listener knows of a database, for whoever decides.
struct SigninQuestion {
  std::string account;
  std::string resource_id;
  std::string host;           // endpoint name
  std::uint16_t port = 0;
  std::string vpc_id;
  std::string client_address;
  std::string user;
  std::string_view token;
  bool takes_tokens = true;   // IAM database authentication is enabled
};
// A sign-in by password, which the engine judged. `about` holds no token.
struct PasswordSignin {
  SigninQuestion about;
  std::string database;
  std::string tls;            // the protocol's version; empty: none
  bool allowed = false;
};
// Nothing: let in. Else the reason, for the log.
using SigninJudge = std::function<std::optional<std::string>(const SigninQuestion&)>;

// Is told of it, from any thread. False: it could not be recorded.
using SigninWitness = std::function<bool(const PasswordSignin&)>;

struct ReconcilerParts {
  const service::Environment& environment;
  host::Host& host;
  Installation installation;
  network::Reconciler& networks;
  const std::vector<std::unique_ptr<engine::Engine>>& engines;
  const crypto::Authority& authority;
  SigninJudge judge;
  SigninWitness witness = {};
  std::function<void(const std::string&)> log;  // a line for people; from any thread
  // An engine that runs so long without serving is called failed, and asked on.
  std::chrono::milliseconds ready_patience = std::chrono::minutes(5);
  // One that served is asked so often whether it answers, and started again once it has not for so long.
  std::chrono::milliseconds probe_every = std::chrono::seconds(2);
  std::chrono::milliseconds silence_patience = std::chrono::seconds(30);
  // How often an engine that serves is looked at for how full its volume is.
  std::chrono::milliseconds storage_look = std::chrono::seconds(15);
};

class Reconciler {
 public:
  // Starts: adopts what runs, finishes what is half made, sets aside what no document knows, then follows the store.
  explicit Reconciler(ReconcilerParts parts);
  ~Reconciler();  // leaves databases running

  // For a clean end: stops every engine and closes every volume. Desired state is untouched, so
  // the next start brings them back. Blocks; answers the first failure, having tried all.
  Result<> stop_all();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace ringwall::rds
