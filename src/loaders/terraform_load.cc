// Plans and states of Terraform (and OpenTofu, which prints the same).

#include <memory>

#include "loaders/detail/terraform_resources.h"
#include "loaders/loaders.h"

namespace ringwall::loaders {

Result<Loaded> load_terraform(std::span<const File> files, const Options& options) {
  if (files.empty()) return fail(Failure::invalid, "there is no file: give what `terraform show -json` prints of a plan or a state");
  declared::World world(options);
  std::vector<declared::Text> texts(files.begin(), files.end());
  for (const declared::Text& text : texts) {
    RW_TRY(const declared::TerraformFile file, declared::TerraformFile::read(text));
    declared::TerraformReader(text, file, world).read();
  }
  return world.finish();
}

}  // namespace ringwall::loaders
