// Whatever stands in an export's files, it is loaded or refused; what is loaded is whole: every
// document is there, and every gap says of what and why.

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "loaders/loaders.h"
#include "loaders/testing_export.h"

namespace {

using namespace ringwall;

void check(const loaders::Loaded& loaded) {
  RW_CHECK(loaded.estate->accounts.size() > 0);
  loaded.estate->principals.for_each([](const estate::Principal& principal) {
    for (const authz::Named& named : principal.identity) RW_CHECK(named.document != nullptr);
    RW_CHECK(principal.trust.has_value() == (principal.type == policy::Principal::Type::role_session));
  });
  loaded.estate->accounts.for_each([](const estate::Account& account) {
    for (const authz::Level& level : account.scps) {
      for (const authz::Named& named : level.policies) RW_CHECK(named.document != nullptr);
    }
  });
  for (const loaders::Gap& gap : loaded.gaps) RW_CHECK(!gap.subject.empty() && !gap.message.empty());
}

}  // namespace

// The first two bytes choose a file of a small export; the others take the place of part of it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<loaders::File> whole = loaders::testing::make_export({.accounts = 2, .units = 1, .principals = 4, .resources = 3, .endpoints = 1, .distinct = 2});
  if (size < 4) return 0;
  std::vector<loaders::File> files = whole;
  std::string& text = files[data[0] % files.size()].text;
  const std::string_view given(reinterpret_cast<const char*>(data) + 4, size - 4);
  if (data[1] % 4 == 0) {
    text = given;
  } else {
    const std::size_t at = (static_cast<std::size_t>(data[2]) * 256 + data[3]) % (text.size() + 1);
    text.replace(at, std::min(given.size(), text.size() - at), given);
  }
  const auto loaded = loaders::load_export(files, {});
  if (loaded) check(*loaded);
  return 0;
}
