#include "services/rds/status.h"

#include <gtest/gtest.h>

#include <set>

#include "services/rds/records.h"

namespace ringwall::rds {
namespace {

std::set<Status> all() {
  std::set<Status> statuses;
  for (std::size_t i = 0; i < status_words.size(); ++i) statuses.insert(static_cast<Status>(i));
  return statuses;
}

std::set<Status> followers_of(Status from) {
  std::set<Status> followers;
  for (const Status to : all()) {
    if (to != from && may_follow(from, to)) followers.insert(to);
  }
  return followers;
}

TEST(RdsStatus, IsStoredByAWordOfItsOwn) {
  EXPECT_EQ(std::set(status_words.begin(), status_words.end()).size(), all().size());
  EXPECT_EQ(records::word_of(Status::inaccessible_recoverable), "inaccessible-encryption-credentials-recoverable");
  for (const Status status : all()) EXPECT_EQ(records::value_of<Status>(records::word_of(status)), status);
}

// What the table means, written out where it matters most.
TEST(RdsStatus, OfADeletionNothingFollowsButThatItIsWithdrawn) {
  EXPECT_EQ(followers_of(Status::deleting), std::set{Status::stopping});
}

TEST(RdsStatus, WhatIsStoppedServesOnlyOnceItIsStarted) {
  EXPECT_EQ(followers_of(Status::stopping), (std::set{Status::stopped, Status::deleting}));
  EXPECT_EQ(followers_of(Status::stopped), (std::set{Status::starting, Status::deleting}));
  for (const Status from : all()) EXPECT_EQ(may_follow(from, Status::stopped), from == Status::stopping || from == Status::stopped);
}

TEST(RdsStatus, NothingIsCreatedTwice) {
  for (const Status from : all()) EXPECT_EQ(may_follow(from, Status::creating), from == Status::creating);
}

TEST(RdsStatus, OnlyWhatIsUpIsStoppedModifiedOrRebooted) {
  for (const Status to : {Status::modifying, Status::rebooting}) {
    for (const Status from : all()) EXPECT_EQ(may_follow(from, to), from == to || from == Status::available || from == Status::storage_full);
  }
}

TEST(RdsStatus, EveryStatusIsReachedAndEveryInstanceMayBeDeleted) {
  std::set reached = {Status::creating};
  for (std::size_t before = 0; before != reached.size();) {
    before = reached.size();
    for (const Status from : std::set(reached)) reached.merge(followers_of(from));
  }
  EXPECT_EQ(reached, all());
  for (const Status from : all()) EXPECT_TRUE(may_follow(from, Status::deleting));
}

TEST(RdsStatus, AStepThatIsNotInTheTableIsABug) {
  Observed observed;
  observed.status = Status::stopped;
  EXPECT_DEATH(become(observed, Status::available), "may_follow");
  become(observed, Status::starting);
  EXPECT_EQ(observed.status, Status::starting);
}

}  // namespace
}  // namespace ringwall::rds
