#include "awsapi/detail/form.h"

#include <algorithm>

#include "text/encode.h"

namespace ringwall::awsapi::detail {
namespace {

std::unexpected<ApiError> malformed(std::string message) { return api_error("MalformedQueryString", std::move(message), 400); }

// Calls `take(name, value)` for every `name=value` of a form, still encoded, until it answers false.
template <typename Take>
bool each_pair(std::string_view form, Take take) {
  while (!form.empty()) {
    const std::size_t end = std::min(form.find('&'), form.size());
    const std::string_view pair = form.substr(0, end);
    form.remove_prefix(std::min(end + 1, form.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (!take(pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size())))) return false;
  }
  return true;
}

// The content type without parameters, in lower case; empty if none is given.
std::string content_type(const WireRequest& request) {
  const std::string_view value = request.header("content-type").value_or("");
  std::string_view type = value.substr(0, value.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return text::lower(type);
}

// Decodes forms one after the other.
class Reader {
 public:
  bool read(std::string_view form) {
    return each_pair(form, [this](std::string_view name, std::string_view value) { return take(name, value); });
  }
  // What was read, in the order of the names.
  ApiResult<std::vector<Parameter>> finish() && {
    if (!fault_.empty()) return malformed(std::move(fault_));
    std::ranges::stable_sort(parameters_, {}, &Parameter::name);
    return std::move(parameters_);
  }

 private:
  bool take(std::string_view name, std::string_view value) {
    auto plain_name = text::percent_decode(name, true);
    auto plain_value = text::percent_decode(value, true);
    if (!plain_name || !plain_value || !text::is_utf8(*plain_name) || !text::is_utf8(*plain_value)) {
      fault_ = "The request contains a parameter that is not percent-encoded UTF-8";
    } else if (parameters_.size() == form_parameters_max) {
      fault_ = "The request contains more than " + std::to_string(form_parameters_max) + " parameters";
    } else if (!plain_name->starts_with("X-Amz-")) {
      parameters_.push_back({*std::move(plain_name), *std::move(plain_value)});
    }
    return fault_.empty();
  }

  std::vector<Parameter> parameters_;
  std::string fault_;
};

}  // namespace

bool is_form(const WireRequest& request) { return content_type(request) == "application/x-www-form-urlencoded"; }

bool is_amz_json(const WireRequest& request) {
  const std::string type = content_type(request);
  return type == "application/x-amz-json-1.1" || type == "application/x-amz-json-1.0";
}

ApiResult<std::vector<Parameter>> read_form(const WireRequest& request) {
  Reader reader;
  if (reader.read(request.query) && is_form(request)) reader.read(request.body);
  RW_TRY(auto parameters, std::move(reader).finish());
  const auto twice = std::ranges::adjacent_find(parameters, {}, &Parameter::name);
  if (twice != parameters.end()) return malformed("The parameter " + twice->name + " is given more than once");
  return parameters;
}

ApiResult<std::vector<Parameter>> read_query(std::string_view query) {
  Reader reader;
  reader.read(query);
  return std::move(reader).finish();
}

std::string peek_form(const WireRequest& request, std::string_view name) {
  std::string found;
  const auto take = [&](std::string_view key, std::string_view value) {
    if (key != name) return true;
    found = text::percent_decode(value, true).value_or("");
    return false;
  };
  if (is_form(request)) each_pair(request.body, take);
  if (found.empty()) each_pair(request.query, take);
  return found;
}

const std::string* exact(Parameters parameters, std::string_view name) {
  const auto found = std::ranges::lower_bound(parameters, name, {}, [](const Parameter& p) -> std::string_view { return p.name; });
  return found != parameters.end() && found->name == name ? &found->value : nullptr;
}

Parameters below(Parameters parameters, std::string_view prefix) {
  const auto head = [&](const Parameter& p) { return std::string_view(p.name).substr(0, prefix.size()); };
  const auto range = std::ranges::equal_range(parameters, prefix, {}, head);
  return {range.begin(), range.end()};
}

}  // namespace ringwall::awsapi::detail
