#pragma once
// The API's front: listeners in, decided calls through, everything recorded.

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "audit/log.h"
#include "crypto/tls.h"
#include "directory/directory.h"
#include "http/server.h"
#include "os/fd.h"
#include "service/service.h"

namespace ringwall::gateway {

struct Options {
  unsigned io_threads = 0;       // 0: one a core
  unsigned worker_threads = 4;   // for operations that commit
};

inline constexpr std::size_t queued_writes_max = 1024;       // one more is answered with throttling
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
