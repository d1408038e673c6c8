// A search whose every step is written down.

#include <cadical.hpp>
#include <cstdio>
#include <cstdlib>

#include "base/check.h"
#include "sat/sat.h"

namespace ringwall::sat {
namespace {

// What the solver writes to `file` is in `text` once the file is closed.
class TextFile {
 public:
  TextFile() : file_(open_memstream(&text_, &size_)) {}
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  ~TextFile() {
    if (file_ != nullptr) std::fclose(file_);
    std::free(text_);
  }

  std::FILE* file() { return file_; }  // null: no memory
  Result<std::string> close() {
    const bool failed = std::ferror(file_) != 0;
    if (std::fclose(std::exchange(file_, nullptr)) != 0 || failed)
      return fail(Failure::exhausted, "there is no memory for the proof");
    return std::string(text_, size_);
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* file_;  // after what it writes to
};

// The proof up to the empty clause. The solver does not write that one down where it was given.
std::string to_empty_clause(std::string proof) {
  std::size_t begin = 0;
  while (begin < proof.size()) {
    const std::size_t end = proof.find('\n', begin);
    if (end == std::string::npos) break;
    if (std::string_view(proof).substr(begin, end - begin) == "0") return proof.substr(0, end + 1);
    begin = end + 1;
  }
  return proof + "0\n";
}

}  // namespace

Result<std::string> refute(std::span<const Clause> clauses, int conflicts_max) {
  RW_CHECK(conflicts_max >= 0);
  TextFile proof;
  if (proof.file() == nullptr) return fail(Failure::exhausted, "there is no memory for a proof");
  int status = 0;
  {
    CaDiCaL::Solver solver;  // ends before what it writes to is read
    solver.set("quiet", 1);
    solver.set("binary", 0);
    RW_CHECK(solver.trace_proof(proof.file(), "proof"));
    for (const Clause& clause : clauses) {
      for (const Literal literal : clause) {
        RW_CHECK(literal != 0);
        solver.add(literal);
      }
      solver.add(0);
    }
    solver.limit("conflicts", conflicts_max);
    status = solver.solve();
    solver.close_proof_trace();
  }
  if (status == 10) return fail(Failure::conflict, "the clauses have a model");
  if (status != 20)
    return fail(Failure::exhausted,
                "not decided within " + std::to_string(conflicts_max) + " conflicts");
  RW_TRY(std::string text, proof.close());
  return to_empty_clause(std::move(text));
}

}  // namespace ringwall::sat
