#pragma once
/*
 * How an engine's sign-in module asks the server whether a user may sign in: one request and
 * one reply over the unix socket `auth.sock`, then both close. C, because the PAM module is.
 * By the same socket the guard tells of sign-ins that the engine judged: one notice, no reply.
 *
 *   request   version (1 byte) | user length (1) | token length (2, big-endian) | origin length (1)
 *             | user | token | origin
 *   reply     version (1 byte) | verdict (1) | reason length (1) | reason
 *   notice    notice version (1 byte) | verdict (1) | user length (1) | database length (1)
 *             | origin length (1) | TLS length (1) | user | database | origin | TLS
 *
 * A request or notice is exactly as long as its header says and no field holds a zero byte. The
 * user and the token are not empty; the origin (the client's address as the engine saw it) may
 * be. The only verdict that admits is RW_SIGNIN_ALLOW; a reply that is short, long or of another
 * version denies.
 */
#define RW_SIGNIN_VERSION 1
#define RW_SIGNIN_NOTICE_VERSION 2
#define RW_SIGNIN_DENY 0
#define RW_SIGNIN_ALLOW 1

#define RW_SIGNIN_REQUEST_HEADER_BYTES 5
#define RW_SIGNIN_REPLY_HEADER_BYTES 3
#define RW_SIGNIN_USER_BYTES_MAX 255
#define RW_SIGNIN_TOKEN_BYTES_MAX 8192
#define RW_SIGNIN_ORIGIN_BYTES_MAX 255
#define RW_SIGNIN_REASON_BYTES_MAX 255
#define RW_SIGNIN_REQUEST_BYTES_MAX                                                        \
  (RW_SIGNIN_REQUEST_HEADER_BYTES + RW_SIGNIN_USER_BYTES_MAX + RW_SIGNIN_TOKEN_BYTES_MAX + \
   RW_SIGNIN_ORIGIN_BYTES_MAX)
#define RW_SIGNIN_NOTICE_HEADER_BYTES 6
#define RW_SIGNIN_NOTICE_FIELD_BYTES_MAX 255
#define RW_SIGNIN_NOTICE_BYTES_MAX \
  (RW_SIGNIN_NOTICE_HEADER_BYTES + 4 * RW_SIGNIN_NOTICE_FIELD_BYTES_MAX)
#define RW_SIGNIN_REPLY_BYTES_MAX (RW_SIGNIN_REPLY_HEADER_BYTES + RW_SIGNIN_REASON_BYTES_MAX)
