#pragma once
// The configuration of Squid that keeps AWS traffic within the Regions that are mine.

#include <string>

#include "perimeter/perimeter.h"

namespace ringwall::generate::detail {

// For the proxy in the first Region. Traffic to each of the others goes to the proxy there, so that
// it leaves through an endpoint of mine; to any other Region it does not go at all.
std::string proxy_configuration(const perimeter::Perimeter& perimeter);

}  // namespace ringwall::generate::detail
