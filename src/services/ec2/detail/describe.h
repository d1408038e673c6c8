#pragma once
// Every Describe call works alike: ids, filters with wildcards, pages. Written once here.

#include <string>
#include <string_view>
#include <vector>

#include "services/ec2/detail/common.h"

namespace ringwall::ec2 {

// A filter and where its values are found in a document: "Groups.GroupId", lists taken apart.
struct Filter {
  std::string_view name;
  std::string_view path;
};

struct Listing {
  std::string_view result;     // the output's list: "Vpcs"
  std::string_view ids_input;  // the input's list of ids: "VpcIds"; empty: none
  std::string_view id_member;  // of an item, also the order of pages
  std::string_view missing;    // error code for an id that is not there
  std::string_view noun;
  std::vector<Filter> filters;  // beside tag:<key> and tag-key, which all have
  // The form and the error of ids that are none; empty: there is no form.
  std::string_view prefix = {};
  std::string_view malformed = {};
};
// The listing of a kind of resource, with the names its table row gives.
Listing listing_of(Kind kind, std::string_view result, std::string_view ids_input, std::vector<Filter> filters);

// Answers a Describe call over `documents`, which are in order of `id_member`.
ApiResult<Json> describe(const Call& call, const Listing& listing, std::vector<Json> documents);
std::vector<Json> copies_of(const std::vector<DocumentPtr>& documents);

// Does the document pass all filters? Refuses filters the listing does not know.
ApiResult<bool> passes(const Json& document, const Json& filters, const std::vector<Filter>& known);
// Every scalar at `path`, as filters compare it.
std::vector<std::string> values_at(const Json& document, std::string_view path);

}  // namespace ringwall::ec2
