#include "server/keys.h"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "crypto/crypto.h"
#include "os/files.h"
#include "server/records.h"
#include "text/encode.h"
#include "text/json.h"

namespace ringwall::server {

using text::Json;

namespace {

constexpr std::size_t root_key_bytes = 32;
constexpr std::size_t endpoint_bytes_max = 4096;
constexpr std::string_view authority_binding = "certificate authority";

Secret authority_sealing_key(const Secret& root_key) { return crypto::derive_key(root_key.reveal(), "certificate authority"); }

}  // namespace

bool has_store(const Layout& layout) {
  struct stat facts {};
  return ::stat(layout.state().c_str(), &facts) == 0 && facts.st_size > 0;
}

Result<Secret> root_key(const Layout& layout, Random& random) {
  const std::string path = layout.root_key();
  struct stat facts {};
  if (::stat(path.c_str(), &facts) == 0) {
    if ((facts.st_mode & 077) != 0) {
      return fail(Failure::denied, "the root key `" + path + "` can be read by others than its owner: chmod 600 it, and consider it known");
    }
    RW_TRY(const std::string content, os::read_file(path, root_key_bytes + 1));
    if (content.size() != root_key_bytes) {
      return fail(Failure::corrupt, "the root key `" + path + "` does not have 32 bytes: restore it from a backup");
    }
    return Secret(content);
  }
  if (errno != ENOENT || std::filesystem::is_symlink(path)) {
    return fail(Failure::denied, "the root key `" + path + "` cannot be looked at: make it readable for this user, or restore it from a backup");
  }
  if (has_store(layout)) {
    return fail(Failure::corrupt, "the root key `" + path + "` is missing, and the store beside it cannot be read without it: restore it from a backup");
  }
  std::array<std::uint8_t, root_key_bytes> bytes;
  random.fill(bytes);
  Secret key{ByteView(bytes)};
  wipe(bytes);
  RW_DO(os::write_file(path, key.reveal_text(), 0600));
  return key;
}

namespace {

Result<Secret> authority_secret(const StoredAuthority& stored, const Secret& root_key) {
  RW_TRY(const Bytes sealed, text::parse_base64(stored.key));
  return crypto::open(authority_sealing_key(root_key).reveal(), sealed, bytes_of(authority_binding));
}

}  // namespace

Result<> check_root_key(const store::Store& store, const Secret& root_key) {
  const auto stored = tables::authorities.get(store);
  if (!stored) return fail(Failure::corrupt, "the store holds no certificate authority: it is none of a server that has run");
  if (!authority_secret(*stored, root_key)) return fail(Failure::denied, "the root key is not the one that the store was written under");
  return {};
}

Result<> keep_region(store::Store& store, const Layout& layout, const std::string& region) {
  std::string kept;
  const auto noted = tables::regions.get(store);
  if (noted) {
    kept = noted->region;
  } else if (const auto endpoint = os::read_file(layout.endpoint(), endpoint_bytes_max)) {
    kept = text::parse_json(*endpoint).value_or(text::Json()).text("region");
  }
  if (!kept.empty() && kept != region) {
    return fail(Failure::invalid, "the data folder is of Region `" + kept +
                                      "`, which the ARNs of what it holds name, not of `" + region +
                                      "`: start with `--region " + kept + "`, or on another folder");
  }
  if (noted) return {};
  store::Transaction transaction(store);
  tables::regions.put(transaction, {.region = region});
  RW_DO(store.commit(transaction));
  return {};
}

Result<crypto::Authority> authority(store::Store& store, const Secret& root_key, Random& random, TimePoint now) {
  if (const auto stored = tables::authorities.get(store)) {
    auto key = authority_secret(*stored, root_key);
    if (!key) return fail(Failure::corrupt, "the certificate authority was stored under another root key: restore `root.key` from a backup");
    return crypto::Authority::load(stored->certificate, *std::move(key));
  }
  crypto::Authority made = crypto::Authority::create("Ringwall CA " + random_text(random, "0123456789abcdef", 8), now);
  const Bytes sealed = crypto::seal(authority_sealing_key(root_key).reveal(), made.identity().key_pem.reveal(), bytes_of(authority_binding), random);
  store::Transaction transaction(store);
  tables::authorities.put(transaction, {.certificate = made.identity().certificate_pem, .key = text::base64(sealed)});
  RW_DO(store.commit(transaction));
  return made;
}

Result<> write_administrator(const Layout& layout, const directory::Administrator& administrator) {
  if (administrator.access_key.empty()) return {};
  const Json json = Json::object({{"account", administrator.account},
                                  {"arn", administrator.arn},
                                  {"access_key", administrator.access_key},
                                  {"secret", administrator.secret.reveal_text()}});
  return os::write_file(layout.administrator(), json.dump() + "\n", 0600);
}

}  // namespace ringwall::server
