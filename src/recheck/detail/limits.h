#pragma once
// Limits of questions: what the perimeter file says, as conditions on requests.

#include <string>
#include <vector>

#include "recheck/detail/rows.h"

namespace ringwall::recheck::detail {

Limit condition(std::string op, std::string key, std::vector<std::string> values);
Limit all(std::vector<Limit> parts);
Limit any(std::vector<Limit> parts);
Limit none(std::vector<Limit> parts);
Limit actions(std::vector<std::string> patterns);
Limit resources(std::vector<std::string> patterns);
Limit present(const char* key);

// Of nobody that is mine.
Limit foreign_resource(const World& world);
Limit foreign_principal(const World& world);
// On these resources, by these actions; empty: any.
Limit narrowed(const std::vector<std::string>& of_actions, const std::vector<std::string>& on);
// What AWS owns, and what a service does that acts for mine.
void add_aws_owned(const World& world, std::vector<Limit>& excluded);
Limit by_service(const perimeter::ServiceException& service);
void add_services(const World& world, std::vector<Limit>& excluded);
// Out of one of these VPCs of the Region: asking it, or with an ARN of it.
Limit out_of(const std::string& region, const std::vector<std::string>& ids);
Limit covered_by(const perimeter::Exception& exception);
// The ARN and what lies below it, by the actions of its own service.
Limit asked_of(const std::string& arn);
// The call that hands a role out: signed, or with a token. What only comes along with one is no request.
Limit assuming();

}  // namespace ringwall::recheck::detail
