#pragma once
// What a service tells of itself to `ringwall prove --live`: the files that `ringwall collect` would write of it (room loaders,
// README.md).

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "text/json.h"

namespace ringwall::service {

// Where it is written to. Implemented by who asks.
class Export {
 public:
  virtual ~Export() = default;
  // All pages of what one of the service's own operations answers the root of the account.
  virtual Result<text::Json> ask(const std::string& account, std::string_view operation, text::Json input = text::Json::object()) = 0;
  virtual void put(const std::string& path, const text::Json& answer) = 0;
  virtual bool has(std::string_view path) const = 0;
  virtual const std::string& management_account() const = 0;
  // "accounts/<account>", and below it the folder of the Region.
  virtual std::string home_of(const std::string& account) const = 0;
  virtual std::string region_of(const std::string& account) const = 0;

  // The answer of one operation as a file.
  Result<> add(const std::string& path, const std::string& account, std::string_view operation, text::Json input = text::Json::object()) {
    RW_TRY(const text::Json answer, ask(account, operation, std::move(input)));
    put(path, answer);
    return {};
  }
};

// Either may be left out: the service has nothing there to tell.
struct Exports {
  std::function<Result<>(Export&)> of_organization = {};
  std::function<Result<>(Export&, const std::string& account)> of_account = {};
  explicit operator bool() const { return of_organization != nullptr || of_account != nullptr; }
};

}  // namespace ringwall::service
