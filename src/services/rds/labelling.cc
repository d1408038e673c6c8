// What a keeper writes beside its volume: see detail/label.h.

#include "keyring/schedule.h"
#include "services/rds/detail/keeper.h"

namespace ringwall::rds::detail {

// Nothing: there is none, or it is not to be believed.
std::optional<Label> Keeper::label_of(const host::VolumeFacts& facts) const {
  if (facts.label.empty()) return std::nullopt;
  auto read = read_label(parts_.environment, id_, facts.label);
  if (!read || !read->genuine) return std::nullopt;
  return std::move(read->label);
}

// Makes the label say what the document says. It is written before the image is made, so that no
// volume is without one, and says `made` before an engine starts on it. Cost: nothing when the
// document has not changed in what lasts.
Result<> Keeper::label(const Record& record, Moment moment) {
  const service::Environment& environment = parts_.environment;
  Instance instance = record.instance;
  instance.observed.was_made |= moment == Moment::made;
  Json document = lasting(instance);
  store::Transaction reading(environment.store);
  const bool shredded = keyring::was_deleted(reading, kms_key_of(record.wanted()));
  std::string wanted = document.dump() + (shredded ? " without escrow" : "");
  if (wanted == labelled_) return {};
  RW_TRY(const host::VolumeFacts facts, parts_.host.volume(id_));
  if (moment == Moment::later && !facts.has_image) return {};
  const auto there = label_of(facts);
  if (there && is_made(*there)) {
    instance.observed.was_made = true;
    document = lasting(instance);
  }
  Label label{.volume = id_,
              .installation = parts_.installation.id,
              .position = {},
              .document = std::move(document),
              .escrow = {}};
  // A volume's data key never changes, only what it is wrapped under; so escrow stays good.
  if (there && !shredded) label.escrow = there->escrow;
  if (label.escrow.empty() && !shredded) {
    if (const auto key = open_data_key(environment, record)) label.escrow = seal_escrow(environment, id_, *key);
  }
  const bool is_there = there && there->installation == label.installation && there->document == label.document &&
                        there->escrow == label.escrow;
  if (!is_there) {
    label.position = {parts_.installation.generation, environment.store.snapshot({}).revision};
    RW_DO(parts_.host.label_volume(id_, write_label(environment, label)));
  }
  // Without escrow although there should be some, its KMS key cannot be used just now: looked at again.
  labelled_ = label.escrow.empty() && !shredded ? std::string() : std::move(wanted);
  return {};
}

// A label that could not be written holds up nothing else, and is tried again.
Next Keeper::label_later(const Record& record, Next next) {
  const auto labelled = label(record, Moment::later);
  if (labelled || next.when == Next::When::at_once) return next;
  log(labelled.error().message);
  return {Next::When::later, retry_last};
}

}  // namespace ringwall::rds::detail
