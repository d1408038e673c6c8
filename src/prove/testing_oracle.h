#pragma once
// What exhaustion says of a small world: every request is decided, and each row of the proof is the
// question of docs/decisions/0014 put to every one of them, in the plainest code there is. Nothing
// here asks the prover, nor shares its code.
//
// Which statements apply to a request the policy language's plain evaluator has said, request by
// request (testing_statements.h). How they compose is authz/plain.cc's order of steps, taken for
// sets of requests at once; tests hold it to authz::plain::Evaluator.

#include <functional>
#include <map>

#include "authz/plain.h"
#include "prove/testing_worlds.h"

namespace ringwall::prove::testing::worlds {

// Sets of requests that do not depend on a world; made once for an alphabet.
struct Sets {
  // Of a universe without one of the laws, if one is left out.
  explicit Sets(const Universe& all, std::size_t law_left_out = no_law)
      : universe(all), exists(law_left_out == no_law ? all.exists() : all.made_under(law_left_out)) {
    const auto where = [&](auto&& of) { return all.where(of) & exists; };
    for (std::size_t i = 0; i < people; ++i) {
      const std::string arn = worlds::arn_of(static_cast<People>(i));
      of_person[i] = where([&](const Who& who, const Spot&, const Place&) { return who.listed_as == arn; });
    }
    for (std::size_t i = 0; i < things; ++i)
      on[i] = where([&](const Who&, const Spot& spot, const Place&) { return spot.thing == static_cast<Thing>(i); });
    const auto account = [](const Who& who) { return who.principal.account; };
    of_home = where([&](const Who& who, const Spot&, const Place&) { return account(who) == home; });
    of_sister = where([&](const Who& who, const Spot&, const Place&) { return account(who) == sister; });
    of_partner = where([&](const Who& who, const Spot&, const Place&) { return account(who) == partner; });
    of_stranger = where([&](const Who& who, const Spot&, const Place&) { return account(who) == stranger; });
    of_service = where([&](const Who& who, const Spot&, const Place&) { return who.is_service(); });
    of_cloudtrail = where([&](const Who& who, const Spot&, const Place&) { return who.principal.service == "cloudtrail.amazonaws.com"; });
    of_anonymous = where([&](const Who& who, const Spot&, const Place&) { return who.is_anonymous(); });
    of_token = where([](const Who& who, const Spot&, const Place&) { return who.is_token(); });
    for (std::size_t i = 0; i < std::size(tenants); ++i)
      of_tenant[i] = where([&](const Who& who, const Spot&, const Place&) { return who.tenant == tenants[i]; });
    for_sts = where([](const Who& who, const Spot&, const Place&) { return who.audience == expected_audience; });
    of_partner_role = where([&](const Who& who, const Spot&, const Place&) { return who.principal.role_arn == role_arn(partner, "agent"); });
    of_account = of_home | of_sister | of_partner | of_stranger;
    own = where([&](const Who& who, const Spot& spot, const Place&) {
      return !account(who).empty() && (spot.owner.empty() || spot.owner == account(who));
    });
    foreign = where([](const Who&, const Spot& spot, const Place&) { return spot.is_foreign(); });
    of_partners_resource = where([](const Who&, const Spot& spot, const Place&) { return spot.owner == partner; });
    on_a_resource = where([](const Who&, const Spot& spot, const Place&) { return spot.is_on_a_resource(); });
    // What is of no resource is of the caller's account.
    const auto owned_by = [&](const std::string& owner) {
      return where([&](const Who& who, const Spot& spot, const Place&) { return (spot.owner.empty() ? account(who) : spot.owner) == owner; });
    };
    of_homes_resource = owned_by(home);
    of_sisters_resource = owned_by(sister);
    trust = on[static_cast<std::size_t>(Thing::app_role)] | on[static_cast<std::size_t>(Thing::job_role)];
    const auto in = [&](const std::string& service) {
      return where([&](const Who&, const Spot& spot, const Place&) { return spot.service() == service; });
    };
    s3 = in("s3");
    seconds = in(service_of(all.second()));
    // Resource control policies reach S3, SQS, KMS, STS and EventBridge, but neither Lambda nor EC2.
    const Bits excepted = where([](const Who&, const Spot& spot, const Place&) { return spot.action == "kms:RetireGrant"; });
    by_rcps = s3 | in("sts") | in("events") | (all.second() == Second::function ? all.none() : seconds - excepted);
    get_object = where([](const Who&, const Spot& spot, const Place&) { return spot.action == "s3:GetObject"; });
    put_object = where([](const Who&, const Spot& spot, const Place&) { return spot.action == "s3:PutObject"; });
    theirs = where([](const Who&, const Spot& spot, const Place&) { return spot.resource.starts_with("arn:aws:s3:::theirs/"); });
    on_bucket_arn = where([](const Who&, const Spot& spot, const Place&) {
      return spot.resource == bucket_arn || spot.resource.starts_with(std::string(bucket_arn) + "/");
    });
    passed_on = where([](const Who&, const Spot&, const Place& place) { return place.via == "true"; });
    somewhere = where([](const Who&, const Spot&, const Place& place) { return !place.ip.empty() || !place.vpc.empty(); });
    from_expected_ip = where([](const Who&, const Spot&, const Place& place) { return place.ip == "203.0.113.10"; });
    from_unexpected_ip = where([](const Who&, const Spot&, const Place& place) { return place.ip == "198.51.100.1"; });
    unlisted = where([](const Who&, const Spot& spot, const Place&) { return spot.unlisted; });
    second_itself = where([&](const Who&, const Spot& spot, const Place&) { return spot.resource == second_arn(all.second(), home); });
    unsaid = where([](const Who&, const Spot& spot, const Place&) { return spot.unsaid; });
    namesakes = where([](const Who&, const Spot& spot, const Place&) { return spot.namesake; });
    from_my_vpc = where([](const Who&, const Spot&, const Place& place) { return place.vpc == my_vpc; });
    from_other_vpc = where([](const Who&, const Spot&, const Place& place) { return place.vpc == other_vpc; });
    from_my_endpoint = where([](const Who&, const Spot&, const Place& place) { return place.vpce == my_endpoint; });
    for_mine = where([](const Who&, const Spot&, const Place& place) { return place.on_behalf == Place::For::mine; });
    for_the_partner = where([](const Who&, const Spot&, const Place& place) { return place.on_behalf == Place::For::the_partner; });
  }

  const Bits& of(Excuse::Whom whom) const {
    switch (whom) {
      case Excuse::Whom::the_app:
        return of_person[0];
      case Excuse::Whom::the_partner:
        return of_partner;
      case Excuse::Whom::partner_role:
        return of_partner_role;
      case Excuse::Whom::anonymous:
        return of_anonymous;
      case Excuse::Whom::cloudtrail:
        return of_cloudtrail;
      case Excuse::Whom::anyone:
        break;
    }
    return exists;
  }

  const Universe& universe;
  Bits exists;
  std::array<Bits, people> of_person;
  std::array<Bits, things> on;
  Bits of_home, of_sister, of_partner, of_stranger, of_service, of_cloudtrail, of_anonymous, of_partner_role, of_account, of_token, for_sts;
  std::array<Bits, std::size(tenants)> of_tenant;
  Bits own, foreign, of_partners_resource, on_a_resource, of_homes_resource, of_sisters_resource, trust, s3, seconds, by_rcps;
  Bits get_object, put_object, theirs, on_bucket_arn, second_itself, unlisted, unsaid, namesakes;
  Bits passed_on, somewhere, from_expected_ip, from_unexpected_ip, from_my_vpc, from_other_vpc, from_my_endpoint, for_mine, for_the_partner;
};

class Oracle {
 public:
  Oracle(const World& world, Alphabet& alphabet, const Sets& sets)
      : world_(world), alphabet_(alphabet), at_(sets), bounded_(sets.universe.none()), asked_(sets.exists) {
    for (std::size_t i = 0; i < people; ++i) {
      if (world.persons[i].there && world.persons[i].boundary) bounded_ |= at_.of_person[i];
    }
    find_requests();
    read_perimeter();
    decide_sides();
    ask_rows();
  }

  // An endpoint leads to one service and lies in its VPC, so nobody makes these; a proof may count
  // them all the same, for it knows an endpoint by its id alone.
  const Bits& doubtful() const { return doubtful_; }

  // Does the row's cell of this subject leak? A leak's requests; empty: none.
  Bits cell(Objective row, const std::string& subject) const {
    if (row == Objective::whole) return whole_ & touching(subject);
    return asks(row) & by_its_own_side(row, subject);
  }

  // What every layer that applies lets through.
  const Bits& allowed() const { return allowed_; }
  // The same, were there no endpoint's policy.
  const Bits& allowed_around_endpoints() const { return allowed_around_; }
  const Sets& sets() const { return at_; }
  const Bits& requests() const { return asked_; }
  // On resources that the estate does not list.
  const Bits& not_there() const { return not_there_; }
  const Bits& identity_side() const { return identity_side_; }
  const Bits& resource_side() const { return resource_side_; }

  // The layers of one request, for the plain evaluator.
  authz::Decision decide(std::size_t at, const loaders::Loaded& loaded, authz::plain::Evaluator& evaluator) const;

 private:
  // ----- the requests of this world ------------------------------------------------------------
  // Principals are those that the estate lists and everyone who is not of its users and roles.
  void find_requests() {
    for (std::size_t i = 0; i < people; ++i) {
      if (!world_.persons[i].there) asked_.minus(at_.of_person[i]);
    }
    // What the estate does not list is not asked where it lists others of the service, with a side of their own; nor are roles.
    unlisted_ = not_there_ = at_.universe.none();
    if (!world_.persons[0].there) unlisted_ |= on(Thing::app_role);
    if (!world_.persons[2].there) unlisted_ |= on(Thing::job_role);
    if (!world_.bucket.there) not_there_ |= on(Thing::bucket);
    if (!world_.second.there) not_there_ |= on(Thing::second);
    not_there_ |= at_.unlisted;
    if (world_.bucket.there) unlisted_ |= not_there_ & at_.s3;
    const bool second_has_side = at_.universe.second() != Second::function || world_.second.policy.has_value();
    if (world_.second.there && second_has_side) unlisted_ |= not_there_ & at_.seconds;
    if (world_.bucket.there) asked_.minus(at_.namesakes);
    through_ = doubtful_ = at_.universe.none();
    if (world_.gate.there) {
      const Bits& served = world_.gate.to_second ? at_.seconds : at_.s3;
      through_ = (at_.from_my_endpoint & served & at_.from_my_vpc & asked_) - at_.of_service;
      doubtful_ = at_.from_my_endpoint - through_;
    }
  }

  // ----- what the perimeter file says ----------------------------------------------------------
  void read_perimeter() {
    mine_ = at_.of_home | at_.of_sister;
    foreign_ = at_.foreign;
    if (world_.trusts_partner) {
      mine_ |= at_.of_partner;
      foreign_.minus(at_.of_partners_resource);
    }
    mine_ |= tokens_of_mine();
    Bits expected = at_.passed_on | at_.of_service | at_.from_expected_ip;
    if (world_.gate.there && world_.estate_networks) expected |= at_.from_my_vpc | at_.from_my_endpoint;
    unexpected_ = at_.somewhere - expected;
    // A service is mine where it says that it acts for an account of mine, and the file declares it or
    // nobody names it: that one comes in by what binds whoever comes.
    acting_ = at_.of_service;
    acting_.minus(at_.of_cloudtrail);
    for (const auto& [resource, sort, thing] : {std::tuple(&world_.bucket, Sort::bucket, Thing::bucket),
                                                std::tuple(&world_.second, Sort::second, Thing::second)}) {
      if (!resource->there || !resource->policy) continue;
      const std::string& text = document(sort, *resource->policy).document->source();
      if (text.contains("config.amazonaws.com")) acting_.minus(at_.on[static_cast<std::size_t>(thing)] - at_.of_cloudtrail);
      if (!text.contains("cloudtrail.amazonaws.com") && !world_.declares_cloudtrail)
        acting_ |= at_.on[static_cast<std::size_t>(thing)] & at_.of_cloudtrail;
    }
    if (world_.declares_cloudtrail) acting_ |= world_.only_puts ? at_.of_cloudtrail & at_.put_object : at_.of_cloudtrail;
    acting_ &= world_.trusts_partner ? at_.for_mine | at_.for_the_partner : at_.for_mine;
    for (std::size_t row = 0; row < perimeter::objective_count; ++row) excused_.push_back(at_.universe.none());
    for (const Excuse& excuse : world_.excuses) {
      Bits covers = at_.exists & at_.of(excuse.whom);
      if (excuse.what == Excuse::What::bucket) covers &= at_.on_bucket_arn;
      if (excuse.what == Excuse::What::theirs) covers &= at_.theirs;
      if (excuse.what == Excuse::What::get_object) covers &= at_.get_object;
      if (excuse.what == Excuse::What::second) covers &= at_.second_itself;  // and nothing below it
      if (excuse.whence == Excuse::Whence::unexpected_address) covers &= at_.from_unexpected_ip;
      if (excuse.whence == Excuse::Whence::another_vpc) covers &= at_.from_other_vpc;
      for (std::size_t row = 0; row < perimeter::objective_count; ++row) {
        const auto lists = [&](Objective one) { return std::ranges::find(excuse.rows, one) != excuse.rows.end(); };
        if (excuse.rows.empty() || lists(static_cast<Objective>(row)) || lists(Objective::whole)) excused_[row] |= covers;
      }
    }
  }

  // Tokens whose tenant is mine: by the file, or, where it is silent, by what the role's policies spell out.
  Bits tokens_of_mine() const {
    if (world_.tokens == World::Tokens::of_acme) return at_.of_tenant[0];
    if (world_.tokens == World::Tokens::of_acme_for_sts) return at_.of_tenant[0] & at_.for_sts;
    Bits mine = at_.universe.none();
    for (const auto& [thing, trust, bound, own_level] : {std::tuple(Thing::app_role, &world_.app_trust, !world_.home_is_management, true),
                                                         std::tuple(Thing::job_role, &world_.job_trust, world_.home_is_management, false)}) {
      std::string said = document(Sort::trust, *trust).document->source();
      if (bound) {
        for (const Letters& letters : world_.root_rcps) said += document(Sort::rcp, letters).document->source();
      }
      if (bound && own_level) {
        for (const Letters& letters : world_.home_rcps) said += document(Sort::rcp, letters).document->source();
      }
      for (std::size_t i = 0; i < std::size(tenants); ++i) {
        if (said.contains("\"repo:" + std::string(tenants[i]) + "/")) mine |= on(thing) & at_.of_tenant[i];
      }
    }
    return mine;
  }

  // ----- what each side lets through -----------------------------------------------------------
  Bits denied_by(const Written& document) const {
    return (document.says.deny - bounded_) | (document.says.deny_bounded & bounded_);
  }
  const Written& document(Sort sort, const Letters& letters) const { return alphabet_.document(sort, letters); }

  // What the levels of a tree let through: none denies, and each allows.
  Bits allowed_by(Sort sort, const std::vector<Letters>& policies) const {
    Bits allow = at_.universe.none(), deny = allow;
    for (const Letters& letters : policies) {
      allow |= document(sort, letters).says.allow;
      deny |= denied_by(document(sort, letters));
    }
    return allow - deny;
  }
  Bits guarded(Sort sort, const Bits& of_home, const Bits& of_sister, const std::vector<Letters>& root,
               const std::vector<Letters>& level) const {
    // The management account is bound by none.
    const Bits& bound = world_.home_is_management ? of_sister : of_home;
    Bits let = at_.exists - (bound - allowed_by(sort, root));
    if (!world_.home_is_management && !level.empty()) let.minus(of_home - allowed_by(sort, level));
    return let;
  }

  void decide_sides() {
    const Bits none = at_.universe.none();
    // The identity side: the principals' own policies, boundaries and SCPs. Outsiders write theirs
    // themselves, and so do those whom the estate does not list; roots may do everything.
    id_allow_ = at_.exists;
    id_deny_ = none;
    boundary_ = at_.exists;
    for (std::size_t i = 0; i < people; ++i) {
      if (!world_.persons[i].there) continue;
      const Person& person = world_.persons[i];
      const Bits& theirs = at_.of_person[i];
      if (person.identity.empty()) {
        id_allow_.minus(theirs);
      } else {
        const Written& identity = document(Sort::identity, person.identity);
        id_allow_.minus(theirs - identity.says.allow);
        id_deny_ |= denied_by(identity) & theirs;
      }
      if (!person.boundary) continue;
      const Written& boundary = document(Sort::identity, *person.boundary);
      boundary_.minus(theirs - boundary.says.allow);
      id_deny_ |= denied_by(boundary) & theirs;
    }
    scps_ = guarded(Sort::scp, at_.of_home, at_.of_sister, world_.root_scps, world_.home_scps);
    identity_side_ = (id_allow_ & boundary_ & scps_) - id_deny_;

    // The resource side: its policy and RCPs.
    rcps_ = guarded(Sort::rcp, at_.of_homes_resource & at_.by_rcps, at_.of_sisters_resource & at_.by_rcps, world_.root_rcps,
                    world_.home_rcps);
    direct_ = to_role_ = to_account_ = res_deny_ = res_deny_open_ = none;
    const auto take = [&](const Bits& theirs, const Written& policy) {
      direct_ |= policy.says.direct & theirs;
      to_role_ |= policy.says.to_role & theirs;
      to_account_ |= policy.says.to_account & theirs;
      res_deny_ |= denied_by(policy) & theirs;
      res_deny_open_ |= policy.says.deny & theirs;
    };
    if (world_.bucket.there && world_.bucket.policy) take(on(Thing::bucket), document(Sort::bucket, *world_.bucket.policy));
    if (world_.second.there && world_.second.policy) take(on(Thing::second), document(Sort::second, *world_.second.policy));
    if (world_.persons[0].there) take(on(Thing::app_role), document(Sort::trust, world_.app_trust));
    if (world_.persons[2].there) take(on(Thing::job_role), document(Sort::trust, world_.job_trust));
    must_grant_ = at_.exists - at_.own;
    must_grant_ |= at_.trust;
    if (at_.universe.second() == Second::key && world_.second.there) must_grant_ |= on(Thing::second);
    // What belongs to accounts outside of the estate their owners open.
    direct_ |= at_.foreign;
    const Bits granted = direct_ | to_role_ | to_account_;
    // A boundary is the caller's own side, which a row of resources takes for open.
    resource_side_ = (((at_.of_account - must_grant_) | granted) & rcps_) - res_deny_open_;

    // An endpoint's policy.
    gate_ = gate_open_ = at_.exists;
    if (world_.gate.there && world_.gate.policy) {
      const Written& policy = document(Sort::endpoint, *world_.gate.policy);
      gate_.minus(through_ - (policy.says.allow - denied_by(policy)));
      gate_open_.minus(through_ - (policy.says.allow - policy.says.deny));
    }

    // All together, in the order of steps of authz/plain.cc: denials and guardrails; then the
    // resource must grant across accounts, to a role and to a key; then within an account it grants
    // by itself to whom it names, to a role within its boundary, or else the identity must allow.
    allowed_around_ = (asked_ & rcps_ & scps_) - id_deny_ - res_deny_;
    allowed_around_ &= (at_.exists - (must_grant_ | (at_.exists - at_.of_account))) | granted;
    const Bits identity_allows = (id_allow_ | (to_role_ & at_.own)) & boundary_;
    allowed_around_ &= (at_.exists - at_.of_account) | (direct_ & at_.own) | identity_allows;
    allowed_ = allowed_around_ & gate_;
  }

  // ----- the rows ------------------------------------------------------------------------------
  const Bits& on(Thing thing) const { return at_.on[static_cast<std::size_t>(thing)]; }

  // Which requests each row asks about, exceptions left out.
  Bits asks(Objective row) const {
    Bits crossing = at_.universe.none();
    switch (row) {
      case Objective::identity_resources:  // one of mine on a resource that is not mine
        crossing = mine_ & foreign_ & at_.on_a_resource;
        if (world_.owns_theirs) crossing.minus(at_.theirs);
        break;
      case Objective::identity_networks:  // one of mine from an unexpected network
        crossing = mine_ & unexpected_;
        break;
      case Objective::resource_principals:  // an outsider on a resource of mine
        crossing = asked_ - mine_ - acting_;
        break;
      case Objective::resource_networks:  // anyone from an unexpected network on a resource of mine
        crossing = asked_ & unexpected_;
        break;
      case Objective::network_principals:  // an outsider through an endpoint of mine
        crossing = through_ - mine_ - at_.of_service;
        break;
      case Objective::network_resources:  // anyone through an endpoint of mine on a resource that is not mine
        crossing = (through_ & foreign_ & at_.on_a_resource) - at_.of_service;
        if (world_.owns_theirs) crossing.minus(at_.theirs);
        break;
      case Objective::trust:  // an outsider who becomes a role of mine
        crossing = (asked_ & at_.trust) - mine_ - at_.of_service - at_.of_anonymous;
        break;
      case Objective::agents:  // asked in no world
      case Objective::whole:
        break;
    }
    if (world_.anonymous_get_object && (row == Objective::network_principals || row == Objective::network_resources))
      crossing.minus(at_.of_anonymous & at_.get_object);
    return crossing - excused_[static_cast<std::size_t>(row)];
  }

  // What the row's own side lets through of this subject, all else assumed open.
  Bits by_its_own_side(Objective row, const std::string& subject) const {
    switch (row) {
      case Objective::identity_resources:
      case Objective::identity_networks:
        return identity_side_ & of(subject);
      case Objective::resource_principals:
      case Objective::resource_networks:
      case Objective::trust:
        return resource_side_ & on(subject);
      case Objective::network_principals:
      case Objective::network_resources:
        return gate_open_ & through_;
      case Objective::agents:
      case Objective::whole:
        break;
    }
    return at_.universe.none();
  }

  // The whole: a crossing that some row asks about, uncovered in that row, and every layer lets it through.
  void ask_rows() {
    const Bits none = at_.universe.none();
    const Bits listed_resource = (on(Thing::bucket) | on(Thing::second)) - not_there_, person = at_.of_person[0] | at_.of_person[1] | at_.of_person[2];
    Bits crossing = (asks(Objective::identity_resources) | asks(Objective::identity_networks)) & person;
    crossing |= (asks(Objective::resource_principals) | with_a_side(asks(Objective::resource_networks))) & listed_resource;
    crossing |= asks(Objective::network_principals) | asks(Objective::network_resources);
    crossing |= asks(Objective::trust);
    whole_ = (crossing & allowed_) - unlisted_ - at_.unsaid;
  }
  Bits with_a_side(Bits crossing) const {
    if (at_.universe.second() == Second::function && !(world_.second.there && world_.second.policy)) crossing.minus(on(Thing::second));
    return crossing;
  }

  Bits of(const std::string& subject) const {
    for (std::size_t i = 0; i < people; ++i) {
      if (subject == worlds::arn_of(static_cast<People>(i))) return at_.of_person[i] & asked_;
    }
    return at_.universe.none();
  }
  Bits on(const std::string& subject) const {
    for (std::size_t i = 0; i < things; ++i) {
      if (subject == worlds::arn_of(static_cast<Thing>(i), at_.universe.second())) return on(static_cast<Thing>(i)) & asked_;
    }
    return at_.universe.none();
  }
  Bits touching(const std::string& subject) const {
    if (subject == my_endpoint) return through_;
    return of(subject) | on(subject);
  }

  const World& world_;
  Alphabet& alphabet_;
  const Sets& at_;
  Bits bounded_, asked_, unlisted_, not_there_, through_, doubtful_, mine_, foreign_, unexpected_, acting_;
  std::vector<Bits> excused_;
  Bits id_allow_, id_deny_, boundary_, scps_, rcps_, direct_, to_role_, to_account_, res_deny_, res_deny_open_, must_grant_, gate_, gate_open_;
  Bits identity_side_, resource_side_, allowed_, allowed_around_, whole_;
};

// As the gateway would gather them: what applies to this request in this estate.
inline authz::Decision Oracle::decide(std::size_t at, const loaders::Loaded& loaded, authz::plain::Evaluator& evaluator) const {
  static const authz::Named open_identity{"an outsider's own", compiled(document_text({R"({"Effect":"Allow","Action":"*","Resource":"*"})"}), policy::Kind::identity)};
  static const authz::Named open_resource{
      "another's own", compiled(document_text({R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"})"}), policy::Kind::resource)};
  const estate::Estate& estate = *loaded.estate;
  policy::Request request = alphabet_.request(at);
  const Spot& spot = at_.universe.spot(at);
  authz::Layers layers = estate::layers_of(estate, request.principal, nullptr);
  const bool outsider = estate.account(request.principal.account) == nullptr;
  if (outsider) layers.identity = {&open_identity, 1};
  if (spot.is_foreign()) {
    layers.resource = &open_resource;
  } else if (at_.trust.test(at)) {
    const estate::Principal* role = estate.principal(request.resource);
    layers.resource = role != nullptr && role->trust ? &*role->trust : nullptr;
    layers.resource_kind = authz::ResourceKind::trust;
  } else {
    const estate::Resource* resource = estate.resources.find(worlds::arn_of(spot.thing, at_.universe.second()));
    layers.resource = resource != nullptr && resource->policy ? &*resource->policy : nullptr;
    if (spot.thing == Thing::second && at_.universe.second() == Second::key && world_.second.there) layers.resource_kind = authz::ResourceKind::key;
  }
  if (const estate::Account* owner = estate.account(request.resource_account)) layers.rcps = {owner->rcps.data(), owner->rcps.size()};
  const estate::Endpoint* endpoint = through_.test(at) ? estate.endpoints.find(my_endpoint) : nullptr;
  if (endpoint != nullptr && endpoint->policy) layers.endpoint = &*endpoint->policy;
  return evaluator.authorize(request, layers);
}

}  // namespace ringwall::prove::testing::worlds
