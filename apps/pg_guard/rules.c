// The rules, statement by statement. PostgreSQL's own privileges refuse many of these to a
// role that is no superuser; they are refused here as well, so that no single gap in either
// opens the server.

#include "guard.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_auth_members.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "commands/defrem.h"
#include "commands/proclang.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/rel.h"
#include "utils/syscache.h"

// ---- Roles.

// Roles that are the service's: no one may alter, drop, rename or empty them.
static bool reserved_name(const char* name) {
  return strcmp(name, "rdsadmin") == 0 || strcmp(name, "rds_superuser") == 0 ||
         strcmp(name, "rds_iam") == 0 || strcmp(name, "rds_replication") == 0 ||
         strcmp(name, "rds_password") == 0 || strncmp(name, "pg_", 3) == 0;
}

// Roles that nobody may belong to: membership reaches the server's files or programs.
static bool forbidden_role(Oid role) {
  return role == ROLE_PG_EXECUTE_SERVER_PROGRAM || role == ROLE_PG_READ_SERVER_FILES ||
         role == ROLE_PG_WRITE_SERVER_FILES || superuser_arg(role);
}

static bool member_of_master(Oid role) {
  const Oid master = get_role_oid("rds_superuser", true);
  return OidIsValid(master) && is_member_of_role_nosuper(role, master);
}

bool guard_is_master(void) {
  return member_of_master(GetUserId()) && member_of_master(GetSessionUserId());
}

// The role may be changed by the current user: it is not the service's, and the members of
// rds_superuser are changed only by one another (CREATEROLE alone would let anyone who has it
// give one of them a new password).
static void check_target(Oid role) {
  if (!OidIsValid(role)) return;  // PostgreSQL says that it does not exist
  char* name = GetUserNameFromId(role, true);
  if (name != NULL && reserved_name(name)) guard_refuse("changing role \"%s\"", name);
  if (superuser_arg(role)) guard_refuse("changing a superuser");
  if (role != GetUserId() && member_of_master(role) && !guard_is_master())
    guard_refuse("changing role \"%s\", a member of rds_superuser,", name != NULL ? name : "?");
}

static Oid role_of(const RoleSpec* role) {
  return role == NULL || role->roletype == ROLESPEC_PUBLIC ? InvalidOid
                                                           : get_rolespec_oid(role, true);
}

static void check_targets(List* roles) {
  ListCell* cell;
  foreach (cell, roles) check_target(role_of(lfirst_node(RoleSpec, cell)));
}

// Membership in the role may be given (or taken) by the current user.
static void check_granted(Oid role, bool is_grant) {
  if (!OidIsValid(role)) return;
  char* name = GetUserNameFromId(role, true);
  if (name == NULL) return;
  if (forbidden_role(role) && is_grant) guard_refuse("membership in role \"%s\"", name);
  // rds_iam only chooses how a role signs in, so whoever may make roles may grant it.
  if (reserved_name(name) && strcmp(name, "rds_iam") != 0 && !guard_is_master())
    guard_refuse("changing who belongs to role \"%s\"", name);
}

static void check_members(List* roles) {
  ListCell* cell;
  foreach (cell, roles) {
    const Oid role = role_of(lfirst_node(RoleSpec, cell));
    char* name = OidIsValid(role) ? GetUserNameFromId(role, true) : NULL;
    if (name != NULL && reserved_name(name)) guard_refuse("changing role \"%s\"", name);
  }
}

static void check_grant_role(GrantRoleStmt* statement) {
  ListCell* cell;
  foreach (cell, statement->granted_roles) {
    const AccessPriv* granted = lfirst_node(AccessPriv, cell);
    if (granted->priv_name != NULL)
      check_granted(get_role_oid(granted->priv_name, true), statement->is_grant);
  }
  check_members(statement->grantee_roles);
}

static void check_role_options(List* options) {
  ListCell* cell;
  foreach (cell, options) {
    DefElem* option = lfirst_node(DefElem, cell);
    const char* name = option->defname;
    if (strcmp(name, "superuser") == 0 || strcmp(name, "isreplication") == 0 ||
        strcmp(name, "bypassrls") == 0) {
      if (option->arg != NULL && defGetBoolean(option)) guard_refuse("role attribute %s", name);
    } else if (strcmp(name, "addroleto") == 0) {
      ListCell* role;
      foreach (role, (List*)option->arg) check_granted(role_of(lfirst_node(RoleSpec, role)), true);
    } else if (strcmp(name, "rolemembers") == 0 || strcmp(name, "adminmembers") == 0) {
      check_members((List*)option->arg);
    }
  }
}

static void check_alter_role(AlterRoleStmt* statement) {
  const Oid role = role_of(statement->role);
  ListCell* cell;
  check_role_options(statement->options);
  foreach (cell, statement->options) {
    // ALTER GROUP … ADD USER says GRANT in other words.
    if (strcmp(lfirst_node(DefElem, cell)->defname, "rolemembers") == 0) {
      check_granted(role, statement->action > 0);
      return;
    }
  }
  check_target(role);
}

bool guard_changes_roles(Node* statement) {
  switch (nodeTag(statement)) {
    case T_GrantRoleStmt:
    case T_CreateRoleStmt:
    case T_AlterRoleStmt:
      return true;
    default:
      return false;
  }
}

void guard_check_memberships(void) {
  CommandCounterIncrement();
  Relation relation = table_open(AuthMemRelationId, AccessShareLock);
  SysScanDesc scan = systable_beginscan(relation, InvalidOid, false, NULL, 0, NULL);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    const Form_pg_auth_members membership = (Form_pg_auth_members)GETSTRUCT(tuple);
    if (forbidden_role(membership->roleid) && !superuser_arg(membership->member))
      guard_refuse("membership in role \"%s\"", GetUserNameFromId(membership->roleid, false));
  }
  systable_endscan(scan);
  table_close(relation, AccessShareLock);
}

// ---- Settings and code.

// Settings that load code into the server.
static void check_setting(const VariableSetStmt* setting) {
  static const char* const loading[] = {"shared_preload_libraries", "session_preload_libraries",
                                        "local_preload_libraries", "dynamic_library_path",
                                        "jit_provider"};
  if (setting == NULL || setting->name == NULL) return;
  for (size_t i = 0; i < lengthof(loading); i++)
    if (pg_strcasecmp(setting->name, loading[i]) == 0) guard_refuse("setting %s", loading[i]);
}

static bool language_trusted(const char* name, Oid* language) {
  bool is_trusted = false;
  *language = get_language_oid(name, true);
  if (!OidIsValid(*language)) return true;  // PostgreSQL says that it does not exist
  HeapTuple tuple = SearchSysCache1(LANGOID, ObjectIdGetDatum(*language));
  if (HeapTupleIsValid(tuple)) {
    is_trusted = ((Form_pg_language)GETSTRUCT(tuple))->lanpltrusted;
    ReleaseSysCache(tuple);
  }
  return is_trusted;
}

// An extension's script may name only a library installed with PostgreSQL.
static bool installed_library(List* definition) {
  static const char folder[] = "$libdir/";
  if (definition == NIL || !IsA(linitial(definition), String)) return false;
  const char* library = strVal(linitial(definition));
  return strncmp(library, folder, sizeof folder - 1) == 0 &&
         strchr(library + sizeof folder - 1, '/') == NULL;
}

static void check_function(List* options) {
  const char* language = NULL;
  List* definition = NIL;
  ListCell* cell;
  foreach (cell, options) {
    DefElem* option = lfirst_node(DefElem, cell);
    if (strcmp(option->defname, "language") == 0) language = strVal(option->arg);
    if (strcmp(option->defname, "as") == 0) definition = (List*)option->arg;
    if (strcmp(option->defname, "set") == 0) check_setting((VariableSetStmt*)option->arg);
  }
  Oid oid;
  if (language == NULL || language_trusted(language, &oid)) return;
  if (!guard_in_extension_script()) guard_refuse("language \"%s\"", language);
  if (oid == ClanguageId && !installed_library(definition))
    guard_refuse("a library outside the server's own folder");
}

static void check_do(DoStmt* statement) {
  ListCell* cell;
  foreach (cell, statement->args) {
    DefElem* option = lfirst_node(DefElem, cell);
    Oid oid;
    if (strcmp(option->defname, "language") == 0 && !language_trusted(strVal(option->arg), &oid))
      guard_refuse("language \"%s\"", strVal(option->arg));
  }
}

static void check_copy(CopyStmt* statement) {
  if (statement->is_program) guard_refuse("COPY with PROGRAM");
  if (statement->filename != NULL)
    guard_refuse("COPY with a file of the server (use STDIN or STDOUT)");
}

// What no statement of a user needs, or only a superuser's does. NULL: nothing of the kind.
static const char* server_matter(Node* statement) {
  switch (nodeTag(statement)) {
    case T_AlterSystemStmt:
      return "ALTER SYSTEM";
    case T_LoadStmt:
      return "LOAD";
    case T_CreateTableSpaceStmt:
      return "CREATE TABLESPACE";
    case T_DropTableSpaceStmt:
      return "DROP TABLESPACE";
    case T_AlterTableSpaceOptionsStmt:
      return "ALTER TABLESPACE";
    case T_CreateSubscriptionStmt:
      return "CREATE SUBSCRIPTION";
    case T_AlterSubscriptionStmt:
      return "ALTER SUBSCRIPTION";
    case T_CreateEventTrigStmt:
      return "CREATE EVENT TRIGGER";
    case T_AlterEventTrigStmt:
      return "ALTER EVENT TRIGGER";
    case T_GrantStmt:
      return ((GrantStmt*)statement)->objtype == OBJECT_PARAMETER_ACL ? "GRANT ON PARAMETER" : NULL;
    default:
      return NULL;
  }
}

// What defines code for the server's core: for the scripts of permitted extensions only.
static const char* core_matter(Node* statement) {
  switch (nodeTag(statement)) {
    case T_AlterExtensionContentsStmt:
      return "ALTER EXTENSION ADD or DROP";
    case T_CreatePLangStmt:
      return "CREATE LANGUAGE";
    case T_CreateFdwStmt:
      return "CREATE FOREIGN DATA WRAPPER";
    case T_AlterFdwStmt:
      return "ALTER FOREIGN DATA WRAPPER";
    case T_CreateAmStmt:
      return "CREATE ACCESS METHOD";
    case T_CreateTransformStmt:
      return "CREATE TRANSFORM";
    default:
      return NULL;
  }
}

void guard_check_statement(Node* statement) {
  const char* matter = server_matter(statement);
  if (matter == NULL && !guard_in_extension_script()) matter = core_matter(statement);
  if (matter != NULL) guard_refuse("%s", matter);

  switch (nodeTag(statement)) {
    case T_CopyStmt:
      check_copy((CopyStmt*)statement);
      break;
    case T_DoStmt:
      check_do((DoStmt*)statement);
      break;
    case T_CreateFunctionStmt:
      check_function(((CreateFunctionStmt*)statement)->options);
      break;
    case T_AlterFunctionStmt:
      check_function(((AlterFunctionStmt*)statement)->actions);
      break;
    case T_VariableSetStmt:
      check_setting((VariableSetStmt*)statement);
      break;
    case T_AlterDatabaseSetStmt:
      check_setting(((AlterDatabaseSetStmt*)statement)->setstmt);
      break;
    case T_AlterRoleSetStmt:
      check_target(role_of(((AlterRoleSetStmt*)statement)->role));
      check_setting(((AlterRoleSetStmt*)statement)->setstmt);
      break;
    case T_GrantRoleStmt:
      check_grant_role((GrantRoleStmt*)statement);
      break;
    case T_CreateRoleStmt:
      check_role_options(((CreateRoleStmt*)statement)->options);
      break;
    case T_AlterRoleStmt:
      check_alter_role((AlterRoleStmt*)statement);
      break;
    case T_DropRoleStmt:
      check_targets(((DropRoleStmt*)statement)->roles);
      break;
    case T_DropOwnedStmt:
      check_members(((DropOwnedStmt*)statement)->roles);
      break;
    case T_ReassignOwnedStmt:
      check_members(((ReassignOwnedStmt*)statement)->roles);
      break;
    case T_RenameStmt:
      if (((RenameStmt*)statement)->renameType == OBJECT_ROLE)
        check_target(get_role_oid(((RenameStmt*)statement)->subname, true));
      break;
    case T_CreateExtensionStmt:
      guard_check_extension_name(((CreateExtensionStmt*)statement)->extname);
      break;
    case T_AlterExtensionStmt:
      guard_check_extension_name(((AlterExtensionStmt*)statement)->extname);
      break;
    default:
      break;
  }
}
