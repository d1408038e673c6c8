#include "text/json_patch.h"

namespace ringwall::text {

// As deep as the patch, which is as deep as `json_depth_max` lets a document be.
Json merge_patch(Json target, const Json& patch) {
  if (!patch.is_object()) return patch;
  if (!target.is_object()) target = Json::object();
  for (const auto& [key, value, offset] : patch.members()) {
    if (value.is_null()) {
      target.erase(key);
    } else {
      Json& member = target.edit(key);
      member = merge_patch(std::move(member), value);
    }
  }
  return target;
}

}  // namespace ringwall::text
