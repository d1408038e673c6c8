// Reads estates: folders, files, and the running server's.

#include <algorithm>
#include <filesystem>

#include "control/control.h"
#include "os/files.h"
#include "proofs.h"

namespace ringwall::app {
namespace {

namespace fs = std::filesystem;

// Reads within the limits of a whole estate.
class Reader {
 public:
  Result<std::vector<loaders::File>> read(const std::string& path) {
    std::error_code error;
    const bool is_folder = fs::is_directory(path, error);
    std::vector<loaders::File> files;
    if (!is_folder) {
      RW_TRY(loaders::File file, one(path, path));
      files.push_back(std::move(file));
      return files;
    }
    RW_TRY(const std::vector<fs::path> names, below(path));
    for (const fs::path& name : names) {
      RW_TRY(loaders::File file, one(name.string(), name.lexically_relative(path).generic_string()));
      files.push_back(std::move(file));
    }
    if (files.empty()) return fail(Failure::not_found, "the folder `" + path + "` holds no file");
    return files;
  }

 private:
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

  Result<loaders::File> one(const std::string& path, const std::string& name) {
    RW_TRY(std::string text, os::read_file(path, estate_file_bytes_max));
    bytes_ += text.size();
    if (bytes_ > estate_bytes_max) return fail(Failure::exhausted, "the estate has more than " + std::to_string(estate_bytes_max) + " bytes");
    return loaders::File{name, std::move(text)};
  }

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

}  // namespace

Result<loaders::Loaded> read_estate(const EstateFlags& flags, const std::string& organization) {
  if (flags.live != flags.paths.empty()) {
    return fail(Failure::invalid, flags.live ? "`--live` takes the running server's estate: leave out the other" : "there is no estate: `--estate PATH` names one, `--live` takes the running server's");
  }
  const loaders::Options options{.organization = organization, .default_account = flags.account, .default_region = flags.region};
  if (flags.live) {
    std::error_code error;
    RW_TRY(const text::Json live, control::live_export(fs::weakly_canonical(flags.data, error).string()));
    return loaders::load_export(loaders::files_of(live), options);
  }
  Reader reader;
  std::optional<loaders::Loaded> all;
  for (const std::string& path : flags.paths) {
    RW_TRY(const std::vector<loaders::File> files, reader.read(path));
    auto loaded = loaders::load(files, options);
    if (!loaded) return fail(loaded.error(), path);
    std::error_code error;
    if (fs::is_directory(path, error)) name_from_here(*loaded, path);
    all = all ? loaders::overlay(*all, *loaded) : *std::move(loaded);
  }
  return *std::move(all);
}

}  // namespace ringwall::app
