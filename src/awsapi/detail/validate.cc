#include "awsapi/detail/validate.h"

#include <algorithm>

namespace ringwall::awsapi::detail {
namespace {

enum class Breach : std::uint8_t { missing, enumeration, too_short, too_long, too_small, too_large, pattern };

struct Finding {
  Breach breach;
  std::vector<std::string> path;  // member names and list positions, outermost first
  std::string value;              // as shown; empty if it must not or cannot be
  std::string bound;              // the constraint's own value
};

// The services that answer in the words of AWS's common validation layer.
bool speaks_of_constraints(const Model& model) { return model.service() != "organizations" && model.protocol() != Protocol::ec2 && model.service() != "rds"; }

std::string lower_first(std::string name) {
  if (!name.empty() && name[0] >= 'A' && name[0] <= 'Z') name[0] = static_cast<char>(name[0] - 'A' + 'a');
  return name;
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const auto& word : words) {
    if (!out.empty()) out += between;
    out += word;
  }
  return out;
}

class Validator {
 public:
  void walk(const Shape& shape, const Json& value) {
    if (findings.size() == breaches_named_max) return;
    switch (shape.type) {
      case ShapeType::structure: return structure(shape, value);
      case ShapeType::list: return list(shape, value);
      case ShapeType::map: return map(shape, value);
      case ShapeType::string: return string(shape, value);
      case ShapeType::blob: return length(shape, static_cast<std::int64_t>(value.as_string().size()), "");
      case ShapeType::integer:
      case ShapeType::long_integer: return number(shape, value);
      default: return;
    }
  }

  std::vector<Finding> findings;

 private:
  void report(Breach breach, std::string value, std::string bound) {
    if (findings.size() < breaches_named_max) findings.push_back({breach, path_, std::move(value), std::move(bound)});
  }
  void inside(std::string name, const Shape& shape, const Json& value) {
    path_.push_back(std::move(name));
    walk(shape, value);
    path_.pop_back();
  }

  void structure(const Shape& shape, const Json& value) {
    for (const auto& member : shape.members) {
      const Json* given = value.find(member.name);
      if (given != nullptr) {
        inside(member.name, *member.shape, *given);
      } else if (member.required) {
        path_.push_back(member.name);
        report(Breach::missing, "", "");
        path_.pop_back();
      }
    }
  }
  void list(const Shape& shape, const Json& value) {
    const auto& items = value.items();
    length(shape, static_cast<std::int64_t>(items.size()), "");
    for (std::size_t i = 0; i < items.size(); ++i) inside(std::to_string(i + 1), *shape.element.shape, items[i]);
  }
  void map(const Shape& shape, const Json& value) {
    length(shape, static_cast<std::int64_t>(value.members().size()), "");
    for (const auto& [key, item, at] : value.members()) {
      inside("key", *shape.key.shape, Json(key));
      inside(key, *shape.element.shape, item);
    }
  }
  void string(const Shape& shape, const Json& value) {
    const std::string_view text = value.as_string();
    const std::string shown = shape.sensitive ? "" : std::string(text);
    if (!shape.enumeration.empty() && std::ranges::find(shape.enumeration, text) == shape.enumeration.end()) {
      return report(Breach::enumeration, shown, joined(shape.enumeration, ", "));
    }
    // Length first: a pattern is never run over a value that is too long anyway.
    const std::size_t before = findings.size();
    length(shape, static_cast<std::int64_t>(code_points(text).size()), shown);
    if (findings.size() == before && shape.pattern && !shape.pattern->matches(text)) {
      report(Breach::pattern, shown, shape.pattern->source());
    }
  }
  void length(const Shape& shape, std::int64_t size, const std::string& shown) {
    if (shape.min && size < *shape.min) report(Breach::too_short, shown, std::to_string(*shape.min));
    if (shape.max && size > *shape.max) report(Breach::too_long, shown, std::to_string(*shape.max));
  }
  void number(const Shape& shape, const Json& value) {
    const std::int64_t given = value.as_integer();
    if (shape.min && given < *shape.min) report(Breach::too_small, std::to_string(given), std::to_string(*shape.min));
    if (shape.max && given > *shape.max) report(Breach::too_large, std::to_string(given), std::to_string(*shape.max));
  }

  std::vector<std::string> path_;
};

// "tags.1.member.key", as AWS's validation layer writes it.
std::string constraint_path(const Finding& finding) {
  std::string out;
  for (const auto& name : finding.path) {
    if (!out.empty()) out += '.';
    out += lower_first(name);
    if (name.find_first_not_of("0123456789") == std::string::npos) out += ".member";
  }
  return out;
}

std::string constraint_words(const Finding& finding) {
  switch (finding.breach) {
    case Breach::missing: return "Member must not be null";
    case Breach::enumeration: return "Member must satisfy enum value set: [" + finding.bound + "]";
    case Breach::too_short: return "Member must have length greater than or equal to " + finding.bound;
    case Breach::too_long: return "Member must have length less than or equal to " + finding.bound;
    case Breach::too_small: return "Member must have value greater than or equal to " + finding.bound;
    case Breach::too_large: return "Member must have value less than or equal to " + finding.bound;
    case Breach::pattern: return "Member must satisfy regular expression pattern: " + finding.bound;
  }
  return {};
}

ApiError in_constraint_words(const Model& model, const std::vector<Finding>& findings) {
  const Finding& first = findings.front();
  if (model.service() == "iam" && findings.size() == 1 && first.breach == Breach::pattern && first.bound == "[\\w+=,.@-]+") {
    return {"ValidationError",
            "The specified value for " + constraint_path(first) +
                " is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-",
            400};
  }
  std::vector<std::string> sentences;
  for (const auto& finding : findings) {
    const bool null = finding.breach == Breach::missing;
    const std::string value = null ? "Value null" : finding.value.empty() ? "Value" : "Value '" + finding.value + "'";
    sentences.push_back(value + " at '" + constraint_path(finding) + "' failed to satisfy constraint: " + constraint_words(finding));
  }
  const std::string head = std::to_string(findings.size()) + (findings.size() == 1 ? " validation error detected: " : " validation errors detected: ");
  if (model.protocol() == Protocol::query) return {"ValidationError", head + joined(sentences, "; "), 400};
  ApiError error{"ValidationException", head + joined(sentences, "; "), 400};
  if (model.protocol() == Protocol::json) return error;
  Json fields = Json::array();
  for (std::size_t i = 0; i < findings.size(); ++i) {
    fields.push(Json::object({{"name", constraint_path(findings[i])}, {"message", sentences[i]}}));
  }
  error.members = Json::object({{"reason", "fieldValidationFailed"}, {"fieldList", std::move(fields)}});
  return error;
}

ApiError in_organizations_words(const Finding& finding) {
  switch (finding.breach) {
    case Breach::missing: return {"InvalidInputException", "You must include a value for all required parameters.", 400};
    case Breach::enumeration: return {"InvalidInputException", "You specified an invalid value.", 400};
    case Breach::too_short: return {"InvalidInputException", "You provided a string parameter that is shorter than allowed.", 400};
    case Breach::too_long: return {"InvalidInputException", "You provided a string parameter that is longer than allowed.", 400};
    case Breach::too_small: return {"InvalidInputException", "You provided a numeric parameter that has a smaller value than allowed.", 400};
    case Breach::too_large: return {"InvalidInputException", "You provided a numeric parameter that has a larger value than allowed.", 400};
    case Breach::pattern: return {"InvalidInputException", "You provided a value that does not match the required pattern.", 400};
  }
  return {};
}

ApiError in_parameter_words(const Model& model, const Finding& finding) {
  std::string name = joined(finding.path, ".");
  if (model.protocol() == Protocol::ec2) name = lower_first(name);
  if (finding.breach == Breach::missing) return {"MissingParameter", "The request must contain the parameter " + name + ".", 400};
  std::string message = (finding.value.empty() ? "The value" : "Value (" + finding.value + ")") + " for parameter " + name + " is invalid. ";
  switch (finding.breach) {
    case Breach::enumeration: message += "Valid values are: " + finding.bound; break;
    case Breach::too_short: message += "Its length must be at least " + finding.bound; break;
    case Breach::too_long: message += "Its length must be at most " + finding.bound; break;
    case Breach::too_small: message += "Expecting a value greater than or equal to " + finding.bound; break;
    case Breach::too_large: message += "Expecting a value less than or equal to " + finding.bound; break;
    default: message += "It must match " + finding.bound; break;
  }
  return {"InvalidParameterValue", message + ".", 400};
}

}  // namespace

std::optional<ApiError> fault_in(const Model& model, const Shape& input, const Json& value) {
  Validator validator;
  validator.walk(input, value);
  if (validator.findings.empty()) return {};
  if (speaks_of_constraints(model)) return in_constraint_words(model, validator.findings);
  if (model.service() == "organizations") return in_organizations_words(validator.findings.front());
  return in_parameter_words(model, validator.findings.front());
}

std::unexpected<ApiError> unreadable(const Model& model, const std::string& parameter, std::string_view value,
                                     std::string_view expected) {
  if (model.protocol() == Protocol::ec2) {
    return api_error("InvalidParameterValue",
                     "Value (" + std::string(value) + ") for parameter " + lower_first(parameter) + " is invalid. Expected " +
                         std::string(expected) + ".",
                     400);
  }
  return api_error("MalformedInput", "The parameter " + parameter + " is not " + std::string(expected) + ".", 400);
}

}  // namespace ringwall::awsapi::detail
