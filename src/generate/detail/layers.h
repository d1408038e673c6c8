#pragma once
// What each layer says: its statements, before they are packed into documents.

#include <string>
#include <vector>

#include "catalogue/catalogue.h"
#include "generate/detail/statement.h"
#include "generate/generate.h"
#include "perimeter/perimeter.h"

namespace ringwall::generate::detail {

// What all layers are made from, and where they say what they left out.
struct Source {
  const perimeter::Perimeter& perimeter;
  const catalogue::Catalogue& catalogue;
  std::vector<const perimeter::Exception*> exceptions;  // those that are not over
  std::vector<std::string>& notes;

  // The exceptions to any of these objectives, as what a denial spares.
  std::vector<Spared> spared(const std::vector<perimeter::Objective>& objectives) const;
};

// The resources of AWS's published list.
inline constexpr std::size_t bucket_regions_max = 4;  // past it a denial has no room for the buckets, which have a name in each Region
std::vector<std::string> resources_of_aws(const perimeter::Perimeter& perimeter);

// Denials of principals that are mine.
std::vector<Statement> guardrail(const Source& source);
std::vector<Statement> only_my_resources(const Source& source);
std::vector<Statement> only_my_networks(const Source& source);

// Denials on resources that are mine.
std::vector<Statement> resource_controls(const Source& source);
std::vector<Statement> resource_statements(const Source& source,
                                           const std::vector<std::string>& actions);

// Who may share, change identity providers and set the tags of the roll-out (an SCP), who may set them on sessions (an RCP),
// whose tokens count (an RCP), and what agents may do (an SCP). Nothing unless the perimeter asks for it.
std::vector<Statement> governance(const Source& source);
std::vector<Statement> governance_of_sessions(const Source& source);
std::vector<Statement> tenants(const Source& source);
std::vector<Statement> agents(const Source& source);

// The services that take denials in their resource policies, with the actions that these may name.
struct Guarded {
  std::string service;
  policy::Kind kind = policy::Kind::resource;
  std::vector<std::string> actions;
};
std::vector<Guarded> guarded_services(const catalogue::Catalogue& catalogue);

// A role's trust policy: for every role, or for those that the exception names.
std::vector<Statement> trust(const Source& source, const perimeter::Exception* exception);
bool is_for_some_roles(const perimeter::Exception& exception);

// What an endpoint lets through; `service` empty: of every service.
std::vector<Statement> endpoint(const Source& source, const std::string& service);
// The services that need an endpoint policy of their own.
std::vector<std::string> endpoint_services(const Source& source);

// Is there a network from which requests are expected?
bool expects_a_network(const perimeter::Networks& networks);

}  // namespace ringwall::generate::detail
