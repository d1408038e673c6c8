// CloudFormation's templates, in JSON and in YAML.

#include <memory>

#include "loaders/detail/cloudformation_resources.h"
#include "loaders/loaders.h"

namespace ringwall::loaders {

// A template names no account, so it must be said which one its stack is made in.
Result<Loaded> load_cloudformation(std::span<const File> files, const Options& options) {
  if (files.empty()) return fail(Failure::invalid, "there is no template");
  declared::World world(options);
  const std::vector<declared::Text> texts(files.begin(), files.end());
  for (const declared::Text& text : texts) {
    RW_TRY(declared::Template source, declared::Template::read(text, options));
    if (options.default_account.empty()) {
      return fail(Failure::invalid, "a template names no account: say which one its stack is made in, with `--account`");
    }
    declared::CloudFormationReader(text, source, world).read();
  }
  return world.finish();
}

}  // namespace ringwall::loaders
