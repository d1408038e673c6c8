#pragma once
// For tests: reports made by hand over an estate made by hand.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "report/report.h"

namespace ringwall::report::testing {

using perimeter::Objective;
using prove::Verdict;

// Owns what a Subject borrows.
struct Sample {
  loaders::Loaded world;
  perimeter::Perimeter perimeter;
  std::string perimeter_text;
  prove::Report report;

  Subject subject() const { return {world, perimeter, "perimeter.yaml", report, perimeter_text}; }
};

inline constexpr const char* account = "111122223333";
inline constexpr const char* outsider = "444455556666";

inline policy::DocumentPtr document(std::string_view text, policy::Kind kind) {
  auto made = policy::compile(text, kind, policy::Quota::waived);
  return made ? *made : nullptr;
}

// A row with one subject a cell.
inline prove::Row row(Objective objective, Verdict verdict, std::vector<prove::CellOf> cells) {
  prove::Row row{.objective = objective, .verdict = verdict, .cells = std::move(cells)};
  for (const prove::CellOf& cell : row.cells)
    ++(cell.verdict == Verdict::proved ? row.proved : cell.verdict == Verdict::leak ? row.leaking : row.inconclusive);
  return row;
}

inline prove::CellOf held(std::string subject, std::vector<prove::Guard> guards) {
  return {.subject = std::move(subject), .verdict = Verdict::proved, .guards = std::move(guards)};
}

inline const std::string bucket = "arn:aws:s3:::books";
inline const std::string reader = "arn:aws:iam::111122223333:role/reader";
inline const std::string gateway = "vpce-0a1b2c3d4e5f60718";

inline constexpr std::string_view bucket_policy = R"({
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Public",
      "Effect": "Allow",
      "Principal": "*",
      "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::books/*"
    }
  ]
})";
inline constexpr std::string_view reader_policy =
    R"({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})";

// Every objective proved.
inline Sample holding() {
  Sample sample;
  sample.perimeter.organization = "o-ringwall01";
  estate::Estate estate;
  estate.organization = {.id = "o-ringwall01", .management_account = account, .root_id = "r-root"};
  estate::Table<estate::Account>::Editor accounts({});
  accounts.put(estate::Account{.id = account, .name = "books"});
  estate.accounts = std::move(accounts).finish();
  estate::Table<estate::Principal>::Editor principals({});
  principals.put(estate::Principal{.type = policy::Principal::Type::role_session,
                                   .arn = reader,
                                   .account = account,
                                   .name = "reader",
                                   .identity = {{"inline policy `read` of role/reader", document(reader_policy, policy::Kind::identity)}}});
  estate.principals = std::move(principals).finish();
  estate::Table<estate::Resource>::Editor resources({});
  resources.put(estate::Resource{
      .arn = bucket, .account = account, .policy = authz::Named{"bucket policy of books", document(bucket_policy, policy::Kind::resource)}});
  estate.resources = std::move(resources).finish();
  sample.world.estate = std::make_shared<const estate::Estate>(std::move(estate));

  using enum prove::Guard;
  prove::Report& report = sample.report;
  report.rows = {row(Objective::identity_resources, Verdict::proved, {held(reader, {scp})}),
                 row(Objective::identity_networks, Verdict::proved, {held(reader, {scp})}),
                 row(Objective::resource_principals, Verdict::proved, {held(bucket, {rcp, resource})}),
                 row(Objective::resource_networks, Verdict::proved, {held(bucket, {rcp})}),
                 row(Objective::network_principals, Verdict::proved, {held(gateway, {prove::Guard::endpoint})}),
                 row(Objective::network_resources, Verdict::proved, {held(gateway, {prove::Guard::endpoint})}),
                 row(Objective::trust, Verdict::proved, {held(reader, {trust, rcp})}),
                 row(Objective::whole, Verdict::proved, {held(reader, {identity, scp}), held(bucket, {rcp, resource})})};
  for (prove::Row& one : report.rows) {
    if (one.cells.front().guards.size() == 1) one.sole_guards = one.cells.front().guards;
  }
  report.principals = report.resources = report.endpoints = report.roles = report.accounts = 1;
  report.statistics = {.questions = 24, .asked = 16, .seconds = 0.31};
  return sample;
}

// A request by `who` that the bucket's policy allows, and the leak of it.
inline prove::Leak bucket_leak(const Sample& sample) {
  const authz::Named& named = *sample.world.estate->resources.find(bucket)->policy;
  prove::Leak leak{.objective = Objective::resource_principals, .subjects = {bucket}};
  leak.finding.request.action = "s3:GetObject";
  leak.finding.request.resource = bucket + "/a";
  leak.finding.request.resource_account = account;
  leak.finding.request.context.set("aws:SourceIp", std::string("198.51.100.7"));
  leak.finding.request.context.set("aws:SecureTransport", std::string("true"));
  leak.finding.request.context.set("aws:ResourceAccount", std::string(account));
  leak.finding.callable = true;
  leak.finding.actions = {"s3:GetObject", "s3:GetObjectTagging"};
  leak.finding.decisions = {{.verdict = authz::Verdict::allow,
                             .layer = authz::Layer::resource,
                             .policy = named.name,
                             .statement = "Public",
                             .position = named.document->position(0)}};
  leak.documents = {named.document.get()};
  leak.fix = "attach a resource control policy that denies s3:* unless aws:PrincipalOrgID is o-ringwall01";
  return leak;
}

// A leak with its place, one that is not of a policy with a source, an exception used and one that
// is over, a gap, something undecided and an action of the future.
inline Sample leaking() {
  Sample sample = holding();
  const authz::Named& bucket_named = *sample.world.estate->resources.find(bucket)->policy;
  const authz::Named& reader_named = sample.world.estate->principal(reader)->identity.front();
  sample.world.sources[bucket_named.document.get()] = {.path = "policies/books.json", .position = {3, 13}, .offset = 40, .verbatim = true};
  sample.world.sources[reader_named.document.get()] = {.path = "iam/111122223333.json", .position = {40, 7}, .offset = 900, .verbatim = false};

  prove::Report& report = sample.report;
  report.leaks.push_back(bucket_leak(sample));
  prove::Leak second{.objective = Objective::identity_resources, .subjects = {reader}};
  second.finding.request.principal = {.type = policy::Principal::Type::role_session,
                                      .arn = "arn:aws:sts::111122223333:assumed-role/reader/s",
                                      .role_arn = reader,
                                      .account = account};
  second.finding.request.action = "s3:PutObject";
  second.finding.request.resource = "arn:aws:s3:::elsewhere/x";
  second.finding.request.resource_account = outsider;
  second.finding.request.context.set("aws:SourceVpc", std::string("vpc-1"));
  second.finding.callable = true;
  second.finding.actions = {"s3:PutObject"};
  second.finding.decisions = {{.verdict = authz::Verdict::allow,
                               .layer = authz::Layer::identity,
                               .policy = reader_named.name,
                               .statement = "#0",
                               .position = reader_named.document->position(0)}};
  second.documents = {reader_named.document.get()};
  second.fix = "attach a service control policy that denies s3:* unless aws:ResourceOrgID is o-ringwall01";
  report.leaks.push_back(second);
  second.finding.request.action = "zz:Future";
  second.finding.callable = false;
  second.finding.actions = {};
  report.future.push_back(second);

  report.rows[0] = row(Objective::identity_resources, Verdict::leak, {{.subject = reader, .verdict = Verdict::leak, .leaks = {1}}});
  report.rows[2] = row(Objective::resource_principals, Verdict::leak, {{.subject = bucket, .verdict = Verdict::leak, .leaks = {0}, .exceptions = {0}}});
  report.rows[4] = row(Objective::network_principals, Verdict::inconclusive,
                       {{.subject = gateway, .verdict = Verdict::inconclusive, .undecided = {"the policy of `" + gateway + "` could not be read"}}});
  sample.perimeter_text = "organization: o-ringwall01\nexceptions:\n  - name: partner\n  - name: audit\n";
  sample.perimeter.exceptions = {
      {.name = "partner", .owner = "data team", .reason = "reads the catalogue", .expires = "2027-01-01", .offset = 43},
      {.name = "audit", .owner = "security", .reason = "the audit of spring", .expires = "2026-06-01", .offset = 61}};
  report.exceptions = {{.exception = 0, .expired = false, .uses = 1}, {.exception = 1, .expired = true, .uses = 0}};
  report.gaps = {{.kind = loaders::Gap::Kind::truncated, .subject = gateway, .path = "ec2/endpoints.json", .position = {7, 3}, .message = "the file ends inside a string"}};
  report.not_asked = {"the root users of 2 accounts of mine"};
  return sample;
}

// More than is shown: leaks of every objective, and 50,000 subjects of some.
inline Sample many() {
  Sample sample = leaking();
  std::vector<std::string> buckets;
  prove::Row& whole = sample.report.rows[7];
  std::vector<prove::CellOf> cells;
  for (int i = 0; i < 50'000; ++i) {
    buckets.push_back("arn:aws:s3:::bucket-" + std::to_string(i));
    cells.push_back(held(buckets.back(), {prove::Guard::rcp}));
  }
  whole.cells = std::move(cells);
  whole.proved = whole.cells.size();
  const std::vector<prove::Leak> two = sample.report.leaks;
  for (std::size_t i = 0; i < perimeter::objective_count; ++i) {
    for (std::size_t n = 0; n <= i * 6; ++n) {
      prove::Leak leak = two[i % 2];
      leak.objective = static_cast<Objective>(i);
      leak.subjects = buckets;
      sample.report.leaks.push_back(std::move(leak));
    }
    sample.report.rows[i].verdict = Verdict::leak;
    sample.report.rows[i].leaking += buckets.size();
  }
  sample.report.resources = 50'000;
  sample.report.principals = 51'234;
  return sample;
}

// Whatever the user's files can name is an attempt to break out of its place in the page.
inline Sample hostile() {
  Sample sample = leaking();
  static const std::string name = "</svg></style></script><script>document.title=1</script>\"'<img src=x onerror=alert(1)>";
  sample.perimeter.organization = name;
  for (perimeter::Exception& exception : sample.perimeter.exceptions) exception.name = exception.owner = exception.reason = name;
  for (prove::Leak& leak : sample.report.leaks) {
    leak.subjects = {name};
    leak.fix = name;
    leak.finding.request.principal.arn = leak.finding.request.principal.role_arn = name;
    leak.finding.request.resource = name;
    leak.finding.request.context.set(name, name);
    leak.finding.actions.push_back(name);
    leak.finding.decisions.push_back({.verdict = authz::Verdict::allow, .policy = name, .statement = name});
  }
  for (prove::Row& one : sample.report.rows) {
    std::vector<prove::CellOf> cells(one.cells.begin(), one.cells.end());
    for (prove::CellOf& cell : cells) cell.subject = name;
    cells.front().undecided = {name};
    one.cells = std::move(cells);
  }
  for (loaders::Gap& gap : sample.report.gaps) gap.message = gap.path = gap.subject = name;
  return sample;
}

}  // namespace ringwall::report::testing
