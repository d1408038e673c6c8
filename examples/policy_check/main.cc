// Reads an identity policy, says what is wrong with it, and answers one question about it.
//
// usage: policy_check POLICY.json [USER_ARN ACTION RESOURCE [KEY=VALUE ...]]
// Exit status: 0 right and allowed (or nothing asked), 1 right and denied, 2 wrong.
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "authz/authz.h"
#include "policy/syntax.h"

namespace {

namespace authz = ringwall::authz;
namespace policy = ringwall::policy;

// Every problem, as compilers print theirs: FILE:LINE:COLUMN: message.
bool check(const std::string& path, const std::string& text) {
  const policy::Parsed parsed = policy::parse(text, policy::Kind::identity);
  for (const policy::Problem& problem : parsed.problems) {
    std::cout << path << ':' << problem.position.line << ':' << problem.position.column << ": "
              << problem.message << '\n';
  }
  return parsed.problems.empty();
}

policy::Request request_of(const std::vector<std::string>& words) {
  policy::Request request;
  request.principal.type = policy::Principal::Type::user;
  request.principal.arn = words[0];
  request.principal.account = words[0].size() < 25 ? "" : words[0].substr(13, 12);
  request.action = words[1];
  request.resource = words[2];
  request.resource_account = request.principal.account;
  for (std::size_t i = 3; i < words.size(); ++i) {
    const std::size_t sign = words[i].find('=');
    if (sign != std::string::npos)
      request.context.set(words[i].substr(0, sign), words[i].substr(sign + 1));
  }
  return request;
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.empty() || words.size() == 2 || words.size() == 3) {
    std::cerr << "usage: policy_check POLICY.json [USER_ARN ACTION RESOURCE [KEY=VALUE ...]]\n";
    return 2;
  }
  std::ifstream file(words[0]);
  if (!file) {
    std::cerr << "cannot read `" << words[0] << "`\n";
    return 2;
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!check(words[0], text)) return 2;
  if (words.size() == 1) return 0;

  auto document = policy::compile(text, policy::Kind::identity);
  if (!document) return 2;  // said above
  const std::vector<authz::Named> identity{{words[0], *std::move(document)}};
  const authz::Layers layers{.identity = identity};
  const policy::Request request = request_of({words.begin() + 1, words.end()});
  std::cout << authz::explain(request, layers).dump_pretty() << '\n';
  return authz::authorize(request, layers).verdict == authz::Verdict::allow ? 0 : 1;
}
