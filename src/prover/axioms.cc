// The reviewed table of what every request keeps. Add a row only with AWS's page for it: a row that
// is wrong makes proofs unsound, a row that is missing makes a proof fail that could be had.

#include "prover/detail/axioms.h"

#include <algorithm>
#include <optional>
#include <set>

#include "catalogue/agents.h"
#include "catalogue/network_keys.h"

namespace ringwall::prover {
namespace {

constexpr std::string_view global_keys =
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html";

constexpr std::string_view organisation_paths =
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed-view-data-orgs.html";

constexpr std::string_view resource_arns = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html";

constexpr std::string_view kms_keys = "https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html";
constexpr std::string_view sns_keys =
    "https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html";
constexpr std::string_view authorization_reference =
    "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html";

constexpr Axiom service_keys_axiom = {
    "keys-of-services", "a key that one service's pages list is present only with actions of services that list it", authorization_reference};
constexpr Axiom caller_account_axiom = {
    "account-of-the-caller", "kms:CallerAccount, where it is present, is the account that aws:PrincipalAccount names, or AWS's own of a service",
    kms_keys};
constexpr Axiom source_owner_axiom = {
    "owner-of-the-source",
    "aws:SourceOwner is present only with actions of sns, and is the account that calls, or that a service acts for", sns_keys};
constexpr Axiom network_keys_axiom = {
    "network-keys-of-services",
    "aws:SourceVpcArn, aws:VpceAccount, aws:VpceOrgID and aws:VpceOrgPaths are present only with actions of services that AWS lists",
    catalogue::network_keys_source};

struct Row {
  Axiom axiom;
  // What it says: if the one key is there (with this value), so is the other (with that).
  enum class Shape : std::uint8_t {
    if_present_then_present,
    if_present_then_absent,
    present,
    if_true_then_absent,
    if_true_then_present,
    if_present_then_true,
    if_present_then_not_false,
    if_true_then_not_true,
    if_true_then_somebody,  // who signs
    from_somewhere,
    in_the_arn,         // the key is the account in the resource's ARN
    begins_with,        // each value of the one key begins with the other's and a slash
    of_callers,         // said of each caller: callers.cc says who has which account (prover.cc)
    of_listed_actions,  // the key is present only with actions that AWS lists: said of each class of actions (prover.cc)
  } shape;
  std::string_view key;
  std::string_view other = {};
};

using enum Row::Shape;
constexpr Row rows[] = {
    {{"endpoint-lies-in-a-vpc", "aws:SourceVpce is present only with aws:SourceVpc", global_keys},
     if_present_then_present, "aws:sourcevpce", "aws:sourcevpc"},
    {{"endpoint-hides-the-address", "aws:SourceIp is absent from requests through a VPC endpoint", global_keys},
     if_present_then_absent, "aws:sourcevpce", "aws:sourceip"},
    {{"vpc-hides-the-address", "aws:SourceIp is absent from requests out of a VPC that is known", global_keys},
     if_present_then_absent, "aws:sourcevpc", "aws:sourceip"},
    {{"private-address-of-a-vpc", "aws:VpcSourceIp is present only with aws:SourceVpc", global_keys},
     if_present_then_present, "aws:vpcsourceip", "aws:sourcevpc"},
    {{"vpc-arn-of-a-vpc", "aws:SourceVpcArn is present only with aws:SourceVpc", global_keys},
     if_present_then_present, "aws:sourcevpcarn", "aws:sourcevpc"},
    {{"endpoint-account-of-an-endpoint", "aws:VpceAccount is present only with aws:SourceVpce", global_keys},
     if_present_then_present, "aws:vpceaccount", "aws:sourcevpce"},
    {{"endpoint-organisation-of-an-endpoint", "aws:VpceOrgID is present only with aws:SourceVpce", global_keys},
     if_present_then_present, "aws:vpceorgid", "aws:sourcevpce"},
    {network_keys_axiom, of_listed_actions, "aws:vpceorgid"},
    {{"endpoint-paths-of-an-organisation", "aws:VpceOrgPaths is present only with aws:VpceOrgID", global_keys},
     if_present_then_present, "aws:vpceorgpaths", "aws:vpceorgid"},
    {{"endpoint-paths-begin-with-it", "each value of aws:VpceOrgPaths begins with that of aws:VpceOrgID and a slash", organisation_paths},
     begins_with, "aws:vpceorgpaths", "aws:vpceorgid"},
    {{"requests-come-from-somewhere",
      "aws:SourceIp or aws:SourceVpc is present where aws:ViaAWSService is false and aws:PrincipalIsAWSService is not true",
      global_keys},
     from_somewhere, "aws:sourceip", "aws:sourcevpc"},
    {{"principal-paths-of-an-organisation", "aws:PrincipalOrgPaths is present only with aws:PrincipalOrgID", global_keys},
     if_present_then_present, "aws:principalorgpaths", "aws:principalorgid"},
    {{"principal-paths-begin-with-it", "each value of aws:PrincipalOrgPaths begins with that of aws:PrincipalOrgID and a slash", organisation_paths},
     begins_with, "aws:principalorgpaths", "aws:principalorgid"},
    {{"account-in-the-arn", "aws:ResourceAccount is the account in the resource's ARN, where that has one and is no access point's of S3", resource_arns},
     in_the_arn, "aws:resourceaccount"},
    {{"account-in-the-arn-of-s3", "s3:ResourceAccount is the account in the resource's ARN, where that has one and is no access point's of S3", resource_arns},
     in_the_arn, "s3:resourceaccount"},
    {{"resource-organisation-of-an-account", "aws:ResourceOrgID is present only with aws:ResourceAccount", global_keys},
     if_present_then_present, "aws:resourceorgid", "aws:resourceaccount"},
    {{"resource-paths-of-an-organisation", "aws:ResourceOrgPaths is present only with aws:ResourceOrgID", global_keys},
     if_present_then_present, "aws:resourceorgpaths", "aws:resourceorgid"},
    {{"resource-paths-begin-with-it", "each value of aws:ResourceOrgPaths begins with that of aws:ResourceOrgID and a slash", organisation_paths},
     begins_with, "aws:resourceorgpaths", "aws:resourceorgid"},
    {{"services-have-no-organisation", "aws:PrincipalOrgID is absent where aws:PrincipalIsAWSService is true", global_keys},
     if_true_then_absent, "aws:principalisawsservice", "aws:principalorgid"},
    {{"services-have-no-account", "aws:PrincipalAccount is absent where aws:PrincipalIsAWSService is true", global_keys},
     if_true_then_absent, "aws:principalisawsservice", "aws:principalaccount"},
    {{"services-have-a-name", "aws:PrincipalServiceName is present where aws:PrincipalIsAWSService is true", global_keys},
     if_true_then_present, "aws:principalisawsservice", "aws:principalservicename"},
    {{"only-services-have-a-name", "aws:PrincipalServiceName is present only where aws:PrincipalIsAWSService is true", global_keys},
     if_present_then_true, "aws:principalservicename", "aws:principalisawsservice"},
    {{"service-names-of-a-service", "aws:PrincipalServiceNamesList is present only where aws:PrincipalIsAWSService is true", global_keys},
     if_present_then_true, "aws:principalservicenameslist", "aws:principalisawsservice"},
    {{"source-organisation-of-an-account", "aws:SourceOrgID is present only with aws:SourceAccount", global_keys},
     if_present_then_present, "aws:sourceorgid", "aws:sourceaccount"},
    {{"source-paths-of-an-organisation", "aws:SourceOrgPaths is present only with aws:SourceOrgID", global_keys},
     if_present_then_present, "aws:sourceorgpaths", "aws:sourceorgid"},
    {{"source-paths-begin-with-it", "each value of aws:SourceOrgPaths begins with that of aws:SourceOrgID and a slash", organisation_paths},
     begins_with, "aws:sourceorgpaths", "aws:sourceorgid"},
    {{"kms-via-a-service", "kms:ViaService is absent where aws:ViaAWSService is false", kms_keys},
     if_present_then_not_false, "kms:viaservice", "aws:viaawsservice"},
    {service_keys_axiom, of_listed_actions, "kms:"},
    {caller_account_axiom, of_callers, "kms:calleraccount"},
    {source_owner_axiom, of_callers, "aws:sourceowner"},
    // EC2 and a few others do not say aws:ViaAWSService at all.
    {{"called-via-a-service", "aws:CalledVia is absent where aws:ViaAWSService is false", global_keys},
     if_present_then_not_false, "aws:calledvia", "aws:viaawsservice"},
    {{"first-of-called-via", "aws:CalledViaFirst is present only with aws:CalledVia", global_keys},
     if_present_then_present, "aws:calledviafirst", "aws:calledvia"},
    {{"last-of-called-via", "aws:CalledViaLast is present only with aws:CalledVia", global_keys},
     if_present_then_present, "aws:calledvialast", "aws:calledvia"},
    {{"mcp-servers-have-a-name", "aws:CalledViaAWSMCP is present where aws:ViaAWSMCPService is true", catalogue::mcp_source},
     if_true_then_present, "aws:viaawsmcpservice", "aws:calledviaawsmcp"},
    {{"only-mcp-servers-have-a-name", "aws:CalledViaAWSMCP is present only where aws:ViaAWSMCPService is true", catalogue::mcp_source},
     if_present_then_true, "aws:calledviaawsmcp", "aws:viaawsmcpservice"},
    {{"mcp-servers-act-for-principals", "aws:ViaAWSMCPService is not true where aws:PrincipalIsAWSService is", catalogue::mcp_source},
     if_true_then_not_true, "aws:viaawsmcpservice", "aws:principalisawsservice"},
    {{"mcp-servers-pass-on-what-is-signed", "aws:ViaAWSMCPService is not true where aws:PrincipalType is Anonymous", catalogue::mcp_source},
     if_true_then_somebody, "aws:viaawsmcpservice", "aws:principaltype"},
    {{"age-of-a-second-factor", "aws:MultiFactorAuthAge is present only where aws:MultiFactorAuthPresent is true", global_keys},
     if_present_then_true, "aws:multifactorauthage", "aws:multifactorauthpresent"},
    {{"transport-is-always-said", "aws:SecureTransport is always present", global_keys}, present, "aws:securetransport"},
    {{"the-region-is-always-said", "aws:RequestedRegion is always present", global_keys}, present, "aws:requestedregion"},
    {{"the-time-is-always-said", "aws:CurrentTime is always present", global_keys}, present, "aws:currenttime"},
    {{"the-epoch-is-always-said", "aws:EpochTime is always present", global_keys}, present, "aws:epochtime"},
};

}  // namespace

std::vector<Axiom> axioms() {
  std::vector<Axiom> all;
  for (const Row& row : rows) all.push_back(row.axiom);
  return all;
}

namespace detail {
namespace {

// What stands before the slash of a path, as a pattern of organisations. Nothing: the pattern says none.
std::optional<policy::Listed> organisation_of(const policy::Listed& path) {
  if (path.pieces.empty() || path.pieces.front().kind != policy::Piece::Kind::literal) return std::nullopt;
  const std::string& start = path.pieces.front().text;
  const std::size_t slash = start.find('/');
  if (slash == 0) return std::nullopt;
  policy::Listed organisation{start.substr(0, slash), {{.kind = policy::Piece::Kind::literal, .text = start.substr(0, slash)}}, 0};
  if (slash != std::string::npos) return organisation;
  organisation.pieces.push_back({.kind = policy::Piece::Kind::any_run});  // it may go on
  organisation.text += "*";
  return organisation;
}

// Does the pattern match every path of the organisation, as `o-1/*` does?
bool is_whole_organisation(const policy::Listed& path) {
  if (path.pieces.size() != 2 || path.pieces.front().kind != policy::Piece::Kind::literal) return false;
  const std::string& start = path.pieces.front().text;
  return path.pieces.back().kind == policy::Piece::Kind::any_run && start.find('/') == start.size() - 1;
}

// Of every list that paths are compared with: a path that it has is of an organisation that the list begins with, and who is of one
// whose paths are all listed has no other. Organisations are never told apart by paths beyond that, so `paths` is asked nothing new.
Ref begins(KeyId paths, KeyId organisation, Encoder& encoder, Formulas& formulas, const Leaves& leaves) {
  using policy::Family;
  Vocabulary& vocabulary = encoder.vocabulary();
  std::set<RelationId> asked;
  for (std::uint32_t leaf = 0; leaf < leaves.size(); ++leaf) {
    if (leaves[leaf].key == paths && leaves[leaf].relation != any_value) asked.insert(leaves[leaf].relation);
  }
  const auto is_one_of = [&](std::vector<policy::Listed> organisations) {
    const RelationId relation =
        vocabulary.relation({Relation::Kind::condition, Family::text_like, policy::Comparison::equal, std::move(organisations)});
    return encoder.some(organisation, relation, is_yes);
  };
  std::vector<Ref> parts;
  for (const RelationId id : asked) {
    const Family family = vocabulary[id].family;
    if (family != Family::text && family != Family::text_like) continue;
    std::vector<policy::Listed> some, whole;
    bool any = false;
    for (const policy::Listed& path : vocabulary[id].values) {
      auto organisation_begins = organisation_of(path);
      any |= !organisation_begins;
      if (!organisation_begins) continue;
      if (family == Family::text_like && is_whole_organisation(path)) whole.push_back(*organisation_begins);
      some.push_back(*std::move(organisation_begins));
    }
    if (!any) parts.push_back(formulas.any({negation(encoder.some(paths, id, is_yes)), is_one_of(std::move(some))}));
    if (!whole.empty()) parts.push_back(formulas.any({negation(is_one_of(std::move(whole))), negation(encoder.some(paths, id, is_no))}));
  }
  return formulas.all(std::move(parts));
}

// ARNs of services that begin with `service`, whose account is `account`, and whose last part begins with `name`.
policy::Listed arn_of(std::string_view service, const policy::Pieces& account, std::string_view name) {
  policy::Listed arn;
  const auto literal = [&](std::string_view text) {
    arn.text += text;
    if (!arn.pieces.empty() && arn.pieces.back().kind == policy::Piece::Kind::literal) arn.pieces.back().text += text;
    else arn.pieces.push_back({.kind = policy::Piece::Kind::literal, .text = std::string(text)});
  };
  const auto wild = [&](policy::Piece::Kind kind) {
    arn.text += kind == policy::Piece::Kind::any_run ? '*' : '?';
    arn.pieces.push_back({.kind = kind});
  };
  literal("arn:");
  wild(policy::Piece::Kind::any_run);
  literal(":" + std::string(service));
  wild(policy::Piece::Kind::any_run);
  literal(":");
  wild(policy::Piece::Kind::any_run);
  literal(":");
  for (const policy::Piece& piece : account) {
    if (piece.kind == policy::Piece::Kind::literal) literal(piece.text);
    else wild(piece.kind);
  }
  literal(":" + std::string(name));
  wild(policy::Piece::Kind::any_run);
  return arn;
}

// An access point's ARN has the account of whoever made it, and that may be another one's than the bucket behind it. Where the
// question knows whose the resource is, the encoder ties the ARN to that (owned()).
Ref in_arns(KeyId key, Encoder& encoder, Formulas& formulas, const Leaves& leaves) {
  using policy::Family;
  Vocabulary& vocabulary = encoder.vocabulary();
  const auto is_one_of = [&](std::vector<policy::Listed> arns) {
    const RelationId relation = vocabulary.relation({Relation::Kind::condition, Family::arn, policy::Comparison::equal, std::move(arns)});
    return encoder.some(resource_key, relation, is_yes);
  };
  std::set<RelationId> asked;
  for (std::uint32_t leaf = 0; leaf < leaves.size(); ++leaf) {
    if (leaves[leaf].key == key && leaves[leaf].relation != any_value) asked.insert(leaves[leaf].relation);
  }
  if (const auto* values = encoder.values(key); values != nullptr && values->size() == 1) {
    const policy::Listed value{values->front(), {{.kind = policy::Piece::Kind::literal, .text = values->front()}}, 0};
    asked.insert(vocabulary.relation({Relation::Kind::condition, Family::text, policy::Comparison::equal, {value}}));
  }
  std::vector<Ref> parts;
  for (const RelationId id : asked) {
    if (vocabulary[id].family != Family::text && vocabulary[id].family != Family::text_like) continue;
    std::vector<policy::Listed> arns;
    for (const policy::Listed& account : vocabulary[id].values) {
      if (!account.text.contains(':') && !account.pieces.empty()) arns.push_back(arn_of({}, account.pieces, {}));
    }
    const policy::Pieces any_account(12, {.kind = policy::Piece::Kind::any_one});
    const Ref has_account = formulas.all({is_one_of({arn_of({}, any_account, {})}), negation(is_one_of({arn_of("s3", any_account, "accesspoint")}))});
    const Ref of_listed = is_one_of(std::move(arns)), listed = encoder.some(key, id, is_yes);
    parts.push_back(formulas.any({negation(has_account), negation(listed), of_listed}));
    parts.push_back(formulas.any({negation(has_account), negation(of_listed), listed, negation(encoder.present(key))}));
  }
  return formulas.all(std::move(parts));
}

Ref formula_of(const Row& row, Encoder& encoder, Formulas& formulas, const Leaves& leaves) {
  const auto is_there = [&](std::string_view key) { return encoder.present(encoder.key(key)); };
  const auto is_true = [&](std::string_view key) { return encoder.has_value(key, "true"); };
  const auto is_false = [&](std::string_view key) { return encoder.has_value(key, "false"); };
  const auto if_then = [&](Ref a, Ref b) { return formulas.any({negation(a), b}); };
  switch (row.shape) {
    case present:
      return is_there(row.key);
    case if_present_then_present:
      return if_then(is_there(row.key), is_there(row.other));
    case if_present_then_absent:
      return if_then(is_there(row.key), negation(is_there(row.other)));
    case if_true_then_absent:
      return if_then(is_true(row.key), negation(is_there(row.other)));
    case if_true_then_present:
      return if_then(is_true(row.key), is_there(row.other));
    case if_present_then_true:
      return if_then(is_there(row.key), is_true(row.other));
    case if_present_then_not_false:
      return if_then(is_there(row.key), negation(is_false(row.other)));
    case if_true_then_not_true:
      return if_then(is_true(row.key), negation(is_true(row.other)));
    case if_true_then_somebody:
      return if_then(is_true(row.key), negation(encoder.has_value(row.other, "Anonymous")));
    case from_somewhere:
      return formulas.any({is_there(row.key), is_there(row.other), negation(is_false("aws:viaawsservice")),
                           is_true("aws:principalisawsservice")});
    case in_the_arn:
      return encoder.knows_owner() ? yes : in_arns(encoder.key(row.key), encoder, formulas, leaves);
    case begins_with:
      return begins(encoder.key(row.key), encoder.key(row.other), encoder, formulas, leaves);
    case of_callers:
    case of_listed_actions:
      return yes;  // nothing of a request whose action is not known
  }
  return yes;
}

}  // namespace

const Axiom& axiom_of_network_keys() { return network_keys_axiom; }
const Axiom& axiom_of_service_keys() { return service_keys_axiom; }
const Axiom& axiom_of_caller_account() { return caller_account_axiom; }
const Axiom& axiom_of_source_owner() { return source_owner_axiom; }

std::vector<StatedAxiom> state_axioms(Encoder& encoder, Formulas& formulas, const Leaves& leaves, std::string_view off) {
  std::vector<StatedAxiom> stated;
  for (const Row& row : rows) {
    if (row.axiom.name == off) continue;
    StatedAxiom axiom{&row.axiom, formula_of(row, encoder, formulas, leaves), {}};
    if (axiom.formula == yes || axiom.formula == no) continue;
    formulas.walk(axiom.formula, [&](std::uint32_t leaf) { axiom.keys.push_back(leaves[leaf].key); });
    // Whose the resource is matters where something asks for it: most questions ask for the resource, and few for that.
    if (row.shape == in_the_arn && std::ranges::find(axiom.keys, encoder.key(row.key)) != axiom.keys.end())
      std::erase(axiom.keys, resource_key);
    stated.push_back(std::move(axiom));
  }
  return stated;
}

}  // namespace detail
}  // namespace ringwall::prover
