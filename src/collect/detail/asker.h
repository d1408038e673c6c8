#pragma once
// Calls made and their answers kept: a file that is there is not asked for again.

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "collect/collect.h"
#include "collect/detail/aws.h"
#include "collect/detail/table.h"
#include "text/json.h"

namespace ringwall::collect::detail {

using text::Json;

class Asker {
 public:
  explicit Asker(const Options& options);

  // The answer of that call, from its file or from AWS, whose answer is put into the file. Nothing:
  // it was refused, which is noted, or the file could not be written, which ends the whole. `needs`:
  // whether the caller reads the answer; else a file that is there is not opened. Thread-safe.
  enum class Needs : std::uint8_t { nothing, answer };
  std::optional<Json> ask(const Call& call, const Credentials* credentials, Needs needs);

  // A call whose answer is not kept.
  Result<Json> ask_once(const std::vector<std::string>& arguments, const Credentials* credentials, std::string_view region);

  void refuse(const Call& call, std::string message);
  bool failed() const;  // nothing more need be asked: the folder cannot be written

  void told(std::size_t all, const std::string& what);
  // Writes refused.json; the Summary, or what ended the whole.
  Result<Summary> finish();

 private:
  std::optional<Json> read(const std::string& path, Needs needs, bool& is_there) const;
  std::vector<std::string> command(const std::vector<std::string>& arguments, std::string_view region) const;
  void fail_with(const Error& error);

  const Options& options_;
  mutable std::mutex mutex_;
  Summary summary_;
  std::optional<Error> error_;
  Json refused_ = Json::array();
  std::size_t done_ = 0;
};

}  // namespace ringwall::collect::detail
