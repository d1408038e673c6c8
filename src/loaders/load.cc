#include "loaders/loaders.h"

namespace ringwall::loaders {

Result<Loaded> load(std::span<const File> files, const Options& options) {
  const std::optional<Format> format = format_of(files);
  if (!format) {
    const bool is_blank = !files.empty() && files.front().text.find_first_not_of(" \t\r\n") == std::string::npos;
    const std::string first = files.empty() ? "there is no file" : "`" + files.front().path + (is_blank ? "` is empty" : "` is like none of what can be read");
    return fail(Failure::invalid, first + ": an export folder of `ringwall collect`, what `aws iam get-account-authorization-details` prints, `terraform show -json` of a plan or state, or a CloudFormation template");
  }
  switch (*format) {
    case Format::export_folder:
      return load_export(files, options);
    case Format::authorization_details:
      return load_authorization_details(files, options);
    case Format::terraform:
      return load_terraform(files, options);
    case Format::cloudformation:
      return load_cloudformation(files, options);
  }
  return fail(Failure::invalid, "an unknown format");
}

}  // namespace ringwall::loaders
