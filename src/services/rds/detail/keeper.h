#pragma once
// Keeps one instance as its document says. A pass looks at the document and at what is there,
// and goes one step:
//
//   wanted     what is there                          the step
//   -------    -----------------------------------    -----------------------------------------
//   deleted    anything                               end, erase the volume, erase the documents
//   unknown    an engine, an open volume              end in order, lock the volume; its data stays
//   stopped    anything                               end, lock the volume, say `stopped`
//   running    its KMS key cannot be used             end, lock the volume, say so
//              a process nobody here watches          adopt it
//              the process has ended                  say so, wait a little
//              a process that should restart          end it
//              no process                             network, volume, data, listener, start
//              a process, not serving yet             ask it again soon
//              it serves                              apply what waits, say `available` or `storage-full`, ask it again later
//              it served, and does not answer         say so; end it once that lasts
//              its file system takes no writes        end the engine; the start mounts it anew
//
// `unknown` is an id without a document: the store is older than the volume, or not the one that made it.
// INVARIANT: a volume is erased for a document that says `deleted`, and for nothing else.
//
// Nothing it remembers is needed: a new keeper finds out by looking.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/signin_listener.h"
#include "services/rds/detail/label.h"
#include "services/rds/detail/process_watch.h"
#include "services/rds/detail/record.h"
#include "services/rds/reconciler.h"

namespace ringwall::rds::detail {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

inline constexpr milliseconds retry_first{200};
inline constexpr milliseconds retry_last{30'000};
inline constexpr int silences_told = 3;              // so many in a row, and the status becomes `rebooting`
inline constexpr milliseconds silence_again{500};    // until the next question after one
inline constexpr const char* storage_full = "its storage is full: make it larger with ModifyDBInstance, or delete data in "
                                            "a session that sets default_transaction_read_only to off";
inline constexpr int failures_told = 3;  // so many in a row, and the status becomes `failed`

// 0.2 s after the first failure in a row, then doubling to 30 s.
milliseconds retry_after(int failures);

// When to look again.
struct Next {
  enum class When : std::uint8_t { on_change, at_once, later, never /* nothing is left of it */ };
  When when = When::on_change;
  milliseconds delay{0};  // with `later`
};

// Used by one thread at a time.
class Keeper {
 public:
  // Outlived by everything it is given. `tag` names it to the watch.
  Keeper(const ReconcilerParts& parts, ProcessWatch& ends, std::uint64_t tag, std::string id)
      : parts_(parts), ends_(ends), tag_(tag), id_(std::move(id)) {}

  std::uint64_t tag() const { return tag_; }
  Next pass(const std::string& document_key);
  // Ends engine and listener and locks the volume, whatever is wanted.
  Result<> put_to_rest();

 private:
  Result<Next> step(const std::optional<Record>& record);
  Result<Next> remove(const Record& record);
  Result<Next> set_aside();
  Result<Next> rest(const Record& record);
  Result<Next> serve(const Record& record);
  Result<Next> lock_away(const Record& record, KeyState state);
  Result<Next> adopt(const Record& record);
  Result<Next> mourn(const Record& record, std::string_view what);
  Result<Next> restart(const Record& record);
  Result<Next> start(const Record& record);
  Result<Next> await_ready(const Record& record);
  Result<Next> attend(const Record& record);
  Result<Next> finish(const Record& record);

  Result<> prepare(const Record& record);  // network and volume, side by side
  Result<> initialise(const Record& record, engine::Engine& engine);
  Result<> open_volume(const Record& record);
  enum class Moment : std::uint8_t { before_its_image, made /* its data is whole from now on */, later };
  Result<> label(const Record& record, Moment moment);
  Next label_later(const Record& record, Next next);
  std::optional<Label> label_of(const host::VolumeFacts& facts) const;
  Result<bool> grow(const Record& record);
  Result<> end_growth(const Record& record, const std::string& refusal);
  bool is_full();
  Result<> follow_storage(const Record& record, engine::Engine& engine, bool full);
  Result<> reload(const Record& record, engine::Engine& engine);
  Result<> listen(const Record& record);
  Result<> renew_certificate(const Record& record, engine::Engine& engine);
  Result<> apply_password(const Record& record, engine::Engine& engine);
  std::unexpected<Error> without_password(const Record& record, const Error& error);
  Result<> hold(host::Running running);
  Result<> end(host::Stop how);
  Next failed(const std::optional<Record>& record, const Error& error);
  Next say(const Record& record, Status status, std::optional<std::string> message = {});

  Result<engine::Engine*> engine_of(const Record& record) const;
  Result<crypto::Identity> identity_of(const Record& record) const;
  bool is_current(const Record& record) const;
  bool waits(const std::optional<Record>& record) const;
  void log(const std::string& line) const;
  void note_time(const char* what, SteadyClock::time_point begun);
  template <typename Work>
  auto timed(const char* what, Work&& work);

  const ReconcilerParts& parts_;
  ProcessWatch& ends_;
  const std::uint64_t tag_;
  const std::string id_;
  std::string name_;  // for people

  std::optional<host::Running> running_;
  std::unique_ptr<engine::SigninListener> listener_;
  bool rests_ = false;  // nothing runs and the volume is locked, as far as only keepers open it
  bool full_ = false;       // at the last look at its volume
  SteadyClock::time_point storage_due_{};  // for the next one
  bool read_only_ = false;  // its sessions begin so, because its storage was full
  bool ready_ = false;  // has answered a probe since it was started or adopted
  bool served_ = false;  // and before that, as far as its document says
  int probes_ = 0;      // unanswered ones
  int silences_ = 0;    // unanswered ones since it served
  SteadyClock::time_point silent_since_{};
  SteadyClock::time_point held_since_{};
  TimePoint certificate_until_{};

  int failures_ = 0, crashes_ = 0;         // in a row
  std::string told_;                       // the failure last logged
  std::string labelled_;                   // what is known to be on the label
  SteadyClock::time_point resume_at_{};    // no step before, unless something else is wanted
  std::int64_t resume_generation_ = -1;
  std::vector<std::pair<const char*, milliseconds>> times_;  // of the steps of this start
};

}  // namespace ringwall::rds::detail
