// Which extensions may be installed, and how one that PostgreSQL leaves to superusers is.

#include "guard.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/catalog.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_proc.h"
#include "commands/defrem.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

// PostgreSQL itself lets anyone with CREATE on the database install these.
static const char* const trusted[] = {
    "btree_gin",       "btree_gist", "citext",    "cube",      "dict_int", "fuzzystrmatch",
    "hstore",          "intarray",   "isn",       "lo",        "ltree",    "pg_trgm",
    "pgcrypto",        "plpgsql",    "seg",       "tablefunc", "tcn",      "tsm_system_rows",
    "tsm_system_time", "unaccent",   "uuid-ossp",
};

// These PostgreSQL leaves to superusers. Their scripts make functions and views only, and the
// functions reach no file and no other server, so members of rds_superuser may install them.
static const char* const lent[] = {
    "amcheck",       "pg_buffercache", "pg_freespacemap", "pg_prewarm", "pg_stat_statements",
    "pg_visibility", "pgrowlocks",     "pgstattuple",     "sslinfo",
};

static bool listed(const char* name, const char* const* list, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(name, list[i]) == 0) return true;
  return false;
}

void guard_check_extension_name(const char* name) {
  if (!listed(name, trusted, lengthof(trusted)) && !listed(name, lent, lengthof(lent)))
    guard_refuse("extension \"%s\"", name);
}

Oid guard_lent_to = InvalidOid;

bool guard_in_extension_script(void) {
  // Every extension was checked when its row was made, before its script began.
  return creating_extension && GetUserId() == BOOTSTRAP_SUPERUSERID;
}

// PostgreSQL looks at no privilege here, since a script mostly runs as a superuser: what it makes
// in pg_catalog, say, would come before everybody's own.
static void check_schema(Oid schema) {
  const Oid user = OidIsValid(guard_lent_to) ? guard_lent_to : GetUserId();
  if (IsCatalogNamespace(schema) || IsToastNamespace(schema) || isAnyTempNamespace(schema) ||
      schema == get_namespace_oid("information_schema", true))
    guard_refuse("an extension in a schema of the server");
  if (pg_namespace_aclcheck(schema, user, ACL_CREATE) != ACLCHECK_OK)
    guard_refuse("an extension without CREATE on its schema");
}

void guard_check_new_extension(Oid extension) {
  ScanKeyData key;
  Relation relation = table_open(ExtensionRelationId, AccessShareLock);
  ScanKeyInit(&key, Anum_pg_extension_oid, BTEqualStrategyNumber, F_OIDEQ,
              ObjectIdGetDatum(extension));
  SysScanDesc scan = systable_beginscan(relation, ExtensionOidIndexId, true, SnapshotSelf, 1, &key);
  HeapTuple tuple = systable_getnext(scan);
  if (!HeapTupleIsValid(tuple)) guard_refuse("extension %u, which cannot be read,", extension);
  guard_check_extension_name(NameStr(((Form_pg_extension)GETSTRUCT(tuple))->extname));
  check_schema(((Form_pg_extension)GETSTRUCT(tuple))->extnamespace);
  systable_endscan(scan);
  table_close(relation, AccessShareLock);
}

// What is neither PostgreSQL's own nor an extension's is a user's, and a script that meets it has
// been led astray: by an operator that fits better, say, in the schema that it installs into.
void guard_check_script_calls(Oid function) {
  if (function >= FirstNormalObjectId &&
      !OidIsValid(getExtensionOfObject(ProcedureRelationId, function)))
    guard_refuse("calling function \"%s\" in an extension's script", get_func_name(function));
}

bool guard_lends_rights(CreateExtensionStmt* statement) {
  ListCell* cell;
  if (!listed(statement->extname, lent, lengthof(lent))) return false;
  if (OidIsValid(get_extension_oid(statement->extname, true))) return false;
  if (!guard_is_master())
    guard_refuse("extension \"%s\" to others than members of rds_superuser", statement->extname);

  // With lent rights PostgreSQL asks for none, so what it would ask for is asked for here.
  if (pg_database_aclcheck(MyDatabaseId, GetUserId(), ACL_CREATE) != ACLCHECK_OK)
    guard_refuse("an extension without CREATE on the database");
  foreach (cell, statement->options) {
    DefElem* option = lfirst_node(DefElem, cell);
    if (strcmp(option->defname, "cascade") == 0 && defGetBoolean(option))
      guard_refuse("CASCADE for extension \"%s\"", statement->extname);
  }
  return true;
}

void guard_name_schema(CreateExtensionStmt* statement) {
  ListCell* cell;
  foreach (cell, statement->options)
    if (strcmp(lfirst_node(DefElem, cell)->defname, "schema") == 0) return;
  List* path = fetch_search_path(false);
  char* schema = path == NIL ? NULL : get_namespace_name(linitial_oid(path));
  if (schema == NULL)
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_SCHEMA),
                    errmsg("no schema has been selected to create in")));
  statement->options =
      lappend(statement->options, makeDefElem("schema", (Node*)makeString(schema), -1));
}

void guard_give_extension(const char* name, Oid user) {
  CommandCounterIncrement();
  const Oid extension = get_extension_oid(name, false);
  ScanKeyData key;
  Relation relation = table_open(ExtensionRelationId, RowExclusiveLock);
  ScanKeyInit(&key, Anum_pg_extension_oid, BTEqualStrategyNumber, F_OIDEQ,
              ObjectIdGetDatum(extension));
  SysScanDesc scan = systable_beginscan(relation, ExtensionOidIndexId, true, NULL, 1, &key);
  HeapTuple tuple = heap_copytuple(systable_getnext(scan));
  if (!HeapTupleIsValid(tuple)) elog(ERROR, "extension %u vanished", extension);
  ((Form_pg_extension)GETSTRUCT(tuple))->extowner = user;
  CatalogTupleUpdate(relation, &tuple->t_self, tuple);
  systable_endscan(scan);
  changeDependencyOnOwner(ExtensionRelationId, extension, user);
  table_close(relation, RowExclusiveLock);
}
