// `ringwall perimeter`: files in, what is wrong with them out.

#include "perimeter.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "commands.h"
#include "os/files.h"
#include "perimeter/perimeter.h"
#include "text/time.h"

namespace ringwall::app {
namespace {

std::string counted(std::size_t count, const char* one, const char* more) {
  return fmt::format("{} {}", count, count == 1 ? one : more);
}

void tell(const std::string& name, const perimeter::Perimeter& perimeter) {
  const auto& networks = perimeter.networks;
  const std::string organization = perimeter.no_organization        ? "no organisation"
                                   : perimeter.organization.empty() ? "the estate's organisation"
                                                                    : "organisation " + perimeter.organization;
  fmt::print("{}: {}, {}, {}, {}\n", name, organization,
             counted(networks.cidrs.size() + networks.vpcs.size() + networks.endpoints.size(), "network", "networks"),
             counted(perimeter.services.size(), "service", "services"),
             counted(perimeter.exceptions.size(), "exception", "exceptions"));
  const std::string now = today();
  for (const perimeter::Exception& exception : perimeter.exceptions) {
    if (exception.expired(now))
      fmt::print("{}: `{}` is over since {}: ask {} whether it may go\n", name, exception.name, *exception.expires, exception.owner);
    else if (!exception.expires)
      fmt::print("{}: `{}` has no end: give it one with `expires`\n", name, exception.name);
  }
}

}  // namespace

std::string today() { return text::iso8601(os::SystemClock().now()).substr(0, 10); }

CLI::App* add_perimeter(CLI::App& app, PerimeterFlags& flags) {
  CLI::App* command = app.add_subcommand("perimeter", "Check perimeter files, and print their schema.");
  command->require_subcommand(1);
  command->footer("A perimeter file says what is mine, which networks are expected, and what is excepted, in YAML or JSON.\n"
                  "Examples: ringwall perimeter check perimeter.yaml\n"
                  "          ringwall perimeter schema >perimeter.schema.json");
  CLI::App* check = command->add_subcommand("check", "Say what is wrong with perimeter files, and where.");
  check->add_option("file", flags.files, "perimeter files, or - for standard input")->required()->type_name("FILE");
  check->footer("Exit status: 0 every file is well formed, 1 one is not, 2 wrong usage or a file cannot be read.");
  flags.schema = command->add_subcommand("schema", "Print the JSON Schema of perimeter files, for editors and pipelines.");
  return command;
}

int perimeter_command(const PerimeterFlags& flags) {
  if (*flags.schema) {
    fmt::print("{}", perimeter::schema());
    return exit_success;
  }
  int status = exit_success;
  for (const std::string& name : flags.files) {
    const auto text = os::read_file(name == "-" ? "/dev/stdin" : name, perimeter::bytes_max + 1);
    if (!text) {
      status = complain(text.error().message, exit_usage);
      continue;
    }
    const auto perimeter = perimeter::read(*text);
    if (perimeter)
      tell(name, *perimeter);
    else
      status = std::max(status, complain(name + ": " + perimeter.error().message, exit_failure));
  }
  return status;
}

}  // namespace ringwall::app
