#include "services/rds/detail/label.h"

#include <algorithm>

#include "crypto/crypto.h"
#include "host/host.h"
#include "text/encode.h"

namespace ringwall::rds::detail {
namespace {

constexpr std::string_view format_member = "ringwall_volume_label";
constexpr std::string_view mac_word = "mac ";
constexpr std::size_t frame_bytes_max = 4096;  // of a label, beside the document

// What a label does not say, and an instance that begins again has.
constexpr std::string_view status_member = "DBInstanceStatus", desired_member = "desired", generation_member = "generation", tags_member = "TagList";

Secret escrow_key(const service::Environment& environment) {
  return crypto::derive_key(environment.root_key.reveal(), "volume data keys in escrow");
}

std::string mac_of(const service::Environment& environment, std::string_view line) {
  const Secret key = crypto::derive_key(environment.root_key.reveal(), "volume labels");
  return crypto::hex(crypto::hmac_sha256(key.reveal(), bytes_of(line)));
}

}  // namespace

Json lasting(const Instance& instance) {
  Instance bare = instance;
  bare.requests.master_password.reset();
  bare.requests.reboot = false;
  bare.observed.message.reset();
  bare.observed.certificate_until.reset();
  Json kept = records::to_json(bare);
  for (const std::string_view member : {status_member, desired_member, generation_member}) kept.erase(member);
  if (kept.dump().size() > host::label_bytes_max - frame_bytes_max) kept.erase(tags_member);
  return kept;
}

Result<Instance> instance_of(const Label& label) {
  Json whole = label.document;
  whole.set(status_member, records::word_of(Status::creating)).set(desired_member, records::word_of(Desired::running)).set(generation_member, 1);
  if (!whole.contains(tags_member)) whole.set(tags_member, Json::array());
  return records::from_json<Instance>(whole);
}

bool is_made(const Label& label) {
  const auto instance = instance_of(label);
  return instance && instance->observed.was_made;
}

std::string kms_key_of(const Wanted& wanted) {
  const auto blob = text::parse_base64(wanted.data_key);
  if (!blob) return {};
  return keyring::key_of(*blob).value_or("");
}

std::string write_label(const service::Environment& environment, const Label& label) {
  Json json = Json::object({{std::string(format_member), label_format},
                            {"volume", label.volume},
                            {"installation", label.installation},
                            {"generation", label.position.generation},
                            {"revision", label.position.revision},
                            {"document", label.document}});
  if (!label.escrow.empty()) json.set("escrow", label.escrow);
  const std::string line = json.dump();
  return line + "\n" + std::string(mac_word) + mac_of(environment, line) + "\n";
}

Result<ReadLabel> read_label(const service::Environment& environment, std::string_view volume, std::string_view bytes) {
  const std::size_t end = bytes.find('\n');
  if (end == std::string_view::npos) return fail(Failure::corrupt, "its label is cut short");
  const std::string_view line = bytes.substr(0, end), rest = bytes.substr(end + 1);
  const auto json = text::parse_json(line);
  if (!json) return fail(json.error(), "its label cannot be read");
  if ((*json)[format_member].as_integer() != label_format)
    return fail(Failure::corrupt, "its label is of no format that this version knows");
  ReadLabel read{.label = {.volume = json->str("volume"),
                           .installation = json->str("installation"),
                           .position = {(*json)["generation"].as_integer(), (*json)["revision"].as_integer()},
                           .document = (*json)["document"],
                           .escrow = json->str("escrow")}};
  const std::string wanted = std::string(mac_word) + mac_of(environment, line) + "\n";
  read.genuine = equal_in_constant_time(bytes_of(wanted), bytes_of(rest)) && read.label.volume == volume &&
                 read.label.document.text("DbiResourceId") == volume;
  return read;
}

std::string seal_escrow(const service::Environment& environment, std::string_view volume, const Secret& data_key) {
  const Secret key = escrow_key(environment);
  return text::base64(crypto::seal(key.reveal(), data_key.reveal(), bytes_of(volume), environment.random));
}

Result<Secret> open_escrow(const service::Environment& environment, std::string_view volume, std::string_view escrow) {
  RW_TRY(const Bytes sealed, text::parse_base64(escrow));
  const Secret key = escrow_key(environment);
  return crypto::open(key.reveal(), sealed, bytes_of(volume));
}

}  // namespace ringwall::rds::detail
