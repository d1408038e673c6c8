#pragma once
// What the files of the guard share. The guard is loaded into every PostgreSQL that Ringwall
// starts; see README.md for what it closes and why that cannot be left to privileges.

#include "postgres.h"

#include "nodes/parsenodes.h"

// True only for the administrator itself: the bootstrap superuser, as the identity that signed
// in, that the session has, and that runs now. SET ROLE, a SECURITY DEFINER function and an
// extension's script change the last only, so none of them lifts a rule.
bool guard_exempt(void);

// Raises SQLSTATE 42501; `format` names the refused thing.
void guard_refuse(const char* format, ...) pg_attribute_noreturn() pg_attribute_printf(1, 2);

// Raises unless `statement` is allowed to the current, not exempt, user.
void guard_check_statement(Node* statement);

// The name of the master user, from the command line; the library does not load without it.
extern char* guard_master_user;

// Raises unless what `statement` does to roles and their members is the current user's to do.
void guard_check_roles(Node* statement);
// The same of one role that is changed, or that loses its name, however that was said.
void guard_check_target(Oid role);
void guard_check_removal(Oid role);

// True for statements after which guard_check_memberships must hold.
bool guard_changes_roles(Node* statement);
// Raises when anyone has become a member of a role that nobody may have. It looks at the
// outcome, so it holds even for a way of saying GRANT that the statement rules do not know.
void guard_check_memberships(void);

// Whether the current user is a master user: it and the session's belong to rds_superuser.
bool guard_is_master(void);

// True inside the script of an extension that may be installed.
bool guard_in_extension_script(void);
void guard_check_extension_name(const char* name);
// Raises when the extension just made (its row not yet visible) may not be installed, or not in
// its schema: those that CASCADE brings in never pass through a statement.
void guard_check_new_extension(Oid extension);
// Raises when a script, which runs as a superuser, is about to call a user's function.
void guard_check_script_calls(Oid function);
// True when the statement makes an extension for whose script superuser rights are lent.
bool guard_lends_rights(CreateExtensionStmt* statement);
// Says in the statement which schema is meant: the current user's choice, before rights are lent.
void guard_name_schema(CreateExtensionStmt* statement);
// Whom rights are lent to while they are.
extern Oid guard_lent_to;
// Makes the extension that `user` now owns, as for one that PostgreSQL itself calls trusted.
void guard_give_extension(const char* name, Oid user);

// Puts the hook in place that tells the server of sign-ins by password.
void guard_tell_signins(void);

// Puts the hooks in place that keep password verifiers from everyone but the administrator.
void guard_keep_secrets(void);
// A statement that sets a password is not shown as what the session does.
void guard_hide_password(Node* statement);
