// The hooks. Each first lets whoever hooked before have its turn, and each refuses by raising.

#include "guard.h"

#include "catalog/objectaccess.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_proc.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"

PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

static ProcessUtility_hook_type next_utility = NULL;
static object_access_hook_type next_object_access = NULL;

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

// CREATE EXTENSION by a master user, as the administrator.
static void run_with_lent_rights(PlannedStmt* planned, const char* query,
                                 ProcessUtilityContext context, ParamListInfo parameters,
                                 QueryEnvironment* environment, DestReceiver* receiver,
                                 QueryCompletion* completion) {
  CreateExtensionStmt* statement = (CreateExtensionStmt*)planned->utilityStmt;
  char* name = pstrdup(statement->extname);
  Oid user;
  int security;
  guard_name_schema(statement);
  GetUserIdAndSecContext(&user, &security);
  guard_lent_to = user;
  SetUserIdAndSecContext(BOOTSTRAP_SUPERUSERID, security | SECURITY_LOCAL_USERID_CHANGE);
  PG_TRY();
  {
    run_utility(planned, query, false, context, parameters, environment, receiver, completion);
  }
  PG_FINALLY();
  {
    SetUserIdAndSecContext(user, security);
    guard_lent_to = InvalidOid;
  }
  PG_END_TRY();
  guard_give_extension(name, user);
}

static void on_utility(PlannedStmt* planned, const char* query, bool read_only,
                       ProcessUtilityContext context, ParamListInfo parameters,
                       QueryEnvironment* environment, DestReceiver* receiver,
                       QueryCompletion* completion) {
  Node* statement = planned->utilityStmt;
  guard_hide_password(statement);
  // Outside a transaction only BEGIN, COMMIT and the like arrive, and no catalog may be read.
  if (IsA(statement, TransactionStmt) || guard_exempt()) {
    run_utility(planned, query, read_only, context, parameters, environment, receiver, completion);
    return;
  }
  guard_check_statement(statement);

  if (IsA(statement, CreateExtensionStmt) && guard_lends_rights((CreateExtensionStmt*)statement)) {
    planned = copyObject(planned);  // it may be a cached plan's, and gets a word more
    run_with_lent_rights(planned, query, context, parameters, environment, receiver, completion);
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
    if (guard_exempt()) return;
    if (reaches_files(object_id))
      guard_refuse("reading or writing the server's files (function %u)", object_id);
    if (guard_in_extension_script()) guard_check_script_calls(object_id);
  } else if (access == OAT_POST_CREATE && class_id == ExtensionRelationId) {
    if (!guard_exempt()) guard_check_new_extension(object_id);
  } else if (class_id == AuthIdRelationId && !guard_exempt()) {
    // The rules have seen the statement; this holds for a wording that they do not know. A
    // master user may alter the service's groups too: ALTER GROUP rds_iam ADD USER.
    if (access == OAT_POST_ALTER && !guard_is_master()) guard_check_target(object_id);
    if (access == OAT_DROP) guard_check_removal(object_id);
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
  guard_keep_secrets();
  guard_tell_signins();
}
