// The hooks. Each first lets whoever hooked before have its turn, and each refuses by raising.

#include "guard.h"

#include "catalog/objectaccess.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "commands/extension.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

static ProcessUtility_hook_type next_utility = NULL;
static object_access_hook_type next_object_access = NULL;
static ExecutorCheckPerms_hook_type next_permissions = NULL;
static emit_log_hook_type next_log = NULL;

bool guard_exempt(void) {
  return GetUserId() == BOOTSTRAP_SUPERUSERID && GetSessionUserId() == BOOTSTRAP_SUPERUSERID &&
         (!OidIsValid(GetAuthenticatedUserId()) ||
          GetAuthenticatedUserId() == BOOTSTRAP_SUPERUSERID);
}

void guard_refuse(const char* format, ...) {
  char what[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                  errmsg("%s is not permitted in a managed database", what)));
  pg_unreachable();
}

static void run_utility(PlannedStmt* planned, const char* query, bool read_only,
                        ProcessUtilityContext context, ParamListInfo parameters,
                        QueryEnvironment* environment, DestReceiver* receiver,
                        QueryCompletion* completion) {
  if (next_utility != NULL)
    next_utility(planned, query, read_only, context, parameters, environment, receiver, completion);
  else
    standard_ProcessUtility(planned, query, read_only, context, parameters, environment, receiver,
                            completion);
}

static void on_utility(PlannedStmt* planned, const char* query, bool read_only,
                       ProcessUtilityContext context, ParamListInfo parameters,
                       QueryEnvironment* environment, DestReceiver* receiver,
                       QueryCompletion* completion) {
  Node* statement = planned->utilityStmt;
  // Outside a transaction only BEGIN, COMMIT and the like arrive, and no catalog may be read.
  if (IsA(statement, TransactionStmt) || guard_exempt()) {
    run_utility(planned, query, read_only, context, parameters, environment, receiver, completion);
    return;
  }
  guard_check_statement(statement);

  if (IsA(statement, CreateExtensionStmt) && guard_lends_rights((CreateExtensionStmt*)statement)) {
    char* name = pstrdup(((CreateExtensionStmt*)statement)->extname);
    Oid user;
    int security;
    GetUserIdAndSecContext(&user, &security);
    SetUserIdAndSecContext(BOOTSTRAP_SUPERUSERID, security | SECURITY_LOCAL_USERID_CHANGE);
    PG_TRY();
    {
      run_utility(planned, query, read_only, context, parameters, environment, receiver,
                  completion);
    }
    PG_FINALLY();
    {
      SetUserIdAndSecContext(user, security);
    }
    PG_END_TRY();
    guard_give_extension(name, user);
    return;
  }

  // The statement may be gone once it has run, so what follows is settled before.
  const bool changes_roles = guard_changes_roles(statement);
  run_utility(planned, query, read_only, context, parameters, environment, receiver, completion);
  if (changes_roles) guard_check_memberships();
}

// Functions that reach the server's files with the engine's own rights. Their ACLs already
// leave them to superusers; this holds even where an ACL was changed.
static bool reaches_files(Oid function) {
  switch (function) {
    case F_LO_IMPORT_TEXT:
    case F_LO_IMPORT_TEXT_OID:
    case F_LO_EXPORT:
    case F_PG_STAT_FILE_TEXT:
    case F_PG_STAT_FILE_TEXT_BOOL:
    case F_PG_READ_FILE_TEXT:
    case F_PG_READ_FILE_OLD:
    case F_PG_READ_FILE_TEXT_INT8_INT8:
    case F_PG_READ_FILE_TEXT_INT8_INT8_BOOL:
    case F_PG_READ_BINARY_FILE_TEXT:
    case F_PG_READ_BINARY_FILE_TEXT_INT8_INT8:
    case F_PG_READ_BINARY_FILE_TEXT_INT8_INT8_BOOL:
    case F_PG_LS_DIR_TEXT:
    case F_PG_LS_DIR_TEXT_BOOL_BOOL:
      return true;
    default:
      return false;
  }
}

static void on_object_access(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id,
                             void* argument) {
  if (next_object_access != NULL) next_object_access(access, class_id, object_id, sub_id, argument);
  if (access == OAT_FUNCTION_EXECUTE) {
    if (reaches_files(object_id) && !guard_exempt())
      guard_refuse("reading or writing the server's files (function %u)", object_id);
  } else if (access == OAT_POST_CREATE && class_id == ExtensionRelationId) {
    if (!guard_exempt()) guard_check_new_extension(object_id);
  } else if (class_id == AuthIdRelationId && !guard_exempt()) {
    // The rules have seen the statement; this holds for a wording that they do not know. A
    // master user may alter the service's groups too: ALTER GROUP rds_iam ADD USER.
    if (access == OAT_POST_ALTER && !guard_is_master()) guard_check_target(object_id);
    if (access == OAT_DROP) guard_check_removal(object_id);
  }
}

// Where password verifiers are to be read: a table, and a view of it. pg_read_all_data, which a
// master user may grant, would include them.
static bool holds_verifiers(Oid relation) {
  static Oid view = InvalidOid;
  if (relation == AuthIdRelationId) return true;
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

static bool mentions_password(const char* text) {
  static const char word[] = "password";
  if (text == NULL) return false;
  for (; *text != '\0'; text++)
    if (pg_strncasecmp(text, word, sizeof word - 1) == 0) return true;
  return false;
}

// A failing statement is logged with its text. One that sets a password is logged without.
static void on_log(ErrorData* error) {
  if (next_log != NULL) next_log(error);
  if (mentions_password(debug_query_string)) {
    error->hide_stmt = true;
    error->hide_ctx = true;
  } else if (mentions_password(error->context)) {
    error->hide_ctx = true;
  }
}

void _PG_init(void) {
  if (!process_shared_preload_libraries_in_progress)
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("ringwall_guard must be in shared_preload_libraries")));
  DefineCustomStringVariable("ringwall.master_user", "The master user.", NULL, &guard_master_user,
                             "", PGC_POSTMASTER, GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE, NULL,
                             NULL, NULL);
  if (guard_master_user[0] == '\0')
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("ringwall.master_user must name the master user")));
  next_utility = ProcessUtility_hook;
  ProcessUtility_hook = on_utility;
  next_object_access = object_access_hook;
  object_access_hook = on_object_access;
  next_permissions = ExecutorCheckPerms_hook;
  ExecutorCheckPerms_hook = on_permissions;
  next_log = emit_log_hook;
  emit_log_hook = on_log;
}
