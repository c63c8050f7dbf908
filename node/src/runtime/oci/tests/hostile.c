/* One program for all tests: its first argument after UNIT UNITS says what to try. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int put(const char *path) {
  int file = open(path, O_CREAT | O_WRONLY, 0644);
  if (file < 0) return errno;
  return write(file, "x", 1) == 1 ? 0 : errno;
}

int main(int count, char **words) {
  const char *what = count > 3 ? words[3] : "";
  char input[4096];
  size_t length = fread(input, 1, sizeof input, stdin);
  if (!strcmp(what, "exit")) {
    fprintf(stderr, "giving up");
    return 7;
  }
  if (!strcmp(what, "spin"))
    for (;;) pause();
  if (!strcmp(what, "flood"))
    for (;;) fwrite(input, 1, sizeof input, stdout);
  if (!strcmp(what, "memory"))
    for (;;) {
      char *block = malloc(1 << 20);
      if (block) memset(block, 1, 1 << 20);
    }
  if (!strcmp(what, "fork")) {
    int children = 0;
    while (children < 100000) {
      int child = fork();
      if (child < 0) break;
      if (child == 0) for (;;) pause();
      children++;
    }
    printf("%d", children);
    return 0;
  }
  if (!strcmp(what, "walls")) {
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(53)};
    inet_pton(AF_INET, "192.0.2.1", &there.sin_addr);
    int wire = socket(AF_INET, SOCK_STREAM, 0);
    int reached = connect(wire, (struct sockaddr *)&there, sizeof there) == 0 ? 0 : errno;
    char name[64] = "";
    gethostname(name, sizeof name);
    printf("connect %s, root %s, etc %s, tmp %s, setuid %s, user %d, host %s", strerror(reached), strerror(put("/x")),
           strerror(put("/etc/x")), put("/tmp/x") ? "refused" : "fine", setuid(0) ? "refused" : "fine", getuid(), name);
    return 0;
  }
  printf("%s of %s: %zu bytes of input, %.*s", words[1], words[2], length, (int)length, input);
  return 0;
}
