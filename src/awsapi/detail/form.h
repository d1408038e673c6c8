#pragma once
// The parameters of a query or EC2 request: `application/x-www-form-urlencoded`, sorted by name.
//
// Structure is in the names (`Filters.Filter.2.Values.Value.1`). Nothing is built from them:
// since they are sorted, everything below a prefix is one contiguous range, and a list's items
// are groups of it. So memory is that of the request, however wild its indexes.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "awsapi/model.h"

namespace ringwall::awsapi::detail {

struct Parameter {
  std::string name;
  std::string value;
};
using Parameters = std::span<const Parameter>;

// Reads body (if it is a form) and query string together, without the X-Amz-* of a presigned
// request. Refuses a bad escape, bytes that are not UTF-8, a name given twice, and more than
// form_parameters_max.
ApiResult<std::vector<Parameter>> read_form(const WireRequest& request);

// The parameters of a REST request's query string, without the X-Amz-* of a presigned request, in
// the order of their names; those of one name, of which there may be several, in the order given.
ApiResult<std::vector<Parameter>> read_query(std::string_view query);

// The value of the first parameter called `name`, without reading the rest.
std::string peek_form(const WireRequest& request, std::string_view name);

bool is_form(const WireRequest& request);      // by content type
bool is_amz_json(const WireRequest& request);  // by content type

// The parameter called exactly `name`, or null.
const std::string* exact(Parameters parameters, std::string_view name);
// Those whose names begin with `prefix`.
Parameters below(Parameters parameters, std::string_view prefix);

}  // namespace ringwall::awsapi::detail
