#pragma once
// One installation is a store and the volumes it made. Both carry its id, and how far the store
// has come: a start raises the generation in the store and in a file of root's beside the volumes,
// so that a store which is put back from a copy is noticed, and goes on without losing anything.

#include <string>

#include "base/result.h"
#include "host/host.h"
#include "service/service.h"
#include "services/rds/volumes.h"

namespace ringwall::server {

struct Entered {
  rds::Installation installation;
  std::string notice;  // for people: the store is older than what ran here; empty: it is not
};

// Takes the store into use, before anything acts on it. One that is behind the world (the file,
// or any label) is an older copy: it goes on with a generation past every one that ran, and what
// it wants deleted is put off until somebody asks again. The id is the store's, else the world's,
// else a new one. On a full disk, a store that is not behind is used as it is.
Result<Entered> enter(const service::Environment& environment, host::Host& host);

// Keeps on root's side how far the store has come by now.
Result<> remember(const service::Environment& environment, host::Host& host, const rds::Installation& installation);

}  // namespace ringwall::server
