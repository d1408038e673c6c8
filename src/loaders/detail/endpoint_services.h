#pragma once
// What the names of endpoint services say: which actions go through, and whether a policy can be
// attached.

#include <string>
#include <string_view>

namespace ringwall::loaders {

struct EndpointService {
  // The prefix of the actions: "s3" for `com.amazonaws.us-east-1.s3`. A name that is not known stays
  // as it is, and any action may go through.
  std::string service;
  bool takes_policy = true;
  bool aws = true;  // else someone's own service (PrivateLink), where no request to AWS goes
};

EndpointService endpoint_service(std::string_view service_name);

}  // namespace ringwall::loaders
