/* Makes writes and syncs of some files fail, like a full or broken disk.
 *
 * Preloaded into a process (LD_PRELOAD). CDB_DISK_FILES is a prefix of the paths of these files.
 * CDB_DISK_CONTROL is the path of the file with which the test controls the failures: 64-bit numbers
 * in the order of the enum below, mapped into memory. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FIRST, COUNT, PER_MILLE, SEED, ERROR, CALLS, FAILED, FIELDS };

static volatile uint64_t *control;
static const char *files;

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("CDB_DISK_CONTROL");
    files = getenv("CDB_DISK_FILES");
    int fd = path && files ? open(path, O_RDWR) : -1;
    if (fd < 0) return;
    void *mapped = mmap(NULL, FIELDS * sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (mapped != MAP_FAILED) control = mapped;
    close(fd);
}

/* SplitMix64. */
static uint64_t next_random(void) {
    uint64_t z = __sync_add_and_fetch(&control[SEED], UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Whether this call must fail. Counts the call if it is for one of the files. */
static int fails(int fd) {
    char link[32], path[PATH_MAX];
    if (!control) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (strncmp(path, files, strlen(files)) != 0) return 0;
    uint64_t call = __sync_fetch_and_add(&control[CALLS], 1);
    uint64_t first = control[FIRST], count = control[COUNT];
    int chosen = call >= first && call - first < count;
    int unlucky = control[PER_MILLE] && next_random() % 1000 < control[PER_MILLE];
    if (!chosen && !unlucky) return 0;
    __sync_fetch_and_add(&control[FAILED], 1);
    return 1;
}

static int failed(void) {
    errno = (int)control[ERROR];
    return -1;
}

#define REAL(type, name) \
    static type real; \
    if (!real) real = (type)dlsym(RTLD_NEXT, name)

typedef ssize_t (*write_fn)(int, const void *, size_t);
typedef ssize_t (*pwrite_fn)(int, const void *, size_t, off_t);
typedef int (*sync_fn)(int);

/* A write that fails has written the first half: disks and file systems do not undo it. */
ssize_t write(int fd, const void *data, size_t length) {
    REAL(write_fn, "write");
    if (!fails(fd)) return real(fd, data, length);
    if (real(fd, data, length / 2) < 0) return -1;
    return failed();
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t place) {
    REAL(pwrite_fn, "pwrite");
    if (!fails(fd)) return real(fd, data, length, place);
    if (real(fd, data, length / 2, place) < 0) return -1;
    return failed();
}

ssize_t pwrite64(int fd, const void *data, size_t length, off_t place) {
    REAL(pwrite_fn, "pwrite64");
    if (!fails(fd)) return real(fd, data, length, place);
    if (real(fd, data, length / 2, place) < 0) return -1;
    return failed();
}

int fdatasync(int fd) {
    REAL(sync_fn, "fdatasync");
    return fails(fd) ? failed() : real(fd);
}

int fsync(int fd) {
    REAL(sync_fn, "fsync");
    return fails(fd) ? failed() : real(fd);
}
