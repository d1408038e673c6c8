#pragma once
// What the helper demands of a request before it touches anything: it is what an attacker who
// has taken the server over would write. Each refusal is Failure::invalid and names the field.

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "host/detail/message.h"
#include "host/helper.h"

namespace ringwall::host::detail {

inline constexpr std::size_t id_characters_max = 40;  // after the dash
inline constexpr std::uint64_t volume_bytes_min = 16ull << 20;
inline constexpr std::uint64_t volume_bytes_max = 64ull << 40;
inline constexpr std::size_t key_bytes = 64;
inline constexpr std::size_t interfaces_max = 4096;  // of one network
inline constexpr std::uint64_t memory_bytes_min = 64ull << 20, memory_bytes_max = 64ull << 40;  // of a process
inline constexpr std::uint64_t process_bytes_min = 16ull << 20;
inline constexpr std::uint32_t processes_min = 8, processes_max = 1u << 20;
inline constexpr std::uint32_t cpu_percent_min = 10, cpu_percent_max = 100 * 1024;
inline constexpr std::uint32_t weight_max = 10'000;

// `kind`-[A-Za-z0-9]{1,40}
bool is_id(std::string_view text, std::string_view kind);
// The id of a database instance, or of a step of its: db-…, db-…-setup.
bool is_process_id(std::string_view text);

Result<> validate(const Request& request, const HelperOptions& options);

}  // namespace ringwall::host::detail
