// `ringwall sever`: ends what is open, at once.

#include <fmt/format.h>

#include <filesystem>

#include "commands.h"
#include "control/control.h"
#include "text/json.h"

namespace ringwall::app {

int sever(const SeverFlags& flags) {
  std::error_code error;
  const auto severed = control::sever(std::filesystem::weakly_canonical(flags.data, error),
                                      {flags.database, flags.interface, flags.group, flags.address, flags.vpc});
  if (!severed) return complain(severed.error().message, severed.error().kind == Failure::unavailable ? exit_no_server : exit_failure);
  if (flags.format == Format::json) {
    fmt::print("{}\n", text::Json::object({{"flows", static_cast<std::int64_t>(severed->flows)},
                                           {"addresses", static_cast<std::int64_t>(severed->addresses)}})
                           .dump());
  } else {
    fmt::print("ended {} flow{} of {} address{}\n", severed->flows, severed->flows == 1 ? "" : "s", severed->addresses,
               severed->addresses == 1 ? "" : "es");
  }
  return exit_success;
}

}  // namespace ringwall::app
