// CloudFormation's templates, in JSON and in YAML.

#include <algorithm>
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
  declared::Exports exports;
  const std::vector<declared::Text> texts(files.begin(), files.end());
  for (const declared::Text& text : texts) {
    RW_TRY(declared::Template read, declared::Template::read(text, options));
    sources.push_back(std::move(read));
  }
  if (options.default_account.empty())
    return fail(Failure::invalid, "a template names no account: say which one its stack is made in, with `--account`");
  // Those beside these export, and nothing else; one that cannot be read says so where it is read.
  const auto is_among = [&](const File& file) { return std::ranges::find(files, file.path, &File::path) != files.end(); };
  std::deque<declared::Text> beside;
  for (const File& file : options.exporting) {
    if (is_among(file)) continue;
    auto read = declared::Template::read(beside.emplace_back(file), options);
    if (read) sources.push_back(*std::move(read));
  }
  for (declared::Template& source : sources) {
    exports.templates.push_back(&source);
    source.import_from(exports);
  }
  for (std::size_t index = 0; index < texts.size(); ++index) {
    declared::CloudFormationReader(texts[index], sources[index], world).read();
    parameters.merge(sources[index].parameters());
  }
  RW_TRY(Loaded loaded, world.finish());
  loaded.parameters = std::move(parameters);
  return loaded;
}

}  // namespace ringwall::loaders
