#include "recheck/recheck.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "recheck/detail/rows.h"
#include "recheck/detail/writing.h"

namespace ringwall::recheck {
namespace {

using namespace detail;

// Of which the whole is put together; every one is looked at.
constexpr std::size_t pairs_max = 2'000'000;

// Decides claims by whatever answers single questions: who makes certificates, or who looks for them.
class Judge {
 public:
  // Is there a certificate of the question, for this subject?
  using Ask = std::function<Result<>(const Question& question, const std::string& subject)>;
  Judge(Rows& rows, const World& world, Ask ask) : rows_(rows), world_(world), ask_(std::move(ask)) {
    world.estate.resources.for_each([&](const estate::Resource& resource) { resources_.push_back(resource.arn); });
    for (const estate::Principal* principal : world.principals) {
      if (principal->type == policy::Principal::Type::role_session) resources_.push_back(principal->arn);
    }
  }

  Result<> proved(const Cell& cell) {
    const auto [kept, added] = known_.try_emplace(cell);
    if (added) {
      kept->second = cell.row == Objective::whole    ? whole(cell.subject)
                     : cell.row == Objective::agents ? agents(cell.subject)
                                                     : ask_(rows_.question(cell), cell.subject);
    }
    return kept->second;
  }

 private:
  Result<> whole(const std::string& subject);
  Result<> agents(const std::string& subject);
  Result<> of_principal(const std::string& subject);
  Result<> of_endpoint(const std::string& subject);
  Result<> through(const std::string& endpoint, const Cell& cell);
  Result<> unlisted(const std::string& resource, const std::string& subject);
  Result<> stays(const std::string& principal, const std::string& endpoint);
  Result<> pair(const std::string& principal, const std::string& resource);
  Result<> within_bounds() const;

  Rows& rows_;
  const World& world_;
  const Ask ask_;
  std::vector<std::string> resources_;  // roles of mine too
  std::map<Cell, Result<>> known_;
  std::map<std::pair<std::string, std::string>, Result<>> pairs_;
  std::map<std::string, std::set<std::string>> granting_;  // by principal
};

// What may cross is an outsider on a resource of mine, one of mine on a foreign resource, one of mine on a resource of mine from
// an unexpected network, or an outsider on a foreign resource through an endpoint of mine. A cell of the whole is proved if
// nothing that crosses touches its subject: as a principal, a resource, a role or an endpoint.
Result<> Judge::whole(const std::string& subject) {
  if (world_.estate.endpoints.find(subject) != nullptr) return of_endpoint(subject);
  const estate::Principal* principal = world_.estate.principal(subject);
  const bool role = principal != nullptr && principal->type == policy::Principal::Type::role_session;
  if (principal == nullptr && world_.estate.resources.find(subject) == nullptr) return fail(Failure::invalid, "the estate has no `" + subject + "`");
  if (principal != nullptr) RW_DO(of_principal(subject));
  if (role) RW_DO(proved({Objective::trust, subject}));
  if (principal == nullptr) {
    RW_DO(proved({Objective::resource_principals, subject}));
    if (rows_.excepts(Objective::resource_principals) && !proved({Objective::resource_networks, subject}))
      RW_DO(ask_(rows_.outsiders_from_anywhere(subject), subject));
  }
  if (role || principal == nullptr) {
    RW_DO(within_bounds());
    for (const estate::Principal* each : world_.principals) RW_DO(pair(each->arn, subject));
    if (principal == nullptr) RW_DO(unlisted(subject, subject));
  }
  return {};
}

// An agent gets at nothing beyond reading by what its principal's own side allows, nor at anything of others, nor at what a resource
// of its account grants it by name.
Result<> Judge::agents(const std::string& subject) {
  RW_DO(ask_(rows_.by_agents(subject, Rows::Beyond::reading), subject));
  RW_DO(ask_(rows_.by_agents(subject, Rows::Beyond::mine), subject));
  RW_DO(within_bounds());
  for (const std::string& resource : rows_.granting(subject)) RW_DO(ask_(rows_.granted_to_agents(subject, resource), subject));
  return {};
}

// Somebody of an account that is mine by the file alone reaches the resource from no unexpected network.
Result<> Judge::unlisted(const std::string& resource, const std::string& subject) {
  if (!rows_.resource_networks_asks(resource) || proved({Objective::resource_networks, resource})) return {};
  return ask_(rows_.unlisted_from_anywhere(resource), subject);
}

// Nothing crosses through an endpoint that lets neither outsiders through nor anybody to foreign resources. What it lets through
// the other sides have to hold.
Result<> Judge::of_endpoint(const std::string& subject) {
  const Result<> outsiders = proved({Objective::network_principals, subject}), foreign = proved({Objective::network_resources, subject});
  const auto holds = [&](const Result<>& row, Objective excepted, Objective than) { return row && rows_.excepts_no_more(excepted, than); };
  const bool no_stranger_out = holds(outsiders, Objective::network_principals, Objective::network_resources) ||
                               holds(foreign, Objective::network_resources, Objective::network_principals);
  if (!no_stranger_out) return !outsiders ? outsiders : !foreign ? foreign : fail(Failure::invalid, "what one row excepts, another has to hold");
  if (!holds(outsiders, Objective::network_principals, Objective::resource_principals) || !rows_.excepts_no_more(Objective::network_principals, Objective::trust)) {
    for (const std::string& resource : resources_)
      RW_DO(through(subject, {world_.estate.resources.find(resource) != nullptr ? Objective::resource_principals : Objective::trust, resource}));
  }
  if (!holds(foreign, Objective::network_resources, Objective::identity_resources)) {
    for (const estate::Principal* principal : world_.principals) RW_DO(through(subject, {Objective::identity_resources, principal->arn}));
    if (!foreign) RW_DO(ask_(rows_.unlisted_through(subject), subject));
  }
  const bool expected = std::ranges::any_of(world_.endpoints, [&](const auto& of_region) {
    return std::ranges::find(of_region.second, subject) != of_region.second.end();
  });
  // What comes through it is then in an expected network; or nothing of mine gets to mine from others.
  if (expected) return {};
  for (const estate::Principal* principal : world_.principals) {
    if (!stays(principal->arn, {})) RW_DO(stays(principal->arn, subject));
  }
  for (const std::string& resource : resources_) RW_DO(unlisted(resource, subject));
  return {};
}

// What a row of mine holds from anywhere it holds through the endpoint; or the endpoint holds it together with that side.
Result<> Judge::through(const std::string& endpoint, const Cell& cell) {
  const Objective of_endpoints = cell.row == Objective::identity_resources ? Objective::network_resources : Objective::network_principals;
  if (rows_.excepts_no_more(cell.row, of_endpoints) && proved(cell)) return {};
  return ask_(rows_.through(endpoint, cell), endpoint);
}

Result<> Judge::of_principal(const std::string& subject) {
  RW_DO(proved({Objective::identity_resources, subject}));
  const Result<> networks = proved({Objective::identity_networks, subject});
  if (!networks && rows_.excepts(Objective::identity_resources)) RW_DO(ask_(rows_.foreign_from_anywhere(subject), subject));
  return stays(subject, {});
}

// It reaches nothing of mine from an unexpected network, or not through the endpoint.
Result<> Judge::stays(const std::string& principal, const std::string& endpoint) {
  const std::string& subject = endpoint.empty() ? principal : endpoint;
  if (!proved({Objective::identity_networks, principal})) RW_DO(ask_(rows_.pair(principal, {}, endpoint), subject));
  RW_DO(within_bounds());
  for (const std::string& resource : resources_) {
    Result<> known = pair(principal, resource);
    if (!known && !endpoint.empty()) known = ask_(rows_.pair(principal, resource, endpoint), endpoint);
    RW_DO(known);
  }
  return {};
}

// Its own side holds a principal to expected networks unless a resource of its account grants it more; or the resource's side
// holds everyone. Where neither does, both are asked together.
Result<> Judge::pair(const std::string& principal, const std::string& resource) {
  const bool own_side = rows_.excepts_no_more(Objective::identity_networks, Objective::resource_networks) && proved({Objective::identity_networks, principal});
  if (own_side) {
    const auto [granting, added] = granting_.try_emplace(principal);
    if (added) granting->second = rows_.granting(principal);
    if (!granting->second.contains(resource)) return {};
  }
  const bool resources_side = world_.estate.resources.find(resource) != nullptr &&
                              rows_.excepts_no_more(Objective::resource_networks, Objective::identity_networks) &&
                              proved({Objective::resource_networks, resource});
  if (resources_side) return {};
  const auto [known, added] = pairs_.try_emplace({principal, resource});
  if (added) known->second = ask_(rows_.pair(principal, resource), principal);
  return known->second;
}

Result<> Judge::within_bounds() const {
  if (resources_.size() * world_.principals.size() <= pairs_max) return {};
  return fail(Failure::exhausted, "certificates of the whole are made for at most " + std::to_string(pairs_max) + " pairs of a principal and a resource");
}

std::string name_of(const Cell& cell) { return std::string(perimeter::name_of(cell.row)) + " of " + cell.subject; }

// Certificates that are made, each distinct statement once.
class Maker {
 public:
  Maker(const World& world, Library& library, const Refute& refute) : world_(world), library_(library), refute_(refute) {}
  Result<> make(const Question& question, const std::string& subject);
  // What was made before, which is needed.
  Result<> use(const Question& question, const std::string& subject);
  // Those that are needed.
  std::string text() const;

 private:
  using Name = std::tuple<Objective, std::string, std::string>;  // row, part and subject
  struct Certificate {
    std::string statement, proof;
    std::set<std::string> subjects = {};  // that need it
  };
  Result<std::size_t> place_of(const Question& question);

  const World& world_;
  Library& library_;
  const Refute& refute_;
  std::map<std::string, std::size_t> places_;  // by statement
  std::map<Name, Result<std::size_t>> known_;
  std::vector<Certificate> made_;
};

Result<std::size_t> Maker::place_of(const Question& question) {
  Error last;
  for (const Typed typed : {Typed::any_type, Typed::as_taken}) {
    auto statement = statement_of(world_, library_, question, typed);
    if (!statement) {
      last = statement.error();
      continue;
    }
    const auto known = places_.find(statement->text);
    if (known != places_.end()) return known->second;
    auto proof = refute_(statement->clauses);
    if (!proof) {
      last = proof.error();
      continue;
    }
    places_.emplace(statement->text, made_.size());
    made_.push_back({std::move(statement->text), *std::move(proof)});
    return made_.size() - 1;
  }
  return std::unexpected(last);
}

Result<> Maker::make(const Question& question, const std::string& subject) {
  const auto [known, added] = known_.try_emplace({question.row, question.part, subject}, std::size_t{0});
  if (added) known->second = place_of(question);
  if (!known->second) return std::unexpected(known->second.error());
  return {};
}

Result<> Maker::use(const Question& question, const std::string& subject) {
  const auto known = known_.find({question.row, question.part, subject});
  if (known == known_.end()) return fail(Failure::not_found, "it was not made");
  if (!known->second) return std::unexpected(known->second.error());
  made_[*known->second].subjects.insert(subject);
  return {};
}

// The statement's first lines are its row and part; the subjects come behind them.
std::string Maker::text() const {
  std::string all;
  for (const Certificate& one : made_) {
    if (one.subjects.empty()) continue;
    const std::size_t at = one.statement.find("\nresources ") + 1;
    all += "ringwall certificate 3\n" + one.statement.substr(0, at);
    for (const std::string& subject : one.subjects) all += "subject " + written(subject) + "\n";
    all += one.statement.substr(at) + "proof\n" + one.proof + "end\n";
  }
  return all;
}

}  // namespace

Made certify(const loaders::Loaded& loaded, const perimeter::Perimeter& perimeter, const Given& given,
             const std::vector<Claim>& claims, const Refute& refute) {
  const World world(loaded, perimeter, given.today, given.network_keys_everywhere);
  Library library;
  Rows rows(world, library);
  Maker maker(world, library, refute);
  Judge judge(rows, world, [&](const Question& question, const std::string& subject) { return maker.make(question, subject); });
  Judge again(rows, world, [&](const Question& question, const std::string& subject) { return maker.use(question, subject); });
  Made made;
  made.text = "ringwall proof 3\ntoday " + given.today + "\nnetwork-keys " + (given.network_keys_everywhere ? "everywhere" : "listed") + "\n";
  for (const Claim& claim : claims) {
    std::string verdict = claim.verdict;
    if (verdict == "proved") {
      const Result<> proved = judge.proved({claim.row, claim.subject});
      if (proved) {
        (void)again.proved({claim.row, claim.subject});  // as it was
      } else {
        verdict = "inconclusive";
        made.unproved.push_back({claim.row, claim.subject, proved.error().message});
      }
    }
    made.text += "cell " + verdict + " " + std::string(perimeter::name_of(claim.row)) + " " + written(claim.subject) + "\n";
  }
  made.text += maker.text();
  return made;
}

namespace {

// Of one proof after the other: bytes of statements that are kept.
constexpr std::size_t kept_bytes_max = 256UL * 1024 * 1024;

// What the files ask, and the statements that answer it.
class Restated {
 public:
  Restated(const loaders::Loaded& loaded, const perimeter::Perimeter& perimeter, const Given& given)
      : world(loaded, perimeter, given.today, given.network_keys_everywhere), rows(world, library), given_(given) {}

  bool is_given(const Given& given) const { return given.today == given_.today && given.network_keys_everywhere == given_.network_keys_everywhere; }
  // Only the text; failed as statement_of() fails.
  Result<std::string> statement(const Question& question, const std::string& subject, Typed typed) {
    const auto key = std::tuple(question.row, question.part, subject, typed);
    const auto known = kept_.find(key);
    if (known != kept_.end()) return known->second;
    auto made = statement_of(world, library, question, typed);
    Result<std::string> text = made ? Result<std::string>(std::move(made->text)) : std::unexpected(made.error());
    kept_bytes_ += text ? text->size() : 0;
    if (kept_bytes_ <= kept_bytes_max) kept_.emplace(key, text);
    return text;
  }

  const World world;
  Library library;
  Rows rows;

 private:
  const Given given_;
  std::map<std::tuple<Objective, std::string, std::string, Typed>, Result<std::string>> kept_;
  std::size_t kept_bytes_ = 0;
};

// Compares what is claimed with what the files ask.
class Comparison {
 public:
  Comparison(Restated& asked, const Wanted& wanted, Verification& done) : asked_(asked), wanted_(wanted), done_(done) {
    for (const checker::Verified& one : done.certificates) {
      for (const std::string& subject : one.subjects) {
        certificates_[one.statement].emplace(subject, false);
        there_.emplace(one.row, one.part, subject);
      }
    }
  }
  void run();

 private:
  Result<> look(const Question& question, const std::string& subject);
  void refuse(std::string why) { done_.refused.push_back(std::move(why)); }
  void check_claims(Judge& judge);
  void find_strays();
  std::string difference(const checker::Verified& one, const std::string& subject);

  Restated& asked_;
  const Wanted& wanted_;
  Verification& done_;
  std::map<std::string, std::map<std::string, bool>> certificates_;  // by statement and subject: was it asked for?
  std::set<std::tuple<std::string, std::string, std::string>> there_;  // row, part and subject of those
  std::map<std::tuple<std::string, std::string, std::string>, Question> questions_;  // that none of them answers
};

Result<> Comparison::look(const Question& question, const std::string& subject) {
  Error last{Failure::not_found, "there is no certificate of " + name_of({question.row, subject}) + (question.part.empty() ? "" : ", " + question.part)};
  const std::string part = question.part.empty() ? "" : written(question.part);
  if (!there_.contains({std::string(perimeter::name_of(question.row)), part, written(subject)})) return std::unexpected(last);
  for (const Typed typed : {Typed::any_type, Typed::as_taken}) {
    const auto statement = asked_.statement(question, subject, typed);
    if (!statement) {
      last = statement.error();
      continue;
    }
    const auto found = certificates_.find(*statement);
    const auto of_subject = found == certificates_.end() ? std::map<std::string, bool>::iterator() : found->second.find(written(subject));
    if (found != certificates_.end() && of_subject != found->second.end()) {
      of_subject->second = true;
      return {};
    }
    last = Error{Failure::not_found, "the certificate of " + name_of({question.row, subject}) + (question.part.empty() ? "" : ", " + question.part) + " says something else than the files"};
  }
  questions_.try_emplace({std::string(perimeter::name_of(question.row)), part, written(subject)}, question);
  return std::unexpected(last);
}

void Comparison::check_claims(Judge& judge) {
  std::map<Cell, std::string> claimed;
  const std::vector<Cell> cells = asked_.rows.cells();
  std::map<std::string, Cell> by_text;
  for (const Cell& cell : cells) by_text.emplace(std::string(perimeter::name_of(cell.row)) + " " + written(cell.subject), cell);
  for (const checker::Claim& claim : done_.proof.claims) {
    const auto cell = by_text.find(claim.row + " " + claim.subject);
    if (cell == by_text.end()) {
      if (claim.verdict == "proved") refuse("the files have no " + claim.row + " of " + claim.subject + ", which is called proved");
      continue;
    }
    if (!claimed.emplace(cell->second, claim.verdict).second) refuse("there are two claims on " + name_of(cell->second));
  }
  for (const Cell& cell : cells) {
    if ((wanted_.rows.empty() || wanted_.rows.contains(cell.row)) && !claimed.contains(cell)) refuse("nothing is said of " + name_of(cell));
  }
  for (const auto& [cell, verdict] : claimed) {
    if (verdict != "proved") continue;
    if (const Result<> proved = judge.proved(cell)) {
      ++done_.proved;
    } else {
      refuse(name_of(cell) + " is called proved: " + proved.error().message);
    }
  }
}

// Where the certificate first says something else than the files do.
std::string Comparison::difference(const checker::Verified& one, const std::string& subject) {
  const auto row = perimeter::objective_of(one.row);
  if (!row) return "there is no such row";
  const auto asked = questions_.find({one.row, one.part, subject});
  if (asked == questions_.end() && (*row == Objective::whole || *row == Objective::agents)) return "no question asks for it";
  const Question& question = asked != questions_.end() ? asked->second : asked_.rows.question({*row, subject});
  const Typed typed = one.statement.contains("\nresources of the types") ? Typed::as_taken : Typed::any_type;
  const auto statement = asked_.statement(question, subject, typed);
  if (!statement) return statement.error().message;
  std::string_view theirs = one.statement, ours = *statement;
  while (!theirs.empty() && !ours.empty()) {
    const std::string_view their_line = theirs.substr(0, theirs.find('\n')), our_line = ours.substr(0, ours.find('\n'));
    if (their_line != our_line) {
      constexpr std::size_t shown_max = 200;
      return "it says `" + std::string(their_line.substr(0, shown_max)) + "` where the files say `" + std::string(our_line.substr(0, shown_max)) + "`";
    }
    theirs.remove_prefix(their_line.size() + 1);
    ours.remove_prefix(our_line.size() + 1);
  }
  return "no question asks for it";
}

void Comparison::find_strays() {
  for (const checker::Verified& one : done_.certificates) {
    if (one.row.empty()) {
      refuse("line " + std::to_string(one.line) + ": a certificate of an older format says nothing that files could be compared with");
      continue;
    }
    for (const std::string& subject : one.subjects) {
      if (certificates_[one.statement][subject]) continue;
      refuse("line " + std::to_string(one.line) + ": the certificate of " + one.row + " of " + subject + " is none of these files: " + difference(one, subject));
    }
  }
}

void Comparison::run() {
  if (done_.proof.claims.empty()) return refuse("the file does not begin with what its report says of every cell, so nobody can say whether a certificate is missing");
  if (done_.proof.today > wanted_.today) refuse("it is dated " + done_.proof.today + ", which is after " + wanted_.today);
  if (wanted_.rows.contains(Objective::agents) && !asked_.world.perimeter.agents) return refuse("the perimeter file has no `agents`, so nothing is asked of them");
  Judge judge(asked_.rows, asked_.world, [&](const Question& question, const std::string& subject) { return look(question, subject); });
  check_claims(judge);
  find_strays();
}

}  // namespace

struct Files::Prepared : Restated {
  using Restated::Restated;
};

Files::Files(const loaders::Loaded& loaded, const perimeter::Perimeter& perimeter) : loaded_(loaded), perimeter_(perimeter) {}
Files::~Files() = default;

Result<Verification> Files::verify(std::string_view text, const Wanted& wanted, const std::function<void(const checker::Verified&)>& each) {
  Verification done;
  RW_TRY(done.proof, checker::check_proof(text, [&](const checker::Verified& one) {
    done.certificates.push_back(one);
    if (each) each(one);
  }));
  const Given given{wanted.today, done.proof.network_keys_everywhere};
  if (prepared_ == nullptr || !prepared_->is_given(given)) prepared_ = std::make_unique<Prepared>(loaded_, perimeter_, given);
  Comparison(*prepared_, wanted, done).run();
  return done;
}

}  // namespace ringwall::recheck
