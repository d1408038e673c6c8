#pragma once
// The API's front: listeners in, decided calls through, everything recorded.

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "audit/log.h"
#include "crypto/tls.h"
#include "directory/directory.h"
#include "gateway/host_names.h"
#include "http/server.h"
#include "os/fd.h"
#include "service/service.h"

namespace ringwall::gateway {

struct Options {
  unsigned io_threads = 0;       // 0: one a core
  unsigned worker_threads = 8;   // for operations that commit, or whose answer grows with what is stored
  std::optional<HostNames> host_names = {};  // empty: this server's own
  bool network_keys_everywhere = false;      // decide.h: beyond AWS
};

inline constexpr std::size_t queued_calls_max = 1024;  // one more is answered with throttling
inline constexpr std::size_t queued_calls_per_account_max = 256;
// Of a request whose head names a known key; of others nothing is read behind the head.
inline constexpr std::size_t request_body_bytes_max = 1024UL * 1024;

class Gateway {
 public:
  // Everything referred to must outlive the gateway. `services` by signing name.
  Gateway(Options options, const service::Environment& environment, directory::Directory& directory,
          audit::Log& audit, std::vector<service::Service> services);
  ~Gateway();

  void use_tls(std::shared_ptr<const crypto::TlsContext> context);

  // The host's listener: requests carry aws:SourceIp.
  Result<> listen(os::UniqueFd socket);
  // A VPC endpoint's listeners, as network::Reconciler::OnListener tells of them: one socket more,
  // another context for those there are (no socket), or the end of all (no context).
  Result<> listen(const std::string& endpoint_id, service::NetworkContext context, os::UniqueFd socket);

  void stop(std::chrono::milliseconds patience);

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace ringwall::gateway
