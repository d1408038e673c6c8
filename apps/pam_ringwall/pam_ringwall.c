// Asks the server whether the user may sign in with what it gave as its password: a token of
// `aws rds generate-db-auth-token`. The module judges nothing itself, and whatever goes wrong
// denies. The protocol is described in engine/signin_wire.h.
//
// The token is taken from the conversation directly: pam_get_authtok would keep a copy in the
// PAM handle, and its length is not ours to trust to anyone.

#include <errno.h>
#include <poll.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "engine/signin_wire.h"

#define EXPORT __attribute__((visibility("default")))

static const int patience_ms = 5000;
static const char signed_in[] = "ringwall_signed_in";

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Waits until `fd` is ready for `events`; 0 when the deadline has passed.
static int ready(int fd, short events, int64_t deadline_ms) {
  for (;;) {
    const int64_t left = deadline_ms - now_ms();
    struct pollfd one = {.fd = fd, .events = events, .revents = 0};
    if (left <= 0) return 0;
    const int polled = poll(&one, 1, (int)left);
    if (polled > 0) return 1;
    if (polled < 0 && errno != EINTR) return 0;
  }
}

// A connected socket, or -1.
static int connect_to(const char* path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) return -1;
  strcpy(address.sun_path, path);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  // A unix socket connects at once or not at all: a full backlog denies.
  if (connect(fd, (const struct sockaddr*)&address, sizeof address) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

static int send_all(int fd, const uint8_t* bytes, size_t length, int64_t deadline_ms) {
  while (length > 0) {
    const ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
    if (sent > 0) {
      bytes += sent;
      length -= (size_t)sent;
    } else if (sent == 0 || (errno != EAGAIN && errno != EINTR) ||
               !ready(fd, POLLOUT, deadline_ms)) {
      return 0;
    }
  }
  return 1;
}

// Reads to the end of the stream; the length, or -1 when that is not reached in time.
static int receive_all(int fd, uint8_t* bytes, size_t size, int64_t deadline_ms) {
  size_t filled = 0;
  while (filled < size) {
    if (!ready(fd, POLLIN, deadline_ms)) return -1;
    const ssize_t got = recv(fd, bytes + filled, size - filled, 0);
    if (got == 0) return (int)filled;
    if (got > 0)
      filled += (size_t)got;
    else if (errno != EAGAIN && errno != EINTR)
      return -1;
  }
  return -1;  // longer than any reply
}

// The request's length; 0 when a field does not fit.
static size_t write_request(uint8_t* frame, const char* user, const char* token,
                            const char* origin) {
  const size_t user_length = strlen(user), token_length = strlen(token);
  const size_t origin_length = strlen(origin);
  if (user_length == 0 || user_length > RW_SIGNIN_USER_BYTES_MAX || token_length == 0 ||
      token_length > RW_SIGNIN_TOKEN_BYTES_MAX || origin_length > RW_SIGNIN_ORIGIN_BYTES_MAX)
    return 0;
  frame[0] = RW_SIGNIN_VERSION;
  frame[1] = (uint8_t)user_length;
  frame[2] = (uint8_t)(token_length >> 8);
  frame[3] = (uint8_t)(token_length & 0xff);
  frame[4] = (uint8_t)origin_length;
  uint8_t* field = frame + RW_SIGNIN_REQUEST_HEADER_BYTES;
  memcpy(field, user, user_length);
  memcpy(field + user_length, token, token_length);
  memcpy(field + user_length + token_length, origin, origin_length);
  return RW_SIGNIN_REQUEST_HEADER_BYTES + user_length + token_length + origin_length;
}

// Asks and reads the verdict; `reason` receives the server's words.
static int ask(const char* path, const uint8_t* request, size_t length,
               char reason[RW_SIGNIN_REASON_BYTES_MAX + 1]) {
  uint8_t reply[RW_SIGNIN_REPLY_BYTES_MAX + 1];
  const int64_t deadline_ms = now_ms() + patience_ms;
  const int fd = connect_to(path);
  strcpy(reason, "the server does not answer");
  if (fd < 0) return PAM_AUTHINFO_UNAVAIL;
  int got = -1;
  if (send_all(fd, request, length, deadline_ms))
    got = receive_all(fd, reply, sizeof reply, deadline_ms);
  close(fd);
  if (got < RW_SIGNIN_REPLY_HEADER_BYTES || reply[0] != RW_SIGNIN_VERSION ||
      got != RW_SIGNIN_REPLY_HEADER_BYTES + reply[2])
    return PAM_AUTHINFO_UNAVAIL;
  memcpy(reason, reply + RW_SIGNIN_REPLY_HEADER_BYTES, reply[2]);
  reason[reply[2]] = '\0';
  return reply[1] == RW_SIGNIN_ALLOW ? PAM_SUCCESS : PAM_AUTH_ERR;
}

// What the application has as the password, to be wiped and freed; NULL when it has none.
static char* converse(pam_handle_t* handle) {
  const void* item = NULL;
  if (pam_get_item(handle, PAM_CONV, &item) != PAM_SUCCESS || item == NULL) return NULL;
  const struct pam_conv* conversation = item;
  const struct pam_message message = {.msg_style = PAM_PROMPT_ECHO_OFF, .msg = "Token: "};
  const struct pam_message* messages[] = {&message};
  struct pam_response* response = NULL;
  if (conversation->conv(1, messages, &response, conversation->appdata_ptr) != PAM_SUCCESS ||
      response == NULL)
    return NULL;
  char* token = response->resp;
  free(response);
  return token;
}

static const char* option(int count, const char** arguments, const char* name,
                          const char* otherwise) {
  const size_t length = strlen(name);
  for (int i = 0; i < count; i++)
    if (strncmp(arguments[i], name, length) == 0) return arguments[i] + length;
  return otherwise;
}

EXPORT int pam_sm_authenticate(pam_handle_t* handle, int flags, int count, const char** arguments) {
  (void)flags;
  const char* user = NULL;
  const void* origin = NULL;
  uint8_t request[RW_SIGNIN_REQUEST_BYTES_MAX];
  char reason[RW_SIGNIN_REASON_BYTES_MAX + 1];
  if (pam_get_user(handle, &user, NULL) != PAM_SUCCESS || user == NULL) return PAM_AUTH_ERR;
  if (pam_get_item(handle, PAM_RHOST, &origin) != PAM_SUCCESS || origin == NULL) origin = "";
  char* token = converse(handle);
  if (token == NULL) return PAM_AUTH_ERR;
  // What is longer than any token is refused by the server, which records it, and not sent whole.
  const char* sent = strlen(token) > RW_SIGNIN_TOKEN_BYTES_MAX ? "(too long)" : token;
  const size_t length = write_request(request, user, sent, origin);
  explicit_bzero(token, strlen(token));
  free(token);
  if (length == 0) {
    pam_syslog(handle, LOG_NOTICE, "sign-in refused: a field is empty or too long");
    return PAM_AUTH_ERR;
  }

  int verdict =
      ask(option(count, arguments, "socket=", "/run/ringwall/auth.sock"), request, length, reason);
  explicit_bzero(request, length);
  if (verdict != PAM_SUCCESS)
    pam_syslog(handle, LOG_NOTICE, "sign-in of `%s` refused: %s", user, reason);
  else
    verdict = pam_set_data(handle, signed_in, (void*)signed_in, NULL);
  return verdict;
}

EXPORT int pam_sm_acct_mgmt(pam_handle_t* handle, int flags, int count, const char** arguments) {
  (void)flags, (void)count, (void)arguments;
  const void* data = NULL;
  return pam_get_data(handle, signed_in, &data) == PAM_SUCCESS && data == signed_in ? PAM_SUCCESS
                                                                                    : PAM_AUTH_ERR;
}

EXPORT int pam_sm_setcred(pam_handle_t* handle, int flags, int count, const char** arguments) {
  (void)handle, (void)flags, (void)count, (void)arguments;
  return PAM_SUCCESS;
}
