#include "prover/detail/smtlib_principals.h"

#include "policy/request.h"
#include "prover/detail/smtlib_terms.h"

namespace ringwall::prover::detail {
namespace {

using Caller = policy::Principal::Type;
using Type = policy::PrincipalName::Type;

std::string is(Caller type) { return "(= principal-type " + std::to_string(static_cast<int>(type)) + ")"; }

// One of the names of this type is the variable's value, which is not empty.
Result<std::string> lists(const policy::Principals& principals, Type type, const std::string& variable) {
  std::vector<std::string> terms;
  for (const policy::PrincipalName& name : principals.names) {
    if (name.type != type) continue;
    RW_TRY(const std::string value, smt_text(name.value));
    terms.push_back("(= " + variable + " " + value + ")");
  }
  return smt_any(terms);
}

bool lists_everyone(const policy::Principals& principals) {
  for (const policy::PrincipalName& name : principals.names)
    if (name.type == Type::everyone) return true;
  return false;
}

}  // namespace

std::string smt_caller() {
  std::string text = R"smt((declare-fun principal-type () Int)
(declare-fun principal-arn () String)
(declare-fun principal-role () String)
(declare-fun principal-account () String)
(declare-fun principal-id () String)
(declare-fun principal-service () String)
(declare-fun principal-provider () String)
(declare-fun principal-issuer () String)
(declare-fun principal-partition () String)
(declare-fun principal-name () String)
(declare-fun principal-path () String)
(declare-fun principal-session () String)
(define-fun owned ((arn String) (service String) (kind String)) Bool
  (= arn (str.++ "arn:" principal-partition service principal-account kind principal-path principal-name)))
(assert (<= 0 principal-type 5))
(assert (or (= principal-partition "aws") (= principal-partition "aws-cn") (= principal-partition "aws-us-gov")))
(assert (or (= principal-account "") (str.in_re principal-account ((_ re.loop 12 12) (re.range "0" "9")))))
(assert (and (not (= principal-name "")) (not (str.contains principal-name "/")) (not (= principal-session ""))
             (or (= principal-path "") (str.suffixof "/" principal-path))))
)smt";
  // Who has what; all else is empty.
  const std::string owned = "(not (= principal-account \"\"))";
  const auto none_of = [](const std::vector<std::string>& names) {
    std::vector<std::string> terms;
    for (const std::string& name : names) terms.push_back("(= principal-" + name + " \"\")");
    return smt_all(terms);
  };
  const auto demand = [&](Caller type, const std::vector<std::string>& terms) {
    text += "(assert (=> " + is(type) + " " + smt_all(terms) + "))\n";
  };
  demand(Caller::anonymous, {none_of({"arn", "role", "account", "id", "service", "provider", "issuer"})});
  demand(Caller::root, {owned, "(= principal-id principal-account)", none_of({"role", "service", "provider", "issuer"}),
                        "(= principal-arn (str.++ \"arn:\" principal-partition \":iam::\" principal-account \":root\"))"});
  demand(Caller::user, {owned, "(owned principal-arn \":iam::\" \":user/\")", "(str.prefixof \"AIDA\" principal-id)",
                        none_of({"role", "service", "provider", "issuer"})});
  demand(Caller::role_session,
         {owned, "(owned principal-role \":iam::\" \":role/\")", "(str.prefixof \"AROA\" principal-id)",
          "(= principal-arn (str.++ \"arn:\" principal-partition \":sts::\" principal-account \":assumed-role/\" "
          "principal-name \"/\" principal-session))",
          none_of({"service", "provider", "issuer"})});
  demand(Caller::service, {"(str.contains principal-service \".\")",
                           none_of({"arn", "role", "account", "id", "provider", "issuer"})});
  const std::string by_provider = smt_all({none_of({"arn", "account", "issuer"}), smt_not("(= principal-provider \"\")")});
  const std::string by_user =
      smt_all({owned, none_of({"provider"}), "(or (= principal-issuer \"\") (owned principal-issuer \":iam::\" \":user/\"))",
               "(= principal-arn (str.++ \"arn:\" principal-partition \":sts::\" principal-account \":federated-user/\" "
               "principal-session))"});
  demand(Caller::federated, {none_of({"role", "id", "service"}), smt_any({by_provider, by_user})});
  return text;
}

Result<std::string> smt_names(const policy::Principals& principals) {
  RW_TRY(const std::string arn, lists(principals, Type::arn, "principal-arn"));
  RW_TRY(const std::string role_arn, lists(principals, Type::arn, "principal-role"));
  RW_TRY(const std::string issuer, lists(principals, Type::arn, "principal-issuer"));
  RW_TRY(const std::string id, lists(principals, Type::unique_id, "principal-id"));
  RW_TRY(const std::string account, lists(principals, Type::account, "principal-account"));
  RW_TRY(const std::string service, lists(principals, Type::service, "principal-service"));
  RW_TRY(const std::string provider, lists(principals, Type::federated, "principal-provider"));
  const std::string role = smt_any({role_arn, id}), user = smt_any({arn, id});
  const std::string everyone = lists_everyone(principals) ? "true" : "false";
  if (principals.sense == policy::Sense::listed) {
    return smt_any({everyone, account, smt_all({is(Caller::role_session), smt_any({arn, role})}),
                    smt_all({is(Caller::user), user}), smt_all({is(Caller::federated), smt_any({arn, issuer, provider})}),
                    smt_all({is(Caller::service), service})});
  }
  // Exempt is only who is listed in each of the ways in which they may be named.
  const std::string no_account = "(= principal-account \"\")";
  return smt_not(smt_any({everyone, smt_all({is(Caller::role_session), account, role, arn}),
                          smt_all({is(Caller::user), account, user}),
                          smt_all({is(Caller::federated), no_account, provider}),
                          smt_all({is(Caller::federated), smt_not(no_account), account, arn}),
                          smt_all({is(Caller::root), account}), smt_all({is(Caller::service), service})}));
}

}  // namespace ringwall::prover::detail
