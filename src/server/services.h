#pragma once
// The services of this server: the one list of them.

#include <memory>
#include <span>
#include <vector>

#include "crypto/certificate.h"
#include "engine/engine.h"
#include "service/service.h"
#include "services/accessanalyzer/accessanalyzer.h"
#include "services/organizations/organizations.h"

namespace ringwall::server {

// What some of them are made with; lives as long as they do.
struct Surroundings {
  const std::vector<std::unique_ptr<engine::Engine>>& engines;
  const crypto::Authority& authority;
  accessanalyzer::BugSink bugs;
};

std::vector<service::Service> services(const Surroundings& surroundings);

// What keeps an account in the organisation: what any of the services has of it.
organizations::Remaining remaining_in(std::span<const service::Service> services);

}  // namespace ringwall::server
