#pragma once
// The plain twin of decide(): gathers every statement that applies, then reads the verdict off
// the rules of AWS's policy evaluation guide, one after the other. Tests hold decide() to it, and
// explanations come from it.

#include <unordered_map>

#include "authz/authz.h"
#include "policy/plain.h"

namespace ringwall::authz::plain {

// Keeps each document that it has read; they must outlive it. Not thread-safe.
class Evaluator {
 public:
  Decision authorize(const policy::Request& request, const Layers& layers);

  const policy::plain::Policy& policy(const policy::Document& document);

 private:
  std::unordered_map<const policy::Document*, policy::plain::Policy> read_;
};

}  // namespace ringwall::authz::plain
