#include "engine/engine.h"
#include "engine/postgres.h"

namespace ringwall::engine {

std::vector<std::unique_ptr<Engine>> installed_engines(const std::string& plugin_folder) {
  return installed_postgres(plugin_folder);
}

}  // namespace ringwall::engine
