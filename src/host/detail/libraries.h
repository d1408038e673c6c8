#pragma once
// Which shared libraries programs of this machine need: what the dynamic linker would load.

#include <string>
#include <vector>

namespace ringwall::host::detail {

// The folders where the machine's libraries lie.
const std::vector<std::string>& library_folders();

// Paths of the libraries that the ELF files among `files` need, and of what those need, with the
// program interpreter. One that is in none of the folders is left out, and the program will say so.
std::vector<std::string> libraries_of(const std::vector<std::string>& files);

}  // namespace ringwall::host::detail
