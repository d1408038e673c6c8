#pragma once
// `ringwall new-store`: what a person asks for when the store is lost.

#include "commands.h"

namespace ringwall::app {

void add_new_store(CLI::App& app, Chosen& chosen);

}  // namespace ringwall::app
