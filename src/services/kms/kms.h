#pragma once
// The KMS API: https://docs.aws.amazon.com/kms/latest/APIReference/

#include <vector>

#include "service/service.h"

namespace ringwall::kms {

inline constexpr std::size_t plaintext_bytes_max = 4096;  // Encrypt
inline constexpr std::size_t data_key_bytes_max = 1024;   // GenerateDataKey, GenerateRandom
inline constexpr std::size_t constraint_pairs_max = 8;              // of a grant's encryption context
inline constexpr std::size_t constraint_value_characters_max = 384;
inline constexpr std::size_t grants_per_page_max = 100;
inline constexpr int pending_days_min = 7, pending_days_max = 30;

// Every operation Ringwall implements, with its authorisation.
std::vector<service::Operation> operations();
// The service, as the server has it.
service::Service service();

}  // namespace ringwall::kms
