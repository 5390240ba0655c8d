/*
 * A seccomp agent: listens on SOCKET, takes one listener, prints the message that it came with, and then a line for
 * every call that it is asked about. mkdir and mkdirat fail with ERRNO; all others are let through.
 *
 *   seccomp-agent SOCKET ERRNO
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static int take(int connection) {
  static char text[1 << 20], control[256];
  struct iovec vector = {text, sizeof text - 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t length = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (length <= 0 || !header || header->cmsg_type != SCM_RIGHTS) exit(3);
  char rest;
  ssize_t more = read(connection, &rest, 1);
  printf("%.*s\n%s\n", (int)length, text, more == 0 ? "closed" : "not closed");
  int listener;
  memcpy(&listener, CMSG_DATA(header), sizeof listener);
  return listener;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  setvbuf(stdout, 0, _IONBF, 0);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
  int socket_fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(socket_fd, (struct sockaddr *)&address, sizeof address) || listen(socket_fd, 8)) return 4;
  printf("ready\n");
  int listener = take(accept(socket_fd, 0, 0));
  for (;;) {
    struct seccomp_notif request = {0};
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request)) {
      if (errno == EINTR) continue;
      break;
    }
    int number = request.data.nr, refused = number == SYS_mkdir || number == SYS_mkdirat;
    printf("call %d\n", number);
    struct seccomp_notif_resp response = {.id = request.id};
    if (refused) response.error = -atoi(argv[2]);
    else response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
  }
  return 0;
}
