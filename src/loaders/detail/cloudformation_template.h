#pragma once
// A CloudFormation template, and as much of its functions as the template alone decides.
//
// A value is known, or it is not and says why. A parameter has its default; what AWS makes (an id,
// a generated name), another stack's export and the stack's own name are not known. Where such a
// value is nothing but a reference to another resource, it says to which. What another stack exports is
// known where its template is given too.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "loaders/detail/declared.h"
#include "loaders/detail/serverless.h"

namespace ringwall::loaders::declared {

inline constexpr std::size_t cloudformation_text_max = 1024UL * 1024;            // one computed text
inline constexpr std::size_t cloudformation_work_max = 256UL * 1024 * 1024;      // bytes computed, all in all
inline constexpr std::size_t cloudformation_references_max = 64;                 // one through the other
inline constexpr std::size_t cloudformation_nested_levels_max = 8;               // of stacks within stacks
inline constexpr std::size_t cloudformation_nested_max = 256;                    // of one template, all in all

struct Value {
  Json json = {};            // where it is known
  std::string unknown = {};  // not empty: why it is not
  std::uint32_t offset = 0;  // of what is not known
  bool absent = false;       // AWS::NoValue
  bool broken = false;       // of an unknown value: no stack will ever know it
  bool computed = false;     // not as the file has it
  bool drawn = false;        // has the stand-in of a name that AWS will draw: good to be part of a text, and no more
  std::string resource = {}; // of an unknown value: the logical id that it stands for, and nothing else

  bool is_known() const { return unknown.empty() && !absent; }
};

struct CloudFormationType {
  enum class Ref : std::uint8_t { name, arn, url, unknown };
  std::string_view type, service;
  std::string_view prefix;  // in the ARN, before the name
  std::string_view name;    // the property; empty: AWS draws the name
  Ref ref = Ref::name;
  bool key = false;
  bool identity = false;    // of IAM: no Region, and a path
  bool listed = true;       // a resource of the estate; else only its name and ARN are of use
};
const CloudFormationType* cloudformation_type(std::string_view type);  // null: none that has a name

struct NestedTemplate;
class Template;

// What the templates of one loading export, by name. Borrows them.
struct Exports {
  std::vector<Template*> templates = {};
  bool is_open = false;  // names are being evaluated
  std::optional<std::map<std::string, std::vector<std::pair<Template*, std::string>>>> outputs = {};
};

class Template {
 public:
  // Refuses what is no template. Borrows text and options.
  static Result<Template> read(const Text& text, const Options& options);

  bool is_json() const { return is_json_; }
  const Json& resources() const { return json_["Resources"]; }
  const Json& root() const { return json_; }
  // What the macro of AWS SAM would make, and is not read.
  const std::vector<Untold>& untold() const { return untold_; }
  // Where `Fn::ImportValue` finds what it names; outlives the template.
  void import_from(Exports& exports) { exports_ = &exports; }

  Value evaluate(const Json& json);
  // Parameters of the options that this template has.
  std::set<std::string> parameters() const;
  // A property of a resource; absent if it is not there.
  Value property(const Json& resource, std::string_view name);
  // Does the resource's condition hold? Nothing: not known.
  std::optional<bool> exists(const Json& resource);
  // The name and the ARN that the template gives a resource; drawn values where it leaves them to AWS.
  Value name_of(const std::string& logical);
  Value arn_of(const std::string& logical);
  // `(Network.Vpc)`: what stands for the name of a resource, within its stack and those around it.
  std::string stand_in_of(std::string_view logical) const { return stand_in(prefix_ + std::string(logical)); }
  // The template of a nested stack; lives as long as this one. One that cannot be had says why.
  NestedTemplate& nested(const std::string& logical);

 private:
  Template(const Text& text, const Options& options) : text_(&text), options_(&options) {}

  Value known(Json json, const Json& at, bool drawn = false);
  Value refuse(const Json& at, std::string why) const;
  Value refuse(const Json& at, const Value& part) const;  // not known because a part is not
  Value reference(const std::string& name, const Json& at);
  Value parameter(const Json& parameter, const std::string& name, const Json& at);
  Value provider(const Json& resource, const Json& at);
  Value attribute(const std::string& logical, std::string_view attribute, const Json& at);
  Value function(std::string_view name, const Json& argument, const Json& at);
  Value substitute(const Json& argument, const Json& at);
  Value substituted(std::string_view name, const Json& names, const Json& at);
  Value join(const Json& argument, const Json& at);
  Value select(const Json& argument, const Json& at);
  Value split(const Json& argument, const Json& at);
  Value find_in_map(const Json& argument, const Json& at);
  Value choose(const Json& argument, const Json& at);
  Value output(const std::string& name, const Json& at);
  Value import_value(const Json& argument, const Json& at);
  void list_exports();
  void open_nested(NestedTemplate& made, const std::string& logical);
  Value list(const Json& json);
  Value object(const Json& json);

  std::optional<bool> condition(const Json& json);
  std::optional<bool> named_condition(const std::string& name);

  const Text* text_;
  const Options* options_;
  // Of a nested stack: its place in those around it, and what they give its parameters.
  std::string prefix_;
  std::size_t level_ = 0;
  std::map<std::string, Value> given_;
  std::shared_ptr<std::size_t> nested_count_ = std::make_shared<std::size_t>(0);  // shared by all of one template
  std::map<std::string, std::shared_ptr<NestedTemplate>> nested_;  // by logical id; shared only so that its type may be incomplete here
  Json json_;
  std::vector<Untold> untold_;
  Exports* exports_ = nullptr;
  bool is_json_ = false;
  std::size_t work_ = 0;
  std::set<std::string> open_;  // resources and conditions that are being evaluated
  std::string cycle_;           // the last one met, for the message
  std::set<std::string> used_;  // pseudo parameters that were given and asked for
  std::map<std::string, Value> names_;
  std::map<std::string, std::optional<bool>> conditions_;
};

struct NestedTemplate {
  File file = {};
  std::optional<Text> text = {};
  std::optional<Template> source = {};
  std::string why = {};  // not empty: it cannot be had
};

}  // namespace ringwall::loaders::declared
