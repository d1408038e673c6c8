#pragma once
// A loaded model, as the codecs of this room see it.

#include <map>
#include <set>

#include "awsapi/detail/route.h"
#include "awsapi/detail/shape.h"
#include "awsapi/model.h"

namespace ringwall::awsapi {

struct Model::State {
  std::string service;
  std::string signing_name;
  std::string api_version;
  std::string target_prefix;
  std::string xml_namespace;
  std::string endpoint_prefix;
  std::string error_message_member;
  bool global = false;
  Protocol protocol = Protocol::query;
  std::map<std::string, Shape, std::less<>> shapes;  // nodes stay where they are
  std::map<std::string, OperationShape, std::less<>> operations;
  std::set<std::string, std::less<>> others;
  std::map<std::string, int, std::less<>> errors;
  std::vector<detail::Route> routes;  // REST: the more specific first
};

}  // namespace ringwall::awsapi
