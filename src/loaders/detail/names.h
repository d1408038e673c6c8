#pragma once
// Names that nothing of AWS's can have.

#include <string>
#include <string_view>

namespace ringwall::loaders {

// What keeps `name`, or an ARN, from being one of something that exists: a placeholder that nobody
// filled in (`${AWS::StackName}`, `<account>`), a wildcard, or a character that AWS takes in none of the
// names that are read here. Empty: it can be one. Such a name must not get into an estate, where
// names become patterns: `arn:aws:s3:::*` would stand for every bucket.
std::string_view strange_in(std::string_view name);

// The message of an organisation where none was to be.
std::string no_organization_expected(std::string_view organization);

}  // namespace ringwall::loaders
