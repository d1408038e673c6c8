#include "audit/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "os/files.h"
#include "text/time.h"
#include "text/visible.h"

namespace ringwall::audit {

namespace {

constexpr std::chrono::seconds retry_after{1};
constexpr off_t chunk_bytes = 1 << 20;  // set aside ahead

// While records come so fast that several were waiting, the writer gathers more before it writes
// again; one that comes alone is written at once.
constexpr std::size_t busy_records_min = 8;
constexpr std::chrono::milliseconds gather_for{5};
constexpr std::size_t gather_records_max = 1024;

// Writes a JSON object member by member; a member without a value is left out.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
  ~ObjectWriter() { out_ += '}'; }
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;

  std::string& begin(std::string_view key) {
    if (!std::exchange(first_, false)) out_ += ',';
    text::append_visible_json_string(out_, key);
    out_ += ':';
    return out_;
  }
  void add(std::string_view key, std::string_view value) {
    if (!value.empty()) text::append_visible_json_string(begin(key), value);
  }
  void add(std::string_view key, std::uint64_t value) { begin(key) += std::to_string(value); }

 private:
  std::string& out_;
  bool first_ = true;
};

}  // namespace

void append_line(std::string& out, const Record& record) {
  ObjectWriter line(out);
  line.add("eventTime", text::iso8601(record.time));
  line.add("eventSource", record.source);
  line.add("eventName", record.event);
  line.add("awsRegion", record.region);
  line.add("requestID", record.request_id);
  {
    ObjectWriter identity(line.begin("userIdentity"));
    identity.add("arn", record.principal);
    identity.add("accountId", record.account);
    identity.add("accessKeyId", record.access_key);
  }
  line.add("sourceIPAddress", record.source_address);
  line.add("vpcId", record.vpc_id);
  line.add("vpcEndpointId", record.vpce_id);
  line.add("userAgent", record.user_agent);
  if (!record.signin.instance.empty()) {
    ObjectWriter signin(line.begin("signIn"));
    signin.add("dbiResourceId", record.signin.instance);
    signin.add("ownerAccountId", record.signin.owner);
    signin.add("endpoint", record.signin.endpoint);
    signin.add("databaseUser", record.signin.user);
    signin.add("database", record.signin.database);
    signin.add("method", record.signin.method);
    signin.add("tls", record.signin.tls);
  }
  if (!record.answers.empty()) {
    line.begin("decisions") += '[';
    for (const Answer& answer : record.answers) {
      if (&answer != &record.answers.front()) out += ',';
      ObjectWriter decision(out);
      decision.add("action", answer.action);
      decision.add("resource", answer.resource);
      decision.add("verdict", authz::name_of(answer.decision.verdict));
      if (answer.decision.layer != authz::Layer::none) decision.add("layer", authz::name_of(answer.decision.layer));
      decision.add("policy", answer.decision.policy);
      decision.add("statement", answer.decision.statement);
    }
    out += ']';
  }
  line.add("errorCode", record.error_code);
  line.add("errorMessage", record.error_message);
  if (record.refusals > 1) {
    line.add("refusals", record.refusals);
    line.add("refusalsSince", text::iso8601(record.since));
  }
}

void cut_fields(Record& record) {
  const auto cut = [](std::string& field, std::size_t bytes_max) {
    if (field.size() <= bytes_max) return;
    const std::string whole = std::to_string(field.size());
    field.resize(text::prefix_of(field, bytes_max).size());
    field += "... (" + whole + " bytes)";
    field.shrink_to_fit();
  };
  cut(record.user_agent, user_agent_bytes_max);
  cut(record.error_message, error_message_bytes_max);
  for (std::string* field : {&record.request_id, &record.source, &record.event, &record.region, &record.account, &record.access_key,
                             &record.source_address, &record.vpc_id, &record.vpce_id, &record.error_code,
                             &record.signin.instance, &record.signin.owner, &record.signin.endpoint, &record.signin.user,
                             &record.signin.database, &record.signin.method, &record.signin.tls}) {
    cut(*field, name_bytes_max);
  }
  cut(record.principal, resource_bytes_max);
  for (Answer& answer : record.answers) {
    cut(answer.action, name_bytes_max);
    cut(answer.resource, resource_bytes_max);
  }
}

Result<std::unique_ptr<Log>> Log::open(std::string folder, std::function<bool()> make_room) {
  RW_DO(os::make_folder(folder, 0700));
  std::unique_ptr<Log> log(new Log(std::move(folder), std::move(make_room)));
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
  close_day();
}

bool Log::push(Record record) {
  if (!healthy_ || queue_.size() >= queue_records_max) return false;
  if (queue_.empty()) wake_.notify_one();
  queue_.push_back(std::move(record));
  return true;
}

bool Log::record(Record record) {
  cut_fields(record);
  const std::lock_guard lock(mutex_);
  return push(std::move(record));
}

// One that finds no place in the queue is lost with the log, which refuses everybody then.
void Log::record_stranger(Record record) {
  cut_fields(record);
  const std::lock_guard lock(mutex_);
  for (Record& due : strangers_.due(record.time)) static_cast<void>(push(std::move(due)));
  const bool counted = strangers_.counting();
  if (auto full = strangers_.take(std::move(record))) static_cast<void>(push(*std::move(full)));
  if (!counted && strangers_.counting()) wake_.notify_one();  // so that the writer minds the time
}

bool Log::healthy() const {
  const std::lock_guard lock(mutex_);
  return healthy_;
}

// A batch that cannot be written is kept and tried again; meanwhile the log is unhealthy.
void Log::run() {
  std::unique_lock lock(mutex_);
  std::deque<Record> batch;
  bool busy = false;
  for (;;) {
    const bool counted = strangers_.counting();
    const auto due = [&] { return stopping_ || !queue_.empty() || !batch.empty() || strangers_.counting() != counted; };
    // No stranger may come for a while to make the counts of the last ones due.
    if (!counted) {
      wake_.wait(lock, due);
    } else if (!wake_.wait_for(lock, 2 * strangers_counted_for, due)) {
      for (Record& one : strangers_.drain()) queue_.push_back(std::move(one));
    }
    if (stopping_) {
      for (Record& one : strangers_.drain()) queue_.push_back(std::move(one));
    }
    if (busy) wake_.wait_for(lock, gather_for, [&] { return stopping_ || queue_.size() >= gather_records_max; });
    if (batch.empty()) batch.swap(queue_);
    if (batch.empty() && stopping_) return;
    busy = batch.size() >= busy_records_min;
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
  close_day();
  file_ = std::move(file);
  day_ = day;
  return {};
}

// What was set aside past the end of a file that is done is given back.
void Log::close_day() {
  if (file_) (void)!::ftruncate(file_.get(), ::lseek(file_.get(), 0, SEEK_END));
  file_.reset();
  set_aside_ = 0;
}

// Blocks are taken ahead of what is written, so that records find room while others fill the disk.
// A file system that cannot do that, or has no more, is found out by the write itself.
void Log::set_aside(off_t bytes) {
  if (bytes <= set_aside_) return;
  if (::fallocate(file_.get(), FALLOC_FL_KEEP_SIZE, 0, bytes + chunk_bytes) == 0) set_aside_ = bytes + chunk_bytes;
}

Result<> Log::write(const std::deque<Record>& batch) {
  std::string lines;
  for (const Record& record : batch) {
    append_line(lines, record);
    lines += '\n';
  }
  const std::string day = text::iso8601(batch.front().time).substr(0, 10);
  auto written = append(day, lines);
  if (!written && written.error().kind == Failure::exhausted && make_room_ && make_room_()) written = append(day, lines);
  return written;
}

Result<> Log::append(const std::string& day, std::string_view lines) {
  RW_DO(open_day(day));
  // A partial line from an earlier failure is cut off, so that every line stays whole.
  const off_t before = ::lseek(file_.get(), 0, SEEK_END);
  set_aside(before + static_cast<off_t>(lines.size()));
  while (!lines.empty()) {
    const ssize_t put = ::write(file_.get(), lines.data(), lines.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      const int code = errno;
      if (::ftruncate(file_.get(), before) != 0) file_.reset();
      set_aside_ = 0;
      return std::unexpected(os::system_error("cannot write the audit log in `" + folder_ + "`", code));
    }
    lines.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

}  // namespace ringwall::audit
