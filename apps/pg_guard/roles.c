// Roles: who stands above whom, and who may change a role or its members.
//
// CREATEROLE in PostgreSQL 15 reaches every role that is no superuser: it gives a master user a
// new password, or makes itself its member. So roles are of three kinds here, by what they lead
// to through any chain of memberships:
//
//   the service's own     rdsadmin, rds_*, pg_*, superusers      changed by nobody
//   above CREATEROLE      the master user of the instance, and members of one of those, at any depth
//                                                                changed by master users and themselves
//   ordinary              all others                             changed as PostgreSQL says
//
// A master user is a member of rds_superuser, at any depth. A role above CREATEROLE is given to
// others, and taken from them, by master users only; and only they change what one of them
// belongs to.

#include "guard.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_auth_members.h"
#include "catalog/pg_authid.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/catcache.h"
#include "utils/inval.h"
#include "utils/rel.h"
#include "utils/syscache.h"

char* guard_master_user = NULL;

// ---- Kinds of roles.

static bool reserved_name(const char* name) {
  return strcmp(name, "rdsadmin") == 0 || strcmp(name, "rds_superuser") == 0 ||
         strcmp(name, "rds_iam") == 0 || strcmp(name, "rds_replication") == 0 ||
         strcmp(name, "rds_password") == 0 || strncmp(name, "pg_", 3) == 0;
}

// The role is the service's own. One that is gone meanwhile is nobody's.
static bool is_service_role(Oid role) {
  char* name = GetUserNameFromId(role, true);
  return (name != NULL && reserved_name(name)) || superuser_arg(role);
}

// The master user of the instance, also while others have taken its rights: a reset of its
// password brings them back, and with them those of whoever has become its member meanwhile.
static bool is_master_user(Oid role) {
  return OidIsValid(role) && role == get_role_oid(guard_master_user, true);
}

// The role is the service's own, the master user, or a member of one, through any chain. The
// catalog is walked, so a role between the two needs to be on no list.
static bool is_above_createrole(Oid role) {
  List* reached = list_make1_oid(role);
  ListCell* cell;
  foreach (cell, reached) {  // grows while it is walked
    if (is_service_role(lfirst_oid(cell)) || is_master_user(lfirst_oid(cell))) return true;
    CatCList* memberships =
        SearchSysCacheList1(AUTHMEMMEMROLE, ObjectIdGetDatum(lfirst_oid(cell)));
    for (int i = 0; i < memberships->n_members; i++) {
      HeapTuple tuple = &memberships->members[i]->tuple;
      reached = list_append_unique_oid(reached, ((Form_pg_auth_members)GETSTRUCT(tuple))->roleid);
    }
    ReleaseSysCacheList(memberships);
  }
  return false;
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

// Of both identities: a function that a master user owns must not lend its caller the place.
bool guard_is_master(void) {
  return member_of_master(GetUserId()) && member_of_master(GetSessionUserId());
}

static bool is_itself(Oid role) {
  return role == GetUserId() && role == GetSessionUserId();
}

static const char* name_of(Oid role) {
  const char* name = GetUserNameFromId(role, true);
  return name != NULL ? name : "?";
}

// ---- What may be done to a role. A role that does not exist is PostgreSQL's to refuse.

static void check_not_service(Oid role) {
  if (OidIsValid(role) && is_service_role(role)) guard_refuse("changing role \"%s\"", name_of(role));
}

// The current user may change the role.
void guard_check_target(Oid role) {
  check_not_service(role);
  if (!OidIsValid(role) || is_itself(role) || guard_is_master()) return;
  if (member_of_master(role))
    guard_refuse("changing role \"%s\", a member of rds_superuser,", name_of(role));
  if (is_above_createrole(role))
    guard_refuse("changing role \"%s\", a member of a role of the service,", name_of(role));
}

// As before, and the role may cease to be known by its name. The master user may not: its name
// is what the service knows it by, and what a reset of its password restores.
void guard_check_removal(Oid role) {
  guard_check_target(role);
  if (is_master_user(role))
    guard_refuse("renaming or dropping the master user \"%s\"", name_of(role));
}

// Membership in the role may be given (or taken) by the current user.
static void check_granted(Oid role, bool is_grant) {
  if (!OidIsValid(role)) return;
  if (forbidden_role(role) && is_grant) guard_refuse("membership in role \"%s\"", name_of(role));
  if (is_above_createrole(role) && !guard_is_master())
    guard_refuse("changing who belongs to role \"%s\"", name_of(role));
}

// What the role belongs to or owns may be changed by the current user.
static void check_member(Oid role) {
  check_not_service(role);
  if (OidIsValid(role) && (member_of_master(role) || is_master_user(role)) && !guard_is_master())
    guard_refuse("changing role \"%s\", a master user,", name_of(role));
}

// Where the master user is missing, its name waits for it.
static void check_new_name(const char* name) {
  if (name != NULL && strcmp(name, guard_master_user) == 0 &&
      !OidIsValid(get_role_oid(name, true)))
    guard_refuse("taking the name of the master user \"%s\"", name);
}

// ---- Statements.

static Oid role_of(const RoleSpec* role) {
  return role == NULL || role->roletype == ROLESPEC_PUBLIC ? InvalidOid
                                                           : get_rolespec_oid(role, true);
}

static void check_each(List* roles, void (*check)(Oid)) {
  ListCell* cell;
  foreach (cell, roles) check(role_of(lfirst_node(RoleSpec, cell)));
}

static void check_grant_role(GrantRoleStmt* statement) {
  ListCell* cell;
  foreach (cell, statement->granted_roles) {
    const AccessPriv* granted = lfirst_node(AccessPriv, cell);
    if (granted->priv_name != NULL)
      check_granted(get_role_oid(granted->priv_name, true), statement->is_grant);
  }
  check_each(statement->grantee_roles, check_member);
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
      check_each((List*)option->arg, check_member);
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
  guard_check_target(role);
}

static void check_default_privileges(AlterDefaultPrivilegesStmt* statement) {
  ListCell* cell;
  foreach (cell, statement->options) {
    const DefElem* option = lfirst_node(DefElem, cell);
    if (strcmp(option->defname, "roles") == 0) check_each((List*)option->arg, check_member);
  }
}

// COMMENT ON ROLE and SECURITY LABEL ON ROLE.
static void check_words_about(ObjectType type, Node* object) {
  if (type == OBJECT_ROLE) guard_check_target(get_role_oid(strVal(object), true));
}

void guard_check_roles(Node* statement) {
  // What other sessions have committed counts from here on, also within a long transaction.
  AcceptInvalidationMessages();
  switch (nodeTag(statement)) {
    case T_GrantRoleStmt:
      check_grant_role((GrantRoleStmt*)statement);
      break;
    case T_CreateRoleStmt:
      check_new_name(((CreateRoleStmt*)statement)->role);
      check_role_options(((CreateRoleStmt*)statement)->options);
      break;
    case T_AlterRoleStmt:
      check_alter_role((AlterRoleStmt*)statement);
      break;
    case T_AlterRoleSetStmt:
      guard_check_target(role_of(((AlterRoleSetStmt*)statement)->role));
      break;
    case T_RenameStmt:
      if (((RenameStmt*)statement)->renameType == OBJECT_ROLE) {
        guard_check_removal(get_role_oid(((RenameStmt*)statement)->subname, true));
        check_new_name(((RenameStmt*)statement)->newname);
      }
      break;
    case T_DropRoleStmt:
      check_each(((DropRoleStmt*)statement)->roles, guard_check_removal);
      break;
    case T_DropOwnedStmt:
      check_each(((DropOwnedStmt*)statement)->roles, check_member);
      break;
    case T_ReassignOwnedStmt:
      check_each(((ReassignOwnedStmt*)statement)->roles, check_member);
      break;
    case T_AlterDefaultPrivilegesStmt:
      check_default_privileges((AlterDefaultPrivilegesStmt*)statement);
      break;
    case T_CommentStmt:
      check_words_about(((CommentStmt*)statement)->objtype, ((CommentStmt*)statement)->object);
      break;
    case T_SecLabelStmt:
      check_words_about(((SecLabelStmt*)statement)->objtype, ((SecLabelStmt*)statement)->object);
      break;
    default:
      break;
  }
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
