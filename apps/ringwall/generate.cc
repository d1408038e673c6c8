// `ringwall generate`: a perimeter file in, policies out. Writes only what changed.

#include "generate.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "apply.h"
#include "os/files.h"
#include "perimeter.h"
#include "perimeter/perimeter.h"

namespace ringwall::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t file_bytes_max = 16UL * 1024 * 1024;
constexpr unsigned folder_mode = 0755, file_mode = 0644;

enum class Change : std::uint8_t { none, created, changed, removed };

std::string layer_words() {
  std::string words;
  for (int index = 0; index <= static_cast<int>(generate::Layer::trust_statement); ++index)
    words += (index == 0 ? "" : "|") + std::string(generate::name_of(static_cast<generate::Layer>(index)));
  return words;
}

struct Made {
  generate::Generated generated;
  std::string organization;
};

Result<Made> make(const GenerateFlags& flags) {
  RW_TRY(const std::string text, os::read_file(flags.perimeter == "-" ? "/dev/stdin" : flags.perimeter, perimeter::bytes_max + 1));
  auto perimeter = perimeter::read(text);
  if (!perimeter) return fail(perimeter.error(), flags.perimeter);
  auto generated = generate::generate(*perimeter, catalogue::Catalogue::builtin(), today());
  if (!generated) return fail(generated.error(), flags.perimeter);
  Made made{*std::move(generated), perimeter->organization};
  if (flags.layers.empty()) return made;
  std::vector<generate::Layer> layers;
  for (const std::string& name : flags.layers) {
    const auto layer = generate::layer_of(name);
    if (!layer) return fail(Failure::invalid, "`" + name + "` is no layer: there are " + layer_words());
    layers.push_back(*layer);
  }
  std::erase_if(made.generated.policies, [&](const generate::Policy& policy) {
    return std::ranges::find(layers, policy.layer) == layers.end();
  });
  return made;
}

generate::Files files_of(const generate::Generated& generated, GenerateAs as) {
  switch (as) {
    case GenerateAs::json: return generate::as_json(generated);
    case GenerateAs::terraform: return generate::as_terraform(generated);
    case GenerateAs::cloudformation: return generate::as_cloudformation(generated);
  }
  return {};
}

Change change_of(const std::string& path, const std::string& content) {
  std::error_code error;
  if (!fs::exists(path, error)) return Change::created;
  const auto there = os::read_file(path, file_bytes_max);
  return there && *there == content ? Change::none : Change::changed;
}

// Files that an earlier run wrote below a layer's folder and this one does not: an attached policy
// that nothing makes any more must not look as if it were made.
std::vector<std::string> stale(const GenerateFlags& flags, const generate::Files& files) {
  std::vector<std::string> all;
  for (int index = 0; index <= static_cast<int>(generate::Layer::trust_statement); ++index) {
    const std::string layer(generate::name_of(static_cast<generate::Layer>(index)));
    if (!flags.layers.empty() && std::ranges::find(flags.layers, layer) == flags.layers.end()) continue;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(fs::path(flags.out) / layer, error)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("ringwall-") && name.ends_with(".json") && !files.contains(layer + "/" + name))
        all.push_back(layer + "/" + name);
    }
  }
  std::ranges::sort(all);
  return all;
}

std::string_view name_of(Change change) {
  static constexpr std::string_view names[] = {"unchanged", "created", "changed", "removed"};
  return names[static_cast<std::size_t>(change)];
}

Result<> put(const std::string& path, const std::string& content) {
  RW_DO(os::make_folder(fs::path(path).parent_path().string(), folder_mode));
  return os::write_file(path, content, file_mode);
}

// How many files changed, or would.
Result<std::size_t> write(const GenerateFlags& flags, const generate::Files& files) {
  std::size_t changes = 0;
  const auto tell = [&](Change change, const std::string& path) {
    ++changes;
    fmt::print("{}{} {}\n", flags.check ? "would be " : "", name_of(change), path);
  };
  for (const auto& [name, content] : files) {
    const std::string path = (fs::path(flags.out) / name).string();
    const Change change = change_of(path, content);
    if (change == Change::none) continue;
    if (!flags.check) RW_DO(put(path, content));
    tell(change, path);
  }
  for (const std::string& name : stale(flags, files)) {
    const fs::path path = fs::path(flags.out) / name;
    std::error_code error;
    if (!flags.check && !fs::remove(path, error)) return fail(Failure::io, "cannot remove `" + path.string() + "`: " + error.message());
    tell(Change::removed, path.string());
  }
  fmt::print("{} of {} files {}\n", changes, files.size(), flags.check ? "would change" : "changed");
  return changes;
}

}  // namespace

CLI::App* add_generate(CLI::App& app, GenerateFlags& flags) {
  CLI::App* command = app.add_subcommand("generate", "Make the policies that hold a perimeter.");
  command->footer("Layers: " + layer_words() + "\n"
                  "Writes only what changed, and says what. Notes say what does not fit AWS's quotas, and what to know before\n"
                  "the policies are attached; see docs/howto/generate-policies.md.\n"
                  "Example: ringwall generate --perimeter perimeter.yaml --out policies --as terraform\n"
                  "         ringwall generate --perimeter perimeter.yaml --apply\n"
                  "Exit status: 0 done, 1 something does not fit, failed or, with --check or --apply alone, would change;\n"
                  "2 wrong usage or input, 3 no server runs on that data folder.");
  command->add_option("--perimeter", flags.perimeter, "the perimeter file, or - for standard input")->required()->type_name("FILE");
  command->add_option("--out", flags.out, "the folder that the files go to; made if it is missing")->type_name("DIR");
  static const std::map<std::string, GenerateAs> formats = {
      {"json", GenerateAs::json}, {"terraform", GenerateAs::terraform}, {"cloudformation", GenerateAs::cloudformation}};
  const auto read = [](std::string& word) -> std::string {
    const auto found = formats.find(CLI::detail::to_lower(word));
    if (found == formats.end()) return "`" + word + "` is none of json|terraform|cloudformation";
    word = std::to_string(static_cast<int>(found->second));
    return {};
  };
  command->add_option("--as", flags.as, "a file a policy, or a configuration that attaches them")
      ->transform(CLI::Validator(read, ""))
      ->type_name("json|terraform|cloudformation");
  command->add_option("--layer", flags.layers, "only this layer (repeat for more; default: all)")->type_name("LAYER");
  CLI::Option* check = command->add_flag("--check", flags.check, "write nothing, and fail if something would change");
  CLI::Option* apply = command->add_flag("--apply", flags.apply, "show what attaching them to the running server would change")->excludes(check);
  command->add_flag("--yes", flags.yes, "with --apply: perform it")->needs(apply);
  command->add_option("--data", flags.data, "with --apply: the running server's data folder")->capture_default_str()->type_name("DIR")->envname("RINGWALL_DATA");
  return command;
}

int generate_command(const GenerateFlags& flags) {
  if (flags.out.empty() && !flags.apply) return complain("name a folder with --out, or a server with --apply", exit_usage);
  const auto made = make(flags);
  if (!made) return complain(made.error().message, exit_usage);
  std::size_t changes = 0;
  if (!flags.out.empty()) {
    const auto written = write(flags, files_of(made->generated, flags.as));
    if (!written) return complain(written.error().message, exit_failure);
    changes = *written;
  }
  for (const std::string& note : made->generated.notes) complain("note: " + note);
  if (!made->generated.complete) return complain("these policies do not hold the perimeter: see the notes", exit_failure);
  if (flags.apply)
    return apply_policies(made->generated, made->organization, flags.data, flags.yes ? Apply::perform : Apply::show);
  return flags.check && changes > 0 ? exit_failure : exit_success;
}

}  // namespace ringwall::app
