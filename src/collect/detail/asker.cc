#include "collect/detail/asker.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "os/files.h"

namespace ringwall::collect::detail {
namespace {

constexpr unsigned file_mode = 0600, folder_mode = 0700;  // policies are nobody else's business

// "NoSuchBucketPolicy" of "An error occurred (NoSuchBucketPolicy) when calling the … operation: …".
std::string_view code_in(std::string_view error) {
  const std::size_t open = error.find("An error occurred (");
  if (open == std::string_view::npos) return {};
  const std::size_t begin = error.find('(', open) + 1;
  const std::size_t end = error.find(')', begin);
  return end == std::string_view::npos ? std::string_view() : error.substr(begin, end - begin);
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

}  // namespace

Asker::Asker(const Options& options) : options_(options) {}

// Versions 1 of the CLI put a name of AWS's in place of AWS_ENDPOINT_URL for `rds`, so that it is
// told on the command line.
std::vector<std::string> Asker::command(const std::vector<std::string>& arguments, std::string_view region) const {
  std::vector<std::string> words = arguments;
  words.insert(words.end(), {"--output", "json"});
  if (!region.empty()) words.insert(words.end(), {"--region", std::string(region)});
  if (arguments.front() == "rds") {
    const char* own = std::getenv("AWS_ENDPOINT_URL_RDS");
    const char* endpoint = own != nullptr ? own : std::getenv("AWS_ENDPOINT_URL");
    if (endpoint != nullptr) words.insert(words.end(), {"--endpoint-url", endpoint});
  }
  return words;
}

std::optional<Json> Asker::read(const std::string& path, Needs needs, bool& is_there) const {
  std::error_code none;
  is_there = std::filesystem::is_regular_file(path, none);
  if (!is_there || needs == Needs::nothing) return std::nullopt;
  const Result<std::string> text = os::read_file(path, answer_bytes_max);
  Result<Json> json = text ? text::parse_json(*text, answer_limits) : fail(Failure::corrupt, {});
  is_there = json.has_value();  // what cannot be read is asked for again
  if (!json) return std::nullopt;
  return *std::move(json);
}

std::optional<Json> Asker::ask(const Call& call, const Credentials* credentials, Needs needs) {
  const std::string path = options_.folder + "/" + call.path;
  bool is_there = false;
  if (!options_.refresh) {
    std::optional<Json> known = read(path, needs, is_there);
    if (is_there) {
      const std::lock_guard lock(mutex_);
      ++summary_.kept;
      return known;
    }
  }
  Result<Said> said = run(options_.aws, command(call.arguments, call.region), credentials);
  if (!said) {
    if (said.error().kind == Failure::exhausted) {
      refuse(call, said.error().message);
    } else {
      fail_with(said.error());
    }
    return std::nullopt;
  }
  const bool is_nothing = said->status != 0 && !call.none.empty() && code_in(said->error) == call.none;
  if (said->status != 0 && !is_nothing) {
    const std::string message = without_secrets(said->error, credentials, message_bytes_max);
    refuse(call, message.empty() ? "the AWS CLI ended with status " + std::to_string(said->status) : message);
    return std::nullopt;
  }
  // The CLI prints nothing at all for an empty answer.
  const std::string text = is_nothing || is_blank(said->out) ? "{}\n" : std::move(said->out);
  Result<Json> json = text::parse_json(text, answer_limits);
  if (!json) {
    refuse(call, "the AWS CLI did not print JSON: " + json.error().message);
    return std::nullopt;
  }
  const Result<> made = os::make_folder(std::filesystem::path(path).parent_path(), folder_mode);
  const Result<> written = made ? os::write_file(path, text, file_mode) : made;
  if (!written) {
    fail_with(written.error());
    return std::nullopt;
  }
  const std::lock_guard lock(mutex_);
  ++summary_.files;
  return *std::move(json);
}

Result<Json> Asker::ask_once(const std::vector<std::string>& arguments, const Credentials* credentials, std::string_view region) {
  RW_TRY(const Said said, run(options_.aws, command(arguments, region), credentials));
  if (said.status != 0) {
    return fail(Failure::denied, "`" + arguments[0] + " " + arguments[1] + "`: " + without_secrets(said.error, credentials, message_bytes_max));
  }
  return text::parse_json(said.out, answer_limits);
}

void Asker::refuse(const Call& call, std::string message) {
  const std::lock_guard lock(mutex_);
  const std::string operation = call.arguments.empty() ? "name" : operation_of(call);
  summary_.refused.push_back(operation + " (" + call.path + "): " + message);
  refused_.push(Json::object({{"Operation", operation}, {"Account", call.account}, {"Region", call.region}, {"Path", call.path}, {"Message", std::move(message)}}));
}

void Asker::fail_with(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = error;
}

bool Asker::failed() const {
  const std::lock_guard lock(mutex_);
  return error_.has_value();
}

void Asker::told(std::size_t all, const std::string& what) {
  const std::lock_guard lock(mutex_);
  ++done_;
  if (options_.progress) options_.progress(done_, all, what);
}

Result<Summary> Asker::finish() {
  if (error_) return std::unexpected(*error_);
  std::ranges::sort(refused_.edit_items(), {}, [](const Json& call) { return call.str("Path"); });
  std::ranges::sort(summary_.refused);
  RW_DO(os::write_file(options_.folder + "/refused.json", Json::object({{"Refused", refused_}}).dump_pretty() + "\n", file_mode));
  return std::move(summary_);
}

}  // namespace ringwall::collect::detail
