// `ringwall exec`: a command at a place in a VPC, as if it ran on an instance there.

#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "control/control.h"
#include "host/command.h"
#include "os/files.h"

namespace ringwall::app {

int exec(const ExecFlags& flags) {
  if (::geteuid() != 0) return complain("exec needs root to enter a VPC's network namespace: run it with sudo");
  const auto lease = control::lease(flags.data, {flags.vpc, flags.subnet, flags.groups});
  if (!lease) return complain(lease.error().message, lease.error().kind == Failure::unavailable ? exit_no_server : exit_failure);
  if (!lease->api_endpoint.empty()) ::setenv("AWS_ENDPOINT_URL", lease->api_endpoint.c_str(), 1);
  ::setenv("RINGWALL_VPC", lease->vpc_id.c_str(), 1);
  ::setenv("RINGWALL_ADDRESS", lease->address.c_str(), 1);
  // The lease, and with it the interface, lasts as long as this process.
  const auto status = host::run_command({.arguments = flags.command,
                                         .network_namespace = lease->network_namespace.get(),
                                         .resolver = lease->resolver,
                                         .data_folder = flags.data,
                                         .shown = flags.data + "/run/ca.pem",
                                         .as = flags.as,
                                         .host_view = flags.host_view});
  return status ? *status : complain(status.error().message);
}

}  // namespace ringwall::app
