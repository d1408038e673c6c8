#include "recheck/detail/axioms.h"

#include <array>

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
  of_actions,    // of some actions' requests only, and it may say who calls: said of each action by itself (statement.cc)
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
    {{"requests-come-from-somewhere", "aws:SourceIp or aws:SourceVpc is present where aws:ViaAWSService is false and aws:PrincipalIsAWSService is not true"},
     somewhere, "aws:sourceip", "aws:sourcevpc"},
    {{"principal-paths-of-an-organisation", "aws:PrincipalOrgPaths is present only with aws:PrincipalOrgID"},
     with, "aws:principalorgpaths", "aws:principalorgid"},
    {{"resource-organisation-of-an-account", "aws:ResourceOrgID is present only with aws:ResourceAccount"},
     with, "aws:resourceorgid", "aws:resourceaccount"},
    {{"resource-paths-of-an-organisation", "aws:ResourceOrgPaths is present only with aws:ResourceOrgID"},
     with, "aws:resourceorgpaths", "aws:resourceorgid"},
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

Term says(std::size_t number, Asking& asking) {
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
    case of_actions:
      return yes;
    case somewhere:
      return terms.any({there(row.key), there(row.other), -is("aws:viaawsservice", "false"), is("aws:principalisawsservice", "true")});
  }
  return yes;
}

}  // namespace ringwall::recheck::detail
