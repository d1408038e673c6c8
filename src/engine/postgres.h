#pragma once
// PostgreSQL as a managed engine. See README.md for the roles it makes and who may sign in how.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"

namespace ringwall::engine {

// One engine per major version found under `installations` (Debian's layout: MAJOR/bin).
std::vector<std::unique_ptr<Engine>> installed_postgres(
    const std::string& plugin_folder, const std::string& installations = "/usr/lib/postgresql");

// "15.20" from `postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)`; empty when it is not that.
std::string version_of(std::string_view reported);

}  // namespace ringwall::engine
