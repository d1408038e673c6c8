#include "store/testing.h"

#include <stdlib.h>

#include <filesystem>

#include "base/check.h"

namespace ringwall::store {
namespace {

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / "ringwall-store.XXXXXX") {
    RW_CHECK(::mkdtemp(path_.data()) != nullptr);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file() const { return path_ + "/store"; }

 private:
  std::string path_;
};

// The folder must go after the store, so this owns both and passes everything on.
class TemporaryStore final : public Store {
 public:
  TemporaryStore() {
    auto opened = open_sqlite(folder_.file());
    RW_CHECK(opened.has_value());
    store_ = *std::move(opened);
  }
  std::optional<Entry> get(std::string_view key) const override { return store_->get(key); }
  std::vector<Entry> list(std::string_view prefix) const override { return store_->list(prefix); }
  std::vector<Entry> list(std::string_view prefix, std::string_view from, std::size_t limit) const override {
    return store_->list(prefix, from, limit);
  }
  Snapshot snapshot(Prefixes prefixes) const override { return store_->snapshot(prefixes); }
  std::optional<Changes> changes_since(Revision since, Prefixes prefixes) const override {
    return store_->changes_since(since, prefixes);
  }
  Result<Revision> commit(const Transaction& transaction) override {
    return store_->commit(transaction);
  }
  bool current(const Transaction& transaction) const override {
    return store_->current(transaction);
  }
  std::unique_ptr<Watch> watch(std::string prefix, OnChange on_change) override {
    return store_->watch(std::move(prefix), std::move(on_change));
  }

 private:
  Folder folder_;
  std::unique_ptr<Store> store_;
};

}  // namespace

std::unique_ptr<Store> open_temporary() {
  return std::make_unique<TemporaryStore>();
}

}  // namespace ringwall::store
