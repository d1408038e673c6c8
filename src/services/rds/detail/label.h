#pragma once
// The label of a volume: what is needed to give the volume back to somebody when the store knows
// nothing of it. It lies beside the image, on root's side, and the server alone writes and reads it.
//
//   {"ringwall_volume_label":1,"volume":…,"installation":…,"generation":…,"revision":…,"document":…,"escrow":…}
//   mac <64 hexadecimal digits>
//
// The first line is JSON, so that a person can read whose a volume was; the second authenticates
// its bytes under a key derived from the root key. `document` is the instance's, without what
// passes. `escrow` is the volume's data key, sealed under another derived key and bound to the
// volume: it opens a volume whose KMS key is newer than the store that was put back. What it opens
// the root key opened already, through the key material in the store; it goes when the KMS key is
// deleted (docs/decisions/0016).

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "services/rds/detail/documents.h"
#include "services/rds/volumes.h"

namespace ringwall::rds::detail {

inline constexpr int label_format = 1;

struct Label {
  std::string volume;
  std::string installation;
  Position position;  // of the store that wrote it
  Json document;
  std::string escrow;  // base64; empty: there is none
};

// What a label keeps of an instance: all but secrets, wishes and what is observed. Tags
// go where the whole would be past what a label may have.
Json lasting(const Instance& instance);
// The instance that a label tells of, about to begin again. Failure::corrupt when it is not understood.
Result<Instance> instance_of(const Label& label);
// Does it say that the volume's data is whole?
bool is_made(const Label& label);

// The ARN of the KMS key that wraps the data key; empty if that is damaged.
std::string kms_key_of(const Wanted& wanted);

std::string write_label(const service::Environment& environment, const Label& label);

struct ReadLabel {
  Label label;
  bool genuine = false;  // written under this root key, for this volume
};
// Failure::corrupt, saying what is wrong, for bytes that are no label.
Result<ReadLabel> read_label(const service::Environment& environment, std::string_view volume, std::string_view bytes);

std::string seal_escrow(const service::Environment& environment, std::string_view volume, const Secret& data_key);
// Failure::denied when it was not sealed under this root key for this volume.
Result<Secret> open_escrow(const service::Environment& environment, std::string_view volume, std::string_view escrow);

}  // namespace ringwall::rds::detail
