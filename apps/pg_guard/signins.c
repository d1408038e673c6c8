// Sign-ins by password, which PostgreSQL judges by itself: the server is told of each, for its
// audit log. Sign-ins by token are not told here, because the sign-in module asks the server.

#include "guard.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// Its headers would include GSSAPI's for the type of one pointer; without GSSAPI the struct has a
// pointer in the same place, as libpq-be.h promises.
#undef ENABLE_GSS
#include "libpq/auth.h"
#include "libpq/hba.h"
#include "libpq/libpq-be.h"

#include "engine/signin_wire.h"

static ClientAuthentication_hook_type next_authentication = NULL;

static const char socket_path[] = "/run/ringwall/auth.sock";

// Appends a field to the frame and its length to the header; cuts what is longer than any name.
static size_t append(uint8_t* frame, size_t filled, size_t header, const char* field) {
  const size_t length = field == NULL ? 0 : strnlen(field, RW_SIGNIN_NOTICE_FIELD_BYTES_MAX);
  frame[header] = (uint8_t)length;
  if (length > 0) memcpy(frame + filled, field, length);
  return filled + length;
}

// Nothing waits: a unix socket connects at once or not at all, and its buffer holds a notice.
static bool send_notice(const uint8_t* frame, size_t length) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, socket_path, sizeof socket_path);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  const bool sent = connect(fd, (const struct sockaddr*)&address, sizeof address) == 0 &&
                    send(fd, frame, length, MSG_NOSIGNAL) == (ssize_t)length;
  close(fd);
  return sent;
}

static void on_authentication(Port* port, int status) {
  if (next_authentication != NULL) next_authentication(port, status);
  // The administrator comes by unix socket; a client that hung up has not tried to sign in.
  if (port->raddr.addr.ss_family == AF_UNIX || status == STATUS_EOF) return;
  if (port->hba == NULL || port->hba->auth_method == uaPAM) return;
  uint8_t frame[RW_SIGNIN_NOTICE_BYTES_MAX];
  frame[0] = RW_SIGNIN_NOTICE_VERSION;
  frame[1] = status == STATUS_OK ? RW_SIGNIN_ALLOW : RW_SIGNIN_DENY;
  size_t filled = RW_SIGNIN_NOTICE_HEADER_BYTES;
  filled = append(frame, filled, 2, port->user_name);
  filled = append(frame, filled, 3, port->database_name);
  filled = append(frame, filled, 4, port->remote_host);
  filled = append(frame, filled, 5, port->ssl_in_use ? be_tls_get_version(port) : NULL);
  if (!send_notice(frame, filled)) ereport(LOG, (errmsg("the server does not hear of this sign-in")));
}

void guard_tell_signins(void) {
  next_authentication = ClientAuthentication_hook;
  ClientAuthentication_hook = on_authentication;
}
