#include <algorithm>
#include <utility>

#include "audit/log.h"

namespace ringwall::audit {
namespace {

std::size_t bytes_of(const Record& record) {
  std::string line;
  append_line(line, record);
  return line.size() + 1;
}

std::string kind_of(const Record& record) {
  std::string kind;
  for (const std::string* part : {&record.source_address, &record.vpc_id, &record.vpce_id, &record.source, &record.error_code, &record.access_key,
                                  &record.signin.instance, &record.signin.user, &record.signin.method}) {
    kind.append(*part).push_back('\n');
  }
  // Of sign-ins the code is always the same, and the message says why.
  return record.signin.instance.empty() ? kind : kind + record.error_message;
}

}  // namespace

bool Strangers::may_write(const Record& record) {
  if (record.time > refilled_) {
    const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(record.time - refilled_).count();
    const auto elapsed_ms = static_cast<std::size_t>(std::min<std::int64_t>(elapsed, 60'000));
    budget_bytes_ = std::min(stranger_bytes_burst_max, budget_bytes_ + elapsed_ms * stranger_bytes_per_second_max / 1000);
    refilled_ = record.time;
  }
  const std::size_t bytes = bytes_of(record);
  if (bytes > budget_bytes_) return false;
  budget_bytes_ -= bytes;
  return true;
}

void Strangers::count(Kind& kind, Record record) {
  if (kind.refusals++ == 0) kind.since = record.time;
  kind.last = std::move(record);
}

std::optional<Record> Strangers::take(Record record) {
  if (kinds_.empty()) started_ = record.time;
  const auto known = kinds_.find(kind_of(record));
  if (known != kinds_.end()) {
    count(known->second, std::move(record));
  } else if (kinds_.size() < stranger_kinds_max && may_write(record)) {
    kinds_.emplace(kind_of(record), Kind{});
    return record;
  } else {
    count(others_, std::move(record));
  }
  counted_ = true;
  return std::nullopt;
}

std::vector<Record> Strangers::due(TimePoint now) {
  if (now < started_ + strangers_counted_for) return {};
  return drain();
}

std::vector<Record> Strangers::drain() {
  std::vector<Record> records;
  const auto tell = [&](Kind& kind) {
    if (kind.refusals == 0) return;
    kind.last.refusals = kind.refusals;
    kind.last.since = kind.since;
    records.push_back(std::move(kind.last));
  };
  for (auto& [name, kind] : kinds_) tell(kind);
  if (others_.refusals != 0) {
    // Of many kinds: what is told is how many, and when.
    others_.last = Record{.time = others_.last.time,
                          .request_id = others_.last.request_id,
                          .source = others_.last.source,
                          .event = "StrangersRefused",
                          .region = others_.last.region,
                          .error_code = "Various",
                          .error_message = "refusals of more kinds than are told apart"};
    tell(others_);
  }
  kinds_.clear();
  others_ = {};
  counted_ = false;
  return records;
}

}  // namespace ringwall::audit
