#pragma once
// Whose is a token of an identity provider? What a trust policy must ask of it so that only mine pass.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "prove/detail/mine.h"

namespace ringwall::prove::detail {

// Somebody with a token of the provider that is not mine, and what is so of the claims in it.
struct Stranger {
  prover::Caller caller;
  prover::Constraint claims;  // holds for every other caller
};

// None: whatever the provider signs is mine. `facts` are those of the documents that are asked: a
// tenant that they spell out to the end of its name is believed to be mine where the perimeter file
// says nothing of the provider.
std::optional<Stranger> stranger_by(const std::string& provider, const Mine& mine, const Words& words,
                                    const std::vector<const Facts*>& facts);

// The providers of an account whose tokens a policy lets in that names everyone (`*` is whoever presents a token, too): of each
// issuer that the perimeter file lists or these documents ask about, and one that nobody speaks of.
std::vector<std::string> providers_of_everyone(const std::string& account, const Mine& mine, const Words& words,
                                               const std::vector<const Facts*>& facts);

// Adds whoever presents a token of a provider that a role's trust policy lets in, by name or as one of everyone, mine or not.
void add_bearers(const std::string& account, const Facts& trust, const Mine& mine, const Words& words, const std::vector<const Facts*>& facts,
                 std::vector<prover::Caller>& others);

// Of which issuers these documents ask what a token says.
std::set<std::string> issuers_asked_about(const Words& words, const std::vector<const Facts*>& facts);

// A token of one of the providers says nothing in the names of the others' issuers.
void leave_out_other_issuers(const std::vector<std::string>& providers, prover::Caller& bearer);

// Why nobody knows whether tokens of the provider are mine; empty: it is known.
std::string unsettled_tokens(const std::string& provider, const Mine& mine);

// `token.actions.githubusercontent.com` of the provider's ARN, or the name of one that is built in;
// empty: it is no OIDC provider.
std::string issuer_of(const std::string& provider);

}  // namespace ringwall::prove::detail
