#include "server/server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "audit/log.h"
#include "control/control.h"
#include "crypto/crypto.h"
#include "directory/bind_stored.h"
#include "directory/bootstrap.h"
#include "directory/directory.h"
#include "engine/engine.h"
#include "gateway/gateway.h"
#include "gateway/signin.h"
#include "host/client.h"
#include "http/listen.h"
#include "keyring/schedule.h"
#include "network/documents.h"
#include "network/network.h"
#include "os/ballast.h"
#include "os/files.h"
#include "server/beginning.h"
#include "server/bugs.h"
#include "server/installation.h"
#include "server/keys.h"
#include "server/live_export.h"
#include "server/live_question.h"
#include "server/services.h"
#include "server/stored.h"
#include "service/idempotency.h"
#include "server/volumes_request.h"
#include "services/rds/records.h"
#include "services/rds/reconciler.h"
#include "store/copy.h"
#include "text/cidr.h"
#include "text/time.h"
#include "text/visible.h"

namespace ringwall::server {

using text::Json;

namespace {

constexpr std::chrono::hours upkeep_every{1};
constexpr std::chrono::seconds ballast_look{2};
constexpr std::uint64_t ballast_bytes_max = 256ULL * 1024 * 1024;
constexpr std::chrono::days certificate_lifetime{397};
constexpr std::chrono::days certificate_renewal_before{30};
constexpr std::chrono::seconds stop_patience{5};

// A line may hold names from outside.
void say(const std::string& line) { fmt::print(stderr, "ringwall: {}\n", text::visible(line)); }

// The disk is full, and store or audit has something to write.
bool make_room(os::Ballast& ballast) {
  const os::Ballast::Room room = ballast.make_room();
  if (room != os::Ballast::Room::given_up) return room == os::Ballast::Room::there;
  say("the disk is full: the space kept for store and audit log was given up; free some, or calls will be refused");
  return true;
}

bool is_wildcard(const std::string& address) { return address == "0.0.0.0" || address == "::"; }

// RFC 3986: in a URL an IPv6 address stands in brackets.
std::string url_of(const std::string& address, std::uint16_t port) {
  const bool is_v6 = address.find(':') != std::string::npos;
  return fmt::format("https://{}{}{}:{}", is_v6 ? "[" : "", address, is_v6 ? "]" : "", port);
}

}  // namespace

// Everything a server is made of, in the order of its making; destroyed in reverse.
class Server::Parts {
 public:
  Parts(Options server_options, Secret key, std::unique_ptr<os::Ballast> kept, std::unique_ptr<store::Store> opened_store,
        std::unique_ptr<host::Host> opened_host)
      : options(std::move(server_options)), layout{options.data_folder}, root_key(std::move(key)), ballast(std::move(kept)),
        store(std::move(opened_store)),
        host(std::move(opened_host)),
        environment{*store, clock, random, options.region, options.dns_suffix, root_key} {}

  Options options;
  Layout layout;
  os::SystemClock clock;
  crypto::SystemRandom random;
  Secret root_key;
  std::unique_ptr<os::Ballast> ballast;  // of store and audit, which hold on to it
  std::unique_ptr<store::Store> store;
  std::unique_ptr<host::Host> host;
  service::Environment environment;
  directory::Administrator administrator;
  std::optional<crypto::Authority> authority;
  std::unique_ptr<audit::Log> audit;
  std::unique_ptr<directory::Directory> directory;
  std::vector<std::unique_ptr<engine::Engine>> engines;
  std::unique_ptr<gateway::SigninAuthority> signin;
  std::unique_ptr<gateway::Gateway> gateway;
  std::unique_ptr<network::Reconciler> networks;
  server::Entered entered;
  std::unique_ptr<rds::Volumes> volumes;
  std::unique_ptr<rds::Reconciler> databases;
  std::unique_ptr<control::Server> control;
  TimePoint started{};
  TimePoint certificate_expiry{};

  std::mutex mutex;
  std::condition_variable wake;
  bool stopping = false;  // guarded by mutex
  std::thread upkeep;

  Result<> identify();
  std::vector<service::Service> services() const;
  Result<> renew_certificate();
  Result<> open_gateway(os::UniqueFd listener);
  Result<> note_engine_uids();
  std::string unheld() const;
  void follow_world();
  Result<> open_control();
  Result<os::UniqueFd> copy_store();
  bool record_sever(const std::string& whose, const std::string& vpc_id);
  std::vector<control::Place> databases_named(const std::string& name) const;
  Json degraded() const;
  Json status() const;
  void run_upkeep();
};

// Who this Ringwall is: its organisation and administrator, its certificate authority.
Result<> Server::Parts::identify() {
  RW_TRY(administrator, directory::bootstrap(environment));
  RW_DO(write_administrator(layout, administrator));
  RW_TRY(authority, server::authority(*store, root_key, random, clock.now()));
  return os::write_file(layout.ca_certificate(), authority->identity().certificate_pem, 0644);
}

std::vector<service::Service> Server::Parts::services() const {
  const auto bugs = [this](const std::string& what, const std::string& question) {
    const auto path = record_bug(layout, question);
    say("a bug: it does not hold that " + what + (path ? ": please report it with `" + *path + "`" : ": " + path.error().message));
  };
  return server::services({.engines = engines, .authority = *authority, .bugs = bugs});
}

// The API's certificate is made at each start and renewed while running; only the authority lasts.
Result<> Server::Parts::renew_certificate() {
  const TimePoint now = clock.now();
  if (now < certificate_expiry - certificate_renewal_before) return {};
  const std::string domain = options.region + "." + options.dns_suffix;
  crypto::CertificateRequest request{.common_name = "api." + domain,
                                     .dns_names = {"localhost", "api." + domain, "*." + domain, "*.ringwall." + options.region + ".vpce." + options.dns_suffix},
                                     .addresses = {"127.0.0.1", "::1"},
                                     .lifetime = certificate_lifetime};
  for (const std::string& service : awsapi::endpoint_prefixes()) {
    request.dns_names.push_back("*." + service + "." + options.region + ".vpce." + options.dns_suffix);
  }
  if (!is_wildcard(options.address) && options.address != "127.0.0.1" && options.address != "::1") {
    request.addresses.push_back(options.address);
  }
  for (const std::string& name : options.host_names) {
    (text::parse_address(name) ? request.addresses : request.dns_names).push_back(name);
  }
  RW_TRY(const crypto::Identity identity, authority->issue(request, now));
  RW_TRY(crypto::TlsContext context, crypto::TlsContext::server(identity));
  gateway->use_tls(std::make_shared<const crypto::TlsContext>(std::move(context)));
  certificate_expiry = now + certificate_lifetime;
  return {};
}

Result<> Server::Parts::open_gateway(os::UniqueFd listener) {
  RW_TRY(audit, audit::Log::open(layout.audit(), [kept = ballast.get()] { return make_room(*kept); }));
  directory = std::make_unique<directory::Directory>(environment, [](std::string_view line) { say(std::string(line)); });
  engines = engine::installed_engines(options.plugin_folder);
  signin = std::make_unique<gateway::SigninAuthority>(environment, *directory, *audit);
  RW_TRY(auto host_names, gateway::HostNames::make(options.region, options.dns_suffix, options.host_names));
  gateway =
      std::make_unique<gateway::Gateway>(gateway::Options{.io_threads = options.io_threads,
                                                          .host_names = std::move(host_names),
                                                          .network_keys_everywhere = options.network_keys_everywhere},
                                         environment, *directory, *audit, services());
  RW_DO(renew_certificate());
  return gateway->listen(std::move(listener));
}

// Where uids of new databases begin on this host; those there are keep theirs.
Result<> Server::Parts::note_engine_uids() {
  store::Transaction transaction(*store);
  const auto noted = rds::tables::engine_uids.get(transaction);
  const auto first = static_cast<std::int64_t>(options.engine_uids_first);
  if (first == 0 || (noted && noted->first == first)) return {};
  rds::tables::engine_uids.put(transaction, {.first = first});
  RW_DO(store->commit(transaction));
  return {};
}

// What databases are not held to here, in words; empty when they are held to everything.
std::string Server::Parts::unheld() const {
  const auto inventory = host->inventory();
  if (!inventory) return "unknown: " + inventory.error().message;
  std::string names;
  for (const std::string& name : inventory->missing_controllers) names += (names.empty() ? "" : ", ") + name;
  return names;
}

gateway::SigninTarget target_of(const rds::SigninQuestion& question) {
  return {.account = question.account,
          .resource_id = question.resource_id,
          .host = question.host,
          .port = question.port,
          .vpc_id = question.vpc_id,
          .client_address = question.client_address,
          .takes_tokens = question.takes_tokens};
}

// From here on the world follows the store.
void Server::Parts::follow_world() {
  volumes = std::make_unique<rds::Volumes>(environment, *host, entered.installation);
  networks = std::make_unique<network::Reconciler>(
      *store, *host, [this](const std::string& id, const service::NetworkContext& context, os::UniqueFd socket) {
        if (auto opened = gateway->listen(id, context, std::move(socket)); !opened) {
          say("endpoint `" + id + "`: " + opened.error().message);
        }
      },
      network::Reconciler::Options{.dns_suffix = options.dns_suffix, .log = say});
  databases = std::make_unique<rds::Reconciler>(rds::ReconcilerParts{
      .environment = environment,
      .host = *host,
      .installation = entered.installation,
      .networks = *networks,
      .engines = engines,
      .authority = *authority,
      .judge = [this](const rds::SigninQuestion& question) {
        return signin->refusal(target_of(question), question.user, question.token);
      },
      .witness = [this](const rds::PasswordSignin& told) {
        return signin->note(target_of(told.about), {told.about.user, told.database, told.tls, told.allowed});
      },
      .log = say,
  });
}

// The control socket knows root alone, so that is who it was.
bool Server::Parts::record_sever(const std::string& whose, const std::string& vpc_id) {
  audit::Record record;
  record.time = clock.now();
  record.request_id = uuid(random);
  record.source = "control.ringwall.internal";
  record.event = "Sever";
  record.region = options.region;
  record.principal = "root";
  record.vpc_id = vpc_id;
  record.answers.push_back({.action = "ringwall:Sever", .resource = whose, .decision = {.verdict = authz::Verdict::allow}});
  return audit->record(std::move(record));
}

std::vector<control::Place> Server::Parts::databases_named(const std::string& name) const {
  std::vector<control::Place> places;
  for (const auto& [parts, db] : rds::tables::instances.list(*store)) {
    const rds::Wanted& wanted = db.wanted;
    if (wanted.identifier == name || wanted.resource_id == name || wanted.arn == name) places.push_back({wanted.vpc, wanted.address});
  }
  return places;
}

Result<> Server::Parts::open_control() {
  RW_TRY(control,
         control::Server::start(
             options.data_folder, environment, *host, *networks,
             {.status = [this] { return status(); },
             .databases = [this](const std::string& name) { return databases_named(name); },
              .live_question =
                  [this](const Json& question) { return live_question(environment, *directory->current(), services(), question); },
              .live_export = [this] { return live_export(environment, *directory->current(), services()); },
              .copy_store = [this] { return copy_store(); },
              .record_sever = [this](const std::string& whose,
                                     const std::string& vpc_id) { return record_sever(whose, vpc_id); },
              .volumes =
                  [this](const Json& request) { return volumes_request(environment, *volumes, *audit, request); }}));
  const Json endpoint = Json::object({{"url", url_of(is_wildcard(options.address) ? "127.0.0.1" : options.address, options.port)},
                                      {"region", options.region}});
  return os::write_file(layout.endpoint(), endpoint.dump() + "\n", 0644);
}

// In a file that has lost its name, so that whatever happens to its reader, nothing stays.
Result<os::UniqueFd> Server::Parts::copy_store() {
  const std::string path = layout.state() + ".copy-" + random_text(random, "0123456789abcdef", 16);
  RW_TRY(const store::Revision revision, store::copy_sqlite(*store, path));
  static_cast<void>(revision);
  os::UniqueFd copy(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const int code = errno;
  ::unlink(path.c_str());
  if (!copy) return std::unexpected(os::system_error("cannot open `" + path + "`", code));
  return copy;
}

// What is not as it should be, though everything serves.
Json Server::Parts::degraded() const {
  Json lines = Json::array();
  if (options.storage == host::Storage::sparse) lines.push("volumes are sparse, the disk may promise more than it has");
  if (options.network_keys_everywhere)
    lines.push("every service says whose VPC endpoint a request came through: policies that hold here may not on AWS");
  if (!ballast->is_there()) lines.push("the disk is full, or was: no space is kept for store and audit log");
  const auto inventory = host->inventory();
  if (!inventory) return lines;
  for (const std::string& id : inventory->sparse_volumes) {
    if (options.storage == host::Storage::reserved) lines.push("the disk has no room to set aside the volume " + id + ", which was made sparse");
  }
  for (const std::string& id : inventory->failed_volumes) lines.push("the volume " + id + " takes no more writes");
  return lines;
}

Json Server::Parts::status() const {
  const std::string missing = unheld();
  Json databases_json = Json::array();
  Json networks_json = Json::array();
  for (const auto& [parts, db] : rds::tables::instances.list(*store)) {
    databases_json.push(Json::object({{"identifier", db.wanted.identifier},
                                      {"resource_id", db.wanted.resource_id},
                                      {"engine", db.wanted.engine + " " + db.wanted.version},
                                      {"status", records::word_of(db.observed.status)},
                                      {"message", db.observed.message.value_or("")},
                                      {"growth_refused", db.requests.growth_refused.value_or("")},
                                      {"endpoint", db.wanted.endpoint.address},
                                      {"port", db.wanted.endpoint.port}}));
  }
  for (const store::Entry& entry : store->list(network::documents_prefix)) {
    if (entry.key.find("/vpc/") == std::string::npos) continue;
    networks_json.push(Json::object({{"vpc", entry.document->str("VpcId")}, {"cidr", entry.document->str("CidrBlock")}}));
  }
  Json strangers = Json::array();
  const auto rows = volumes->list();
  for (const Json& row : rows ? rows->items() : Json::array().items()) {
    if (row.text("state") != "in-use") strangers.push(row);
  }
  Json engines_json = Json::array();
  for (const auto& engine : engines) engines_json.push(engine->version().engine + " " + engine->version().version);
  return Json::object({{"version", RINGWALL_VERSION},
                       {"data", options.data_folder_name},
                       {"endpoint", url_of(options.address, options.port)},
                       {"region", options.region},
                       {"account", administrator.account},
                       {"started", text::iso8601(started)},
                       {"audit", audit->healthy() ? "healthy" : "cannot be written: calls are refused"},
                       {"limits", missing.empty() ? "held" : "not held, no control group for: " + missing},
                       {"storage", options.storage == host::Storage::reserved ? "reserved" : "sparse"},
                       {"degraded", degraded()},
                       {"store", entered.notice.empty() ? "current" : entered.notice},
                       {"installation", entered.installation.id},
                       {"engines", std::move(engines_json)},
                       {"networks", std::move(networks_json)},
                       {"databases", std::move(databases_json)},
                       {"volumes", rows ? std::move(strangers) : Json(rows.error().message)}});
}

void Server::Parts::run_upkeep() {
  std::unique_lock lock(mutex);
  auto due = std::chrono::steady_clock::now();
  do {
    lock.unlock();
    if (!ballast->is_there() && ballast->restore()) {
      say("there is room on the disk again: space is kept for store and audit log");
    }
    lock.lock();
    if (stopping || std::chrono::steady_clock::now() < due) continue;
    due += upkeep_every;
    lock.unlock();
    if (auto done = keyring::run_schedule(environment); !done) say("keys: " + done.error().message);
    if (auto done = service::forget_old_tokens(environment); !done) say("client tokens: " + done.error().message);
    if (auto done = volumes->shred(); !done) say("labels of volumes: " + done.error().message);
    if (auto done = remember(environment, *host, entered.installation); !done)
      say("installation: " + done.error().message);
    if (auto done = renew_certificate(); !done) say("certificate: " + done.error().message);
    lock.lock();
  } while (!wake.wait_for(lock, ballast_look, [&] { return stopping; }));
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<Server>> Server::start(const Options& options, os::UniqueFd listener, os::UniqueFd host_socket) {
  const Layout layout{options.data_folder};
  crypto::SystemRandom random;
  auto host = host::connect(std::move(host_socket), options.data_folder);
  RW_DO(begin(layout, *host));
  RW_TRY(Secret key, server::root_key(layout, random));
  auto ballast = std::make_unique<os::Ballast>(layout.ballast(), ballast_bytes_max);
  if (ballast->is_tight()) (void)make_room(*ballast);  // a start writes too
  RW_TRY(auto store, store::open_sqlite(layout.state(), [kept = ballast.get()] { return make_room(*kept); }));
  RW_DO(check_filled(layout, *store));
  auto parts = std::make_unique<Parts>(options, std::move(key), std::move(ballast), std::move(store), std::move(host));
  RW_DO(directory::bind_stored_policies(parts->environment, [](std::string_view line) { say(std::string(line)); }));
  RW_DO(check_stored(*parts->store));
  // Beyond this point everything that is stored is understood.
  RW_DO(keep_region(*parts->store, layout, options.region));
  parts->started = parts->clock.now();
  RW_TRY(parts->entered, enter(parts->environment, *parts->host));
  if (!parts->entered.notice.empty()) say(parts->entered.notice);
  RW_DO(control::release_all(*parts->store));
  RW_DO(parts->note_engine_uids());
  RW_DO(parts->identify());
  RW_DO(end_beginning(layout));
  RW_DO(parts->open_gateway(std::move(listener)));
  if (const std::string unheld = parts->unheld(); !unheld.empty()) {
    say("this machine cannot hold databases to their limits, no control group for: " + unheld);
  }
  parts->follow_world();
  RW_DO(parts->open_control());
  parts->upkeep = std::thread([&self = *parts] { self.run_upkeep(); });
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

Server::~Server() {
  if (parts_ != nullptr && parts_->upkeep.joinable()) {
    ask_to_stop();
    parts_->upkeep.join();
  }
}

std::string Server::greeting() const {
  return fmt::format("listening on {} (region {}, account {})", url_of(parts_->options.address, parts_->options.port), parts_->options.region,
                     parts_->administrator.account);
}

Result<> Server::wait() {
  std::unique_lock lock(parts_->mutex);
  parts_->wake.wait(lock, [&] { return parts_->stopping; });
  return {};
}

void Server::ask_to_stop() {
  {
    const std::lock_guard lock(parts_->mutex);
    parts_->stopping = true;
  }
  parts_->wake.notify_all();
}

Result<> Server::stop(Databases databases) {
  ask_to_stop();
  parts_->upkeep.join();
  parts_->control.reset();
  parts_->gateway->stop(stop_patience);
  Result<> stopped;
  if (databases == Databases::stop) stopped = parts_->databases->stop_all();
  parts_->databases.reset();
  parts_->networks.reset();
  // On a full disk it cannot be kept, which makes no stop a failed one: what it was at the last hour's end stays.
  if (auto kept = remember(parts_->environment, *parts_->host, parts_->entered.installation); !kept) {
    say("how far the store had come is not noted, so an older copy may go unnoticed: " + kept.error().message);
  }
  ::unlink(parts_->layout.endpoint().c_str());
  return stopped;
}

}  // namespace ringwall::server
