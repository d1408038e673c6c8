#pragma once
// Names that nobody asks about. Platform teams write policies by templates, so thousands differ only
// in the names of their own resources; and a question is the same whatever those are called.
//
// Why: cut resources into words (letters and digits) and what stands between them. Let every word of
// the resource part, and every account of mine, be called otherwise, one for one: `app-7` becomes
// `app-9` everywhere, in patterns and in requests alike. Then a request matches a pattern exactly if
// the renamed one matches the renamed pattern, as long as
//
//  - a renamed word stands in each pattern as a whole, with no wildcard beside it, and holds no part
//    of a word that does stand beside one; and no pattern has a `?`, which counts letters;
//  - it stands behind five colons, so that it is never a partition, a service or a Region; an account
//    stands behind four, stays an account of mine, and the caller's own stays the caller's own;
//  - nothing else that is asked of the resource names it: no other policy, no exception, no resource
//    type of the catalogue. Those keep their words.
//
// Keys of the request are not renamed. No key's value is tied to a resource's name; a policy variable
// could tie them, so where a pattern has one nothing is renamed.

#include <set>
#include <string>
#include <string_view>
#include <vector>


namespace ringwall::prove::detail {

class Mine;

// What patterns hold fast: their words, and the parts of words beside wildcards.
class Kept {
 public:
  void add(std::string_view pattern);
  bool counts_letters() const { return counts_letters_; }  // `?`, or a variable
  bool keeps(std::string_view word) const;
  static const Kept& of_catalogue();  // resource types

 private:
  std::set<std::string, std::less<>> words_;
  std::vector<std::string> parts_;
  bool counts_letters_ = false;
};

// The patterns, with a number in the place of each name that could be any other. Equal texts: one for one renaming makes the
// patterns of the one those of the other. `!` stands before those of NotResource.
std::string renamed(const Mine& mine, const std::string& own_account, const std::vector<const Kept*>& kept,
                    const std::vector<std::string_view>& patterns);

}  // namespace ringwall::prove::detail
