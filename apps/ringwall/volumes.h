#pragma once
// `ringwall volumes` and `ringwall new-store`: what a person decides about data that the store does not know.

#include "commands.h"
#include "text/json.h"

namespace ringwall::app {

void add_volumes(CLI::App& app, Chosen& chosen);
void add_new_store(CLI::App& app, Chosen& chosen);

// A row of what the server says of its volumes, for people.
void print_volume(const text::Json& row);

}  // namespace ringwall::app
