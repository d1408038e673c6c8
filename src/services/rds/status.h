#pragma once
// The status of a DB instance, as the API answers it, and what may follow what.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace ringwall::rds {

enum class Status : std::uint8_t {
  creating,
  starting,
  available,
  modifying,
  rebooting,
  stopping,
  stopped,
  deleting,
  failed,
  storage_full,
  insufficient_capacity,
  inaccessible,              // the KMS key of its storage is gone
  inaccessible_recoverable,  // that key cannot be used just now
};
inline constexpr std::array<std::string_view, 13> status_words = {
    "creating", "starting", "available", "modifying", "rebooting", "stopping", "stopped", "deleting", "failed", "storage-full",
    "insufficient-capacity", "inaccessible-encryption-credentials", "inaccessible-encryption-credentials-recoverable"};
inline std::span<const std::string_view> words(Status) { return status_words; }

// What comes of serving, or of trying to.
inline constexpr std::array outcomes = {Status::available, Status::storage_full, Status::failed, Status::insufficient_capacity,
                                        Status::inaccessible, Status::inaccessible_recoverable};

// Beside the outcomes, which follow every status but those of an instance that is not wanted to serve.
struct Step {
  Status from, to;
};
inline constexpr std::array not_serving = {Status::stopping, Status::stopped, Status::deleting};
inline constexpr Step steps[] = {
    // asked for
    {Status::available, Status::modifying},
    {Status::available, Status::rebooting},
    {Status::available, Status::stopping},
    {Status::storage_full, Status::modifying},
    {Status::storage_full, Status::rebooting},
    {Status::storage_full, Status::stopping},
    {Status::stopped, Status::starting},
    {Status::deleting, Status::stopping},  // the deletion was asked of a store that was put back: withdraw_deletions
    // done, or met
    {Status::stopping, Status::stopped},
    {Status::available, Status::starting},
    {Status::inaccessible, Status::starting},
    {Status::inaccessible_recoverable, Status::starting},
};

// Is it one of these, the same, or the end, which may be asked for at any time?
bool may_follow(Status from, Status to);

}  // namespace ringwall::rds
