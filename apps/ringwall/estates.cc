// Reads estates: folders, files, and the running server's.

#include <algorithm>
#include <filesystem>

#include "control/control.h"
#include "os/files.h"
#include "proofs.h"

namespace ringwall::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";  // of UTF-8: no part of the text

// Reads within the limits of a whole estate.
class Reader {
 public:
  explicit Reader(Seen* seen = nullptr) : seen_(seen) {}

  Result<std::vector<loaders::File>> read(const std::string& path) {
    std::error_code error;
    const bool is_folder = fs::is_directory(path, error);
    std::vector<loaders::File> files;
    if (!is_folder) {
      RW_TRY(loaders::File file, one(path, path));
      // PowerShell's `>` writes it so.
      if (file.text.starts_with("\xff\xfe") || file.text.starts_with("\xfe\xff"))
        return fail(Failure::invalid, "line 1, column 1: `" + path + "` is UTF-16: write it as UTF-8");
      files.push_back(std::move(file));
      return files;
    }
    if (seen_ != nullptr) seen_->folders[path];  // of which nothing is known yet
    RW_TRY(const std::vector<fs::path> names, below(path));
    if (seen_ != nullptr) seen_->folders[path] = {names.begin(), names.end()};
    for (const fs::path& name : names) {
      RW_TRY(loaders::File file, one(name.string(), name.lexically_relative(path).generic_string()));
      files.push_back(std::move(file));
    }
    if (files.empty()) return fail(Failure::not_found, "the folder `" + path + "` holds no file");
    return files;
  }

  // A nested stack's template: the file at that path from the template, or, of a URL, the one that is
  // called as the URL ends, beside the template.
  std::optional<loaders::File> nested(const std::string& from, const std::string& url) {
    const std::string name = url.contains("://") ? url.substr(url.rfind('/') + 1) : url;
    const fs::path path = (fs::path(from).parent_path() / name).lexically_normal();
    if (!name.empty() && seen_ != nullptr) seen_->look(path.string());
    std::error_code error;
    if (name.empty() || !fs::is_regular_file(path, error)) return std::nullopt;
    auto file = one(path.string(), path.generic_string());
    return file ? std::optional(*std::move(file)) : std::nullopt;
  }

  // Its files in the order of their names, without those of hidden folders and hidden files.
  Result<std::vector<fs::path>> below(const std::string& path) {
    std::vector<fs::path> names;
    std::error_code error;
    fs::recursive_directory_iterator entry(path, error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      const bool hidden = entry->path().filename().string().starts_with(".");
      if (entry->is_directory(error)) {
        if (hidden) entry.disable_recursion_pending();
      } else if (!hidden) {
        names.push_back(entry->path());
      }
      if (names.size() > estate_files_max) return fail(Failure::exhausted, "`" + path + "` holds more than " + std::to_string(estate_files_max) + " files");
    }
    if (error) return fail(Failure::io, "cannot read the folder `" + path + "`: " + error.message());
    std::ranges::sort(names);
    return names;
  }

  // A file beside the estate.
  Result<std::string> text(const std::string& path, std::size_t bytes_max) {
    if (seen_ != nullptr) seen_->look(path);
    return os::read_file(path, bytes_max);
  }

 private:
  Result<loaders::File> one(const std::string& path, const std::string& name) {
    if (seen_ != nullptr) seen_->look(path);
    RW_TRY(std::string text, os::read_file(path, estate_file_bytes_max));
    bytes_ += text.size();
    if (bytes_ > estate_bytes_max) return fail(Failure::exhausted, "the estate has more than " + std::to_string(estate_bytes_max) + " bytes");
    if (text.starts_with(byte_order_mark)) text.erase(0, byte_order_mark.size());
    return loaders::File{name, std::move(text)};
  }

  Seen* const seen_;
  std::size_t bytes_ = 0;
};

// A folder's files are named within it; people want to open them from where they are.
void name_from_here(loaders::Loaded& loaded, const std::string& folder) {
  const auto named = [&](std::string& path) {
    if (!path.empty()) path = (fs::path(folder) / path).lexically_normal().generic_string();
  };
  for (loaders::Gap& gap : loaded.gaps) named(gap.path);
  for (auto& [document, source] : loaded.sources) named(source.path);
}

constexpr std::size_t parameters_bytes_max = 4UL * 1024 * 1024;

Result<> add_parameter(std::string_view given, std::map<std::string, std::string>& parameters) {
  const std::size_t equals = given.find('=');
  if (equals == std::string_view::npos || equals == 0) return fail(Failure::invalid, "`" + std::string(given) + "` is no parameter: write NAME=VALUE");
  parameters.insert_or_assign(std::string(given.substr(0, equals)), std::string(given.substr(equals + 1)));
  return {};
}

// `[{"ParameterKey": …, "ParameterValue": …}]`, `["NAME=VALUE"]`, or `{"Parameters": {NAME: VALUE}}`.
Result<> add_parameters(const text::Json& json, std::map<std::string, std::string>& parameters) {
  const Error no_list{Failure::invalid, "a list of `{\"ParameterKey\": …, \"ParameterValue\": …}` is expected"};
  if (json["Parameters"].is_object()) {
    for (const auto& [name, value, offset] : json["Parameters"].members()) {
      parameters.insert_or_assign(name, value.is_string() ? std::string(value.as_string()) : value.dump());
    }
    return {};
  }
  if (!json.is_array()) return std::unexpected(no_list);
  for (const text::Json& item : json.items()) {
    if (item.is_string()) {
      RW_DO(add_parameter(item.as_string(), parameters));
    } else if (item.text("ParameterKey").empty() || !item["ParameterValue"].is_string()) {
      return std::unexpected(no_list);
    } else {
      parameters.insert_or_assign(item.str("ParameterKey"), item.str("ParameterValue"));
    }
  }
  return {};
}

Result<std::map<std::string, std::string>> parameters_of(const EstateFlags& flags, Reader& reader) {
  std::map<std::string, std::string> parameters;
  if (!flags.parameters_file.empty()) {
    RW_TRY(const std::string text, reader.text(flags.parameters_file, parameters_bytes_max));
    const auto json = text::parse_json(text);
    if (!json) return fail(json.error(), flags.parameters_file);
    if (const auto added = add_parameters(*json, parameters); !added) return fail(added.error(), flags.parameters_file);
  }
  for (const std::string& given : flags.parameters) RW_DO(add_parameter(given, parameters));
  return parameters;
}

// A name that no template has is a mistake that would change nothing, and say nothing.
Result<> refuse_unused(const loaders::Options& options, const loaders::Loaded& loaded) {
  for (const auto& [name, value] : options.parameters) {
    if (!loaded.parameters.contains(name)) return fail(Failure::invalid, "no template of the estate has the parameter `" + name + "`, or uses it");
  }
  return {};
}

}  // namespace

Sight sight_of(const Seen& seen, TimePoint now) {
  for (const auto& [path, held] : seen.folders) {
    auto names = Reader().below(path);
    if (!names) names.emplace();
    if (!std::ranges::equal(*names, held, {}, [](const fs::path& name) { return name.string(); })) return Sight::other;
  }
  bool young = false;
  for (const auto& [path, state] : seen.files) {
    if (os::state_of(path) != state) return Sight::other;
    young |= os::is_young(state, seen.since) && !os::is_young(state, now);
  }
  return young ? Sight::again : Sight::same;
}

Result<loaders::Loaded> read_estate(const EstateFlags& flags, const std::string& organization, Expected expected, Seen* seen) {
  if (flags.live != flags.paths.empty()) {
    return fail(Failure::invalid, flags.live ? "`--live` takes the running server's estate: leave out the other" : "there is no estate: `--estate PATH` names one, `--live` takes the running server's");
  }
  Reader reader(seen);
  RW_TRY(auto parameters, parameters_of(flags, reader));
  loaders::Options options{.organization = organization, .no_organization = expected == Expected::none, .default_account = flags.account,
                           .default_region = flags.region, .parameters = std::move(parameters)};
  options.nested = [&reader](const std::string& from, const std::string& url) { return reader.nested(from, url); };
  if (!flags.managed_policies.empty()) {
    RW_TRY(options.managed_policies, reader.read(flags.managed_policies));
  }
  if (flags.live) {
    std::error_code error;
    RW_TRY(const text::Json live, control::live_export(fs::weakly_canonical(flags.data, error).string()));
    RW_TRY(loaders::Loaded loaded, loaders::load_export(loaders::files_of(live), options));
    RW_DO(refuse_unused(options, loaded));
    return loaded;
  }
  std::vector<std::vector<loaders::File>> read;
  for (const std::string& path : flags.paths) {
    RW_TRY(std::vector<loaders::File> files, reader.read(path));
    // A stack may export to another, whichever is named first.
    if (loaders::format_of(files) == loaders::Format::cloudformation) options.exporting.insert(options.exporting.end(), files.begin(), files.end());
    read.push_back(std::move(files));
  }
  std::optional<loaders::Loaded> all;
  for (std::size_t index = 0; index < read.size(); ++index) {
    const std::string& path = flags.paths[index];
    const std::vector<loaders::File>& files = read[index];
    if (all) options.beside = all->estate;
    auto loaded = loaders::load(files, options);
    if (!loaded) return fail(loaded.error(), path);
    std::error_code error;
    if (fs::is_directory(path, error)) name_from_here(*loaded, path);
    all = all ? loaders::overlay(*all, *loaded) : *std::move(loaded);
  }
  RW_DO(refuse_unused(options, *all));
  return *std::move(all);
}

}  // namespace ringwall::app
