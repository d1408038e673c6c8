#pragma once
// The axioms as formulas.

#include <vector>

#include "prover/detail/encoder.h"

namespace ringwall::prover::detail {

struct StatedAxiom {
  const Axiom* axiom;
  Ref formula;
  std::vector<KeyId> keys;  // that it speaks about
};

// That keys of the network are present only with the actions of some services: it speaks of each class of actions, so whoever
// has the classes states it.
const Axiom& axiom_of_network_keys();
const Axiom& axiom_of_service_keys();    // likewise
const Axiom& axiom_of_caller_account();  // these two speak of each caller
const Axiom& axiom_of_source_owner();

// Those that say something in this case: one that known keys decide is left out, whatever they
// decide, for what is known of a request is stronger than what is known of all.
std::vector<StatedAxiom> state_axioms(Encoder& encoder, Formulas& formulas, const Leaves& leaves, std::string_view off = {});

}  // namespace ringwall::prover::detail
