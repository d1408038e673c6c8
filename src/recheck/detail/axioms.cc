#include "recheck/detail/axioms.h"

#include <array>
#include <optional>

namespace ringwall::recheck::detail {
namespace {

// If the one key is there (with this value), so is the other, or is not.
enum class Form : std::uint8_t {
  with,          // not there without the other
  without,       // not there with the other
  always,        // there
  true_without,  // where it is true the other is not there
  true_with,     // where it is true the other is there
  with_true,     // there only where the other is true
  not_false,     // not there where the other is false
  not_both,      // where it is true the other is not true
  of_somebody,   // where it is true the other does not say that nobody signs
  of_actions,    // of some actions' requests only, and it may say who calls: said of each action by itself (statement.cc)
  in_arn,        // it is the account in the resource's ARN
  begins,        // each value begins with the other's and a slash
  somewhere,     // one of the two is there, unless a service passes on or asks
};

struct Row {
  Axiom axiom;
  Form form;
  std::string_view key, other;
};

using enum Form;
constexpr Row rows[] = {
    {{"endpoint-lies-in-a-vpc", "aws:SourceVpce is present only with aws:SourceVpc"},
     with, "aws:sourcevpce", "aws:sourcevpc"},
    {{"endpoint-hides-the-address", "aws:SourceIp is absent from requests through a VPC endpoint"},
     without, "aws:sourcevpce", "aws:sourceip"},
    {{"vpc-hides-the-address", "aws:SourceIp is absent from requests out of a VPC that is known"},
     without, "aws:sourcevpc", "aws:sourceip"},
    {{"private-address-of-a-vpc", "aws:VpcSourceIp is present only with aws:SourceVpc"},
     with, "aws:vpcsourceip", "aws:sourcevpc"},
    {{"vpc-arn-of-a-vpc", "aws:SourceVpcArn is present only with aws:SourceVpc"},
     with, "aws:sourcevpcarn", "aws:sourcevpc"},
    {{"endpoint-account-of-an-endpoint", "aws:VpceAccount is present only with aws:SourceVpce"},
     with, "aws:vpceaccount", "aws:sourcevpce"},
    {{"endpoint-organisation-of-an-endpoint", "aws:VpceOrgID is present only with aws:SourceVpce"},
     with, "aws:vpceorgid", "aws:sourcevpce"},
    {{"network-keys-of-services",
      "aws:SourceVpcArn, aws:VpceAccount, aws:VpceOrgID and aws:VpceOrgPaths are present only with actions of services that AWS lists"},
     of_actions, "", ""},
    {{"endpoint-paths-of-an-organisation", "aws:VpceOrgPaths is present only with aws:VpceOrgID"},
     with, "aws:vpceorgpaths", "aws:vpceorgid"},
    {{"endpoint-paths-begin-with-it", "each value of aws:VpceOrgPaths begins with that of aws:VpceOrgID and a slash"},
     begins, "aws:vpceorgpaths", "aws:vpceorgid"},
    {{"requests-come-from-somewhere", "aws:SourceIp or aws:SourceVpc is present where aws:ViaAWSService is false and aws:PrincipalIsAWSService is not true"},
     somewhere, "aws:sourceip", "aws:sourcevpc"},
    {{"principal-paths-of-an-organisation", "aws:PrincipalOrgPaths is present only with aws:PrincipalOrgID"},
     with, "aws:principalorgpaths", "aws:principalorgid"},
    {{"principal-paths-begin-with-it", "each value of aws:PrincipalOrgPaths begins with that of aws:PrincipalOrgID and a slash"},
     begins, "aws:principalorgpaths", "aws:principalorgid"},
    {{"account-in-the-arn", "aws:ResourceAccount is the account in the resource's ARN, where that has one and is no access point's of S3"},
     in_arn, "aws:resourceaccount", ""},
    {{"account-in-the-arn-of-s3", "s3:ResourceAccount is the account in the resource's ARN, where that has one and is no access point's of S3"},
     in_arn, "s3:resourceaccount", ""},
    {{"resource-organisation-of-an-account", "aws:ResourceOrgID is present only with aws:ResourceAccount"},
     with, "aws:resourceorgid", "aws:resourceaccount"},
    {{"resource-paths-of-an-organisation", "aws:ResourceOrgPaths is present only with aws:ResourceOrgID"},
     with, "aws:resourceorgpaths", "aws:resourceorgid"},
    {{"resource-paths-begin-with-it", "each value of aws:ResourceOrgPaths begins with that of aws:ResourceOrgID and a slash"},
     begins, "aws:resourceorgpaths", "aws:resourceorgid"},
    {{"services-have-no-organisation", "aws:PrincipalOrgID is absent where aws:PrincipalIsAWSService is true"},
     true_without, "aws:principalisawsservice", "aws:principalorgid"},
    {{"services-have-no-account", "aws:PrincipalAccount is absent where aws:PrincipalIsAWSService is true"},
     true_without, "aws:principalisawsservice", "aws:principalaccount"},
    {{"services-have-a-name", "aws:PrincipalServiceName is present where aws:PrincipalIsAWSService is true"},
     true_with, "aws:principalisawsservice", "aws:principalservicename"},
    {{"only-services-have-a-name", "aws:PrincipalServiceName is present only where aws:PrincipalIsAWSService is true"},
     with_true, "aws:principalservicename", "aws:principalisawsservice"},
    {{"service-names-of-a-service", "aws:PrincipalServiceNamesList is present only where aws:PrincipalIsAWSService is true"},
     with_true, "aws:principalservicenameslist", "aws:principalisawsservice"},
    {{"source-organisation-of-an-account", "aws:SourceOrgID is present only with aws:SourceAccount"},
     with, "aws:sourceorgid", "aws:sourceaccount"},
    {{"source-paths-of-an-organisation", "aws:SourceOrgPaths is present only with aws:SourceOrgID"},
     with, "aws:sourceorgpaths", "aws:sourceorgid"},
    {{"source-paths-begin-with-it", "each value of aws:SourceOrgPaths begins with that of aws:SourceOrgID and a slash"},
     begins, "aws:sourceorgpaths", "aws:sourceorgid"},
    {{"kms-via-a-service", "kms:ViaService is absent where aws:ViaAWSService is false"},
     not_false, "kms:viaservice", "aws:viaawsservice"},
    {{"keys-of-services", "a key that one service's pages list is present only with actions of services that list it"},
     of_actions, "", ""},
    {{"account-of-the-caller", "kms:CallerAccount, where it is present, is the account that aws:PrincipalAccount names, or AWS's own of a service"},
     of_actions, "", ""},
    {{"owner-of-the-source", "aws:SourceOwner is present only with actions of sns, and is the account that calls, or that a service acts for"},
     of_actions, "", ""},
    {{"called-via-a-service", "aws:CalledVia is absent where aws:ViaAWSService is false"},
     not_false, "aws:calledvia", "aws:viaawsservice"},
    {{"first-of-called-via", "aws:CalledViaFirst is present only with aws:CalledVia"},
     with, "aws:calledviafirst", "aws:calledvia"},
    {{"last-of-called-via", "aws:CalledViaLast is present only with aws:CalledVia"},
     with, "aws:calledvialast", "aws:calledvia"},
    {{"mcp-servers-have-a-name", "aws:CalledViaAWSMCP is present where aws:ViaAWSMCPService is true"},
     true_with, "aws:viaawsmcpservice", "aws:calledviaawsmcp"},
    {{"only-mcp-servers-have-a-name", "aws:CalledViaAWSMCP is present only where aws:ViaAWSMCPService is true"},
     with_true, "aws:calledviaawsmcp", "aws:viaawsmcpservice"},
    {{"mcp-servers-act-for-principals", "aws:ViaAWSMCPService is not true where aws:PrincipalIsAWSService is"},
     not_both, "aws:viaawsmcpservice", "aws:principalisawsservice"},
    {{"mcp-servers-pass-on-what-is-signed", "aws:ViaAWSMCPService is not true where aws:PrincipalType is Anonymous"},
     of_somebody, "aws:viaawsmcpservice", "aws:principaltype"},
    {{"age-of-a-second-factor", "aws:MultiFactorAuthAge is present only where aws:MultiFactorAuthPresent is true"},
     with_true, "aws:multifactorauthage", "aws:multifactorauthpresent"},
    {{"transport-is-always-said", "aws:SecureTransport is always present"},
     always, "aws:securetransport", ""},
    {{"the-region-is-always-said", "aws:RequestedRegion is always present"},
     always, "aws:requestedregion", ""},
    {{"the-time-is-always-said", "aws:CurrentTime is always present"},
     always, "aws:currenttime", ""},
    {{"the-epoch-is-always-said", "aws:EpochTime is always present"},
     always, "aws:epochtime", ""},
};

constexpr auto texts = [] {
  std::array<Axiom, std::size(rows)> all;
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = rows[i].axiom;
  return all;
}();

}  // namespace

std::span<const Axiom> axioms() { return texts; }

std::size_t number_of(std::string_view name) {
  std::size_t number = 0;
  while (rows[number].axiom.name != name) ++number;
  return number;
}

namespace {

// The organisation whose path a text begins with: what stands before its slash, or begins there where the text ends before one.
// Nothing: a wildcard stands there.
std::optional<std::string> organisation_before(const std::string& path, bool wild) {
  const std::string start = wild ? path.substr(0, path.find_first_of("*?")) : path;
  const std::size_t slash = start.find('/');
  if (slash != std::string::npos && slash > 0) return start.substr(0, slash);
  return start.empty() || slash == 0 ? std::nullopt : std::optional(start + "*");
}

Term begins_with(const Row& row, const Comparisons& tests, Asking& asking) {
  Terms& terms = asking.terms();
  const std::string key(row.key), other(row.other);
  std::vector<Term> parts;
  for (const auto& [of, wild, paths] : tests) {
    if (of != row.key) continue;
    std::vector<std::string> some, whole;
    bool any = false;
    for (const std::string& path : paths) {
      const auto organisation = organisation_before(path, wild);
      any |= !organisation;
      if (!organisation) continue;
      some.push_back(*organisation);
      if (wild && path == *organisation + "/*") whole.push_back(*organisation);
    }
    const std::string like = wild ? "StringLike" : "StringEquals", unlike = wild ? "StringNotLike" : "StringNotEquals";
    if (!any) parts.push_back(terms.if_then(asking.holds("ForAnyValue:" + like, key, paths), asking.holds("StringLike", other, some)));
    if (!whole.empty()) parts.push_back(terms.if_then(asking.holds("StringEquals", other, whole), -asking.holds("ForAnyValue:" + unlike, key, paths)));
  }
  return terms.all(std::move(parts));
}

Term account_in_arn(const Row& row, const Comparisons& tests, Asking& asking) {
  Terms& terms = asking.terms();
  const std::string key(row.key), any = "????????????";
  const auto arn = [](const std::string& account) { return "arn:*:*:*:" + account + ":*"; };
  const Term has_account = terms.all({asking.like_arns({arn(any)}), -asking.like_arns({"arn:*:s3*:*:" + any + ":accesspoint*"})});
  std::vector<Term> parts;
  for (const auto& [of, wild, accounts] : tests) {
    if (of != row.key) continue;
    std::vector<std::string> arns;
    for (const std::string& account : accounts) {
      if (!account.empty() && !account.contains(':') && (wild || account.find_first_of("*?") == std::string::npos)) arns.push_back(arn(account));
    }
    const Term listed = asking.holds(wild ? "StringLike" : "StringEquals", key, accounts), of_listed = arns.empty() ? no : asking.like_arns(arns);
    parts.push_back(terms.any({-has_account, -listed, of_listed}));
    parts.push_back(terms.any({-has_account, -of_listed, listed, -asking.present(key)}));
  }
  return terms.all(std::move(parts));
}

}  // namespace

Term says(std::size_t number, const Comparisons& tests, Asking& asking) {
  const Row& row = rows[number];
  Terms& terms = asking.terms();
  const auto is = [&](std::string_view key, const char* value) {
    return asking.holds("StringEqualsIgnoreCase", std::string(key), {value});
  };
  const auto there = [&](std::string_view key) { return asking.present(key); };
  switch (row.form) {
    case with:
      return terms.if_then(there(row.key), there(row.other));
    case without:
      return terms.if_then(there(row.key), -there(row.other));
    case always:
      return there(row.key);
    case true_without:
      return terms.if_then(is(row.key, "true"), -there(row.other));
    case true_with:
      return terms.if_then(is(row.key, "true"), there(row.other));
    case with_true:
      return terms.if_then(there(row.key), is(row.other, "true"));
    case not_false:
      return terms.if_then(there(row.key), -is(row.other, "false"));
    case in_arn:
      return account_in_arn(row, tests, asking);
    case begins:
      return begins_with(row, tests, asking);
    case not_both:
      return terms.if_then(is(row.key, "true"), -is(row.other, "true"));
    case of_somebody:
      return terms.if_then(is(row.key, "true"), -is(row.other, "Anonymous"));
    case of_actions:
      return yes;
    case somewhere:
      return terms.any({there(row.key), there(row.other), -is("aws:viaawsservice", "false"), is("aws:principalisawsservice", "true")});
  }
  return yes;
}

}  // namespace ringwall::recheck::detail
