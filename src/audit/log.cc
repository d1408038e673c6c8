#include "audit/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "os/files.h"
#include "text/json.h"
#include "text/time.h"

namespace ringwall::audit {

using text::Json;

namespace {

constexpr std::chrono::seconds retry_after{1};

void set_unless_empty(Json& json, std::string_view key, const std::string& value) {
  if (!value.empty()) json.set(key, value);
}

}  // namespace

std::string to_line(const Record& record) {
  Json json = Json::object({{"eventTime", text::iso8601(record.time)},
                            {"eventSource", record.source},
                            {"eventName", record.event},
                            {"awsRegion", record.region},
                            {"requestID", record.request_id}});
  Json identity = Json::object();
  set_unless_empty(identity, "arn", record.principal);
  set_unless_empty(identity, "accountId", record.account);
  set_unless_empty(identity, "accessKeyId", record.access_key);
  json.set("userIdentity", std::move(identity));
  set_unless_empty(json, "sourceIPAddress", record.source_address);
  set_unless_empty(json, "vpcId", record.vpc_id);
  set_unless_empty(json, "vpcEndpointId", record.vpce_id);
  set_unless_empty(json, "userAgent", record.user_agent);
  Json decisions = Json::array();
  for (const Answer& answer : record.answers) {
    Json decision = Json::object({{"action", answer.action},
                                  {"resource", answer.resource},
                                  {"verdict", authz::name_of(answer.decision.verdict)}});
    if (answer.decision.layer != authz::Layer::none) decision.set("layer", authz::name_of(answer.decision.layer));
    set_unless_empty(decision, "policy", answer.decision.policy);
    set_unless_empty(decision, "statement", answer.decision.statement);
    decisions.push(std::move(decision));
  }
  if (!decisions.items().empty()) json.set("decisions", std::move(decisions));
  set_unless_empty(json, "errorCode", record.error_code);
  set_unless_empty(json, "errorMessage", record.error_message);
  return json.dump();
}

Result<std::unique_ptr<Log>> Log::open(std::string folder) {
  RW_DO(os::make_folder(folder, 0700));
  std::unique_ptr<Log> log(new Log(std::move(folder)));
  log->writer_ = std::thread([&self = *log] { self.run(); });
  return log;
}

Log::~Log() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (writer_.joinable()) writer_.join();
}

bool Log::record(Record record) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    if (!healthy_ || queue_.size() >= queue_records_max) return false;
    was_empty = queue_.empty();
    queue_.push_back(std::move(record));
  }
  if (was_empty) wake_.notify_one();
  return true;
}

bool Log::healthy() const {
  const std::lock_guard lock(mutex_);
  return healthy_;
}

// A batch that cannot be written is kept and tried again; meanwhile the log is unhealthy.
void Log::run() {
  std::unique_lock lock(mutex_);
  std::deque<Record> batch;
  for (;;) {
    wake_.wait(lock, [&] { return stopping_ || !queue_.empty() || !batch.empty(); });
    if (batch.empty()) batch.swap(queue_);
    if (batch.empty() && stopping_) return;
    lock.unlock();
    const Result<> written = write(batch);
    lock.lock();
    healthy_ = written.has_value();
    if (written) {
      batch.clear();
    } else if (stopping_) {
      return;
    } else {
      wake_.wait_for(lock, retry_after, [&] { return stopping_; });
    }
  }
}

Result<> Log::open_day(const std::string& day) {
  if (file_ && day == day_) return {};
  const std::string path = folder_ + "/audit-" + day + ".jsonl";
  os::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!file) return std::unexpected(os::system_error("cannot open `" + path + "`", errno));
  file_ = std::move(file);
  day_ = day;
  return {};
}

Result<> Log::write(const std::deque<Record>& batch) {
  std::string lines;
  for (const Record& record : batch) {
    lines += to_line(record);
    lines += '\n';
  }
  RW_DO(open_day(text::iso8601(batch.front().time).substr(0, 10)));
  // A partial line from an earlier failure is cut off, so that every line stays whole.
  const off_t before = ::lseek(file_.get(), 0, SEEK_END);
  std::string_view rest = lines;
  while (!rest.empty()) {
    const ssize_t put = ::write(file_.get(), rest.data(), rest.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      const int code = errno;
      if (::ftruncate(file_.get(), before) != 0) file_.reset();
      return std::unexpected(os::system_error("cannot write the audit log in `" + folder_ + "`", code));
    }
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

}  // namespace ringwall::audit
