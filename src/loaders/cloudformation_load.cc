// CloudFormation's templates, in JSON and in YAML.

#include <deque>

#include "loaders/detail/cloudformation_resources.h"
#include "loaders/loaders.h"

namespace ringwall::loaders {

// A template names no account, so it must be said which one its stack is made in.
Result<Loaded> load_cloudformation(std::span<const File> files, const Options& options) {
  if (files.empty()) return fail(Failure::invalid, "there is no template");
  std::deque<declared::Template> sources;  // outlive the world, which names places in nested ones
  declared::World world(options);
  std::set<std::string> parameters;
  const std::vector<declared::Text> texts(files.begin(), files.end());
  for (const declared::Text& text : texts) {
    RW_TRY(declared::Template read, declared::Template::read(text, options));
    declared::Template& source = sources.emplace_back(std::move(read));
    if (options.default_account.empty()) {
      return fail(Failure::invalid, "a template names no account: say which one its stack is made in, with `--account`");
    }
    declared::CloudFormationReader(text, source, world).read();
    parameters.merge(source.parameters());
  }
  RW_TRY(Loaded loaded, world.finish());
  loaded.parameters = std::move(parameters);
  return loaded;
}

}  // namespace ringwall::loaders
