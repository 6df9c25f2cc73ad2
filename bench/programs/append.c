/* The limit of a journal: COUNT times 200 bytes appended to FOLDER/journal with write and fdatasync. Prints ns. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv) {
  char path[4096], record[200];
  if (argc < 3) return 2;
  int count = atoi(argv[2]);
  long long *took = calloc(count, sizeof *took);
  snprintf(path, sizeof path, "%s/journal", argv[1]);
  memset(record, 'x', sizeof record);
  record[sizeof record - 1] = '\n';
  int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (fd < 0 || took == NULL) return 1;
  long long whole = now();
  for (int i = 0; i < count; i++) {
    long long started = now();
    if (write(fd, record, sizeof record) != sizeof record || fdatasync(fd) != 0) return 1;
    took[i] = now() - started;
  }
  printf("%lld\n", now() - whole);
  for (int i = 0; i < count; i++) printf("%lld\n", took[i]);
  return 0;
}
