// Secrets: password verifiers stay the administrator's, wherever PostgreSQL keeps a copy.
//
// They lie in pg_authid, which pg_read_all_data, a role that a master user may grant, would open.
// ANALYZE, which autovacuum runs once enough roles have changed, samples them into pg_statistic of
// whichever database it works in. From there three ways lead out: the table, the view pg_stats,
// which shows whoever may read a column what was sampled of it, and the planner, which hands the
// samples to operators, a user's own among them. The samples themselves stay: pg_authid is shared
// by all databases and its statistics are not, so there is always one more place to sweep.

#include "guard.h"

#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/plancat.h"
#include "optimizer/restrictinfo.h"
#include "tcop/tcopprot.h"
#include "utils/backend_status.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

static ExecutorCheckPerms_hook_type next_permissions = NULL;
static get_relation_info_hook_type next_relation_info = NULL;
static get_relation_stats_hook_type next_relation_stats = NULL;
static emit_log_hook_type next_log = NULL;

// ---- Reading.

// Two tables, and a view of the first.
static bool holds_verifiers(Oid relation) {
  static Oid view = InvalidOid;
  if (relation == AuthIdRelationId || relation == StatisticRelationId) return true;
  if (relation >= FirstNormalObjectId) return false;
  if (!OidIsValid(view)) view = get_relname_relid("pg_shadow", PG_CATALOG_NAMESPACE);
  return relation == view;
}

static bool on_permissions(List* range, bool raises) {
  ListCell* cell;
  foreach (cell, range) {
    const RangeTblEntry* entry = lfirst_node(RangeTblEntry, cell);
    if (entry->rtekind != RTE_RELATION || entry->requiredPerms == 0) continue;
    // Views such as pg_roles show what may be seen and are checked as their owner.
    const Oid user = OidIsValid(entry->checkAsUser) ? entry->checkAsUser : GetUserId();
    if (user == BOOTSTRAP_SUPERUSERID || !holds_verifiers(entry->relid)) continue;
    if (!raises) return false;
    guard_refuse("access to password verifiers");
  }
  return next_permissions == NULL || next_permissions(range, raises);
}

// Every scan of pg_statistic, in views and in functions that are planned in place too, passes
// over what is about pg_authid. The condition stands before any of the query's own, since its
// security level is the lowest there is.
static void on_relation_info(PlannerInfo* root, Oid relation, bool inherits, RelOptInfo* rel) {
  if (next_relation_info != NULL) next_relation_info(root, relation, inherits, rel);
  if (relation != StatisticRelationId || guard_exempt()) return;
  const Oid differs =
      OpernameGetOprid(list_make2(makeString("pg_catalog"), makeString("<>")), OIDOID, OIDOID);
  Var* about = makeVar(rel->relid, Anum_pg_statistic_starelid, OIDOID, -1, InvalidOid, 0);
  Const* roles = makeConst(OIDOID, -1, InvalidOid, sizeof(Oid), ObjectIdGetDatum(AuthIdRelationId),
                           false, true);
  Expr* others = make_opclause(differs, BOOLOID, false, (Expr*)about, (Expr*)roles, InvalidOid,
                               InvalidOid);
  set_opfuncid((OpExpr*)others);
  RestrictInfo* condition =
      make_restrictinfo(root, others, true, false, false, 0, NULL, NULL, NULL);
  rel->baserestrictinfo = lappend(rel->baserestrictinfo, condition);
  rel->baserestrict_min_security = 0;
}

// To the planner nothing is known of pg_authid.
static bool on_relation_stats(PlannerInfo* root, RangeTblEntry* entry, AttrNumber column,
                              VariableStatData* data) {
  if (entry->relid == AuthIdRelationId && !guard_exempt()) {
    data->statsTuple = NULL;
    return true;
  }
  return next_relation_stats != NULL && next_relation_stats(root, entry, column, data);
}

// ---- What is said of statements: in pg_stat_activity, which members of pg_monitor read, and in
// the server's log.

static void hide_activity(void) {
  pgstat_report_activity(STATE_RUNNING, "<a statement that mentions a password>");
}

void guard_hide_password(Node* statement) {
  List* options = NIL;
  ListCell* cell;
  if (IsA(statement, CreateRoleStmt)) options = ((CreateRoleStmt*)statement)->options;
  if (IsA(statement, AlterRoleStmt)) options = ((AlterRoleStmt*)statement)->options;
  foreach (cell, options)
    if (strcmp(lfirst_node(DefElem, cell)->defname, "password") == 0) hide_activity();
}

static bool mentions_password(const char* text) {
  static const char word[] = "password";
  if (text == NULL) return false;
  for (; *text != '\0'; text++)
    if (pg_strncasecmp(text, word, sizeof word - 1) == 0) return true;
  return false;
}

// A failing statement is logged with its text. One that sets a password is logged without, and
// without the trees that debug_print_parse and its like, which anybody may set, print of it.
static void on_log(ErrorData* error) {
  if (next_log != NULL) next_log(error);
  if (mentions_password(debug_query_string)) {
    error->hide_stmt = true;
    error->hide_ctx = true;
    if (error->elevel == LOG) error->detail = NULL;
    hide_activity();
  } else if (mentions_password(error->context)) {
    error->hide_ctx = true;
  }
  if (mentions_password(error->internalquery)) {
    error->internalquery = NULL;
    error->internalpos = 0;
  }
}

void guard_keep_secrets(void) {
  next_permissions = ExecutorCheckPerms_hook;
  ExecutorCheckPerms_hook = on_permissions;
  next_relation_info = get_relation_info_hook;
  get_relation_info_hook = on_relation_info;
  next_relation_stats = get_relation_stats_hook;
  get_relation_stats_hook = on_relation_stats;
  next_log = emit_log_hook;
  emit_log_hook = on_log;
}
