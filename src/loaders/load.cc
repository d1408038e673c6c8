#include "loaders/loaders.h"

namespace ringwall::loaders {

Result<Loaded> load(std::span<const File> files, const Options& options) {
  const std::optional<Format> format = format_of(files);
  if (!format) {
    const std::string first = files.empty() ? "there is no file" : "`" + files.front().path + "` is like none of what can be read";
    return fail(Failure::invalid, first + ": an export folder of `ringwall collect`, `terraform show -json` of a plan or state, or a CloudFormation template");
  }
  switch (*format) {
    case Format::export_folder:
      return load_export(files, options);
    case Format::terraform:
      return load_terraform(files, options);
    case Format::cloudformation:
      return load_cloudformation(files, options);
  }
  return fail(Failure::invalid, "an unknown format");
}

}  // namespace ringwall::loaders
