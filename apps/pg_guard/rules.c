// The rules, statement by statement. PostgreSQL's own privileges refuse many of these to a
// role that is no superuser; they are refused here as well, so that no single gap in either
// opens the server.

#include "guard.h"

#include "access/htup_details.h"
#include "catalog/pg_language.h"
#include "commands/defrem.h"
#include "commands/proclang.h"
#include "utils/syscache.h"

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
  guard_check_roles(statement);

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
      check_setting(((AlterRoleSetStmt*)statement)->setstmt);
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
