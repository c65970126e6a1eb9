/* Makes writes and syncs of some files fail, like a full or broken disk, and records them.
 *
 * Preloaded into a process (LD_PRELOAD). CDB_DISK_FILES is a prefix of the paths of these files.
 * CDB_DISK_CONTROL is the path of the file with which the test controls the failures: 64-bit
 * numbers in the order of the first enum below, mapped into memory. CDB_DISK_RECORDING is the path
 * of the file to which a record of each call is appended; if it does not exist, nothing is
 * recorded. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FIRST, COUNT, PER_MILLE, SEED, ERROR, CALLS, FAILED, FIELDS };

/* What a record says; see recording.rs. */
enum { CREATED, REMOVED, RENAMED, WRITTEN, TRUNCATED, SYNCED };

static volatile uint64_t *control;
static const char *files;
/* The length of the directory in `files`. */
static size_t directory_length;
static int recording = -1;
/* Held during a recorded call and until it is recorded: the records are in the order of the calls,
 * and a sync covers exactly the writes before it. */
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;

#define REAL(type, name) \
    static type real; \
    if (!real) real = (type)dlsym(RTLD_NEXT, name)

typedef ssize_t (*write_fn)(int, const void *, size_t);
typedef ssize_t (*pwrite_fn)(int, const void *, size_t, off_t);
typedef int (*sync_fn)(int);
typedef int (*truncate_fn)(int, off_t);
typedef int (*open_fn)(const char *, int, ...);
typedef int (*unlink_fn)(const char *);
typedef int (*rename_fn)(const char *, const char *);

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("CDB_DISK_CONTROL");
    files = getenv("CDB_DISK_FILES");
    int fd = path && files ? open(path, O_RDWR) : -1;
    if (fd < 0) return;
    void *mapped = mmap(NULL, FIELDS * sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped == MAP_FAILED) return;
    control = mapped;
    directory_length = strrchr(files, '/') - files;
    path = getenv("CDB_DISK_RECORDING");
    if (path) recording = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
}

/* SplitMix64. */
static uint64_t next_random(void) {
    uint64_t z = __sync_add_and_fetch(&control[SEED], UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Whether a path is that of one of the files. */
static int is_ours(const char *path) {
    return control && strncmp(path, files, strlen(files)) == 0;
}

/* Finds the path of an open file. */
static int find_path(int fd, char path[PATH_MAX]) {
    char link[32];
    if (!control) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return 1;
}

/* Whether this call for one of the files must fail. Counts the call. */
static int fails(void) {
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

static void begin(void) {
    if (recording >= 0) pthread_mutex_lock(&order);
}

/* Records a call that has succeeded. The directory of the files has an empty name. */
static void record(uint64_t kind, const char *path, uint64_t place, const void *data,
                   size_t length) {
    if (recording < 0) return;
    const char *name = strlen(path) > directory_length ? path + directory_length + 1 : "";
    uint64_t head[] = {kind, place, strlen(name), length};
    struct iovec parts[] = {
        {head, sizeof head}, {(void *)name, strlen(name)}, {(void *)data, length}};
    ssize_t whole = sizeof head + strlen(name) + length;
    /* Without this record the others would be of no use. */
    if (writev(recording, parts, 3) != whole) abort();
}

/* Keeps the error of the call. */
static void end(void) {
    int error = errno;
    if (recording >= 0) pthread_mutex_unlock(&order);
    errno = error;
}

/* A write that fails has written the first half: disks and file systems do not undo it. */
static ssize_t write_or_fail(int fd, const void *data, size_t length, off_t place,
                             pwrite_fn pwrite_, write_fn write_) {
    char path[PATH_MAX];
    if (!find_path(fd, path) || !is_ours(path)) {
        return pwrite_ ? pwrite_(fd, data, length, place) : write_(fd, data, length);
    }
    int failing = fails();
    if (failing) length /= 2;
    begin();
    ssize_t written = pwrite_ ? pwrite_(fd, data, length, place) : write_(fd, data, length);
    if (written > 0) {
        if (!pwrite_) place = lseek(fd, 0, SEEK_CUR) - written;
        record(WRITTEN, path, place, data, written);
    }
    end();
    return failing ? failed() : written;
}

ssize_t write(int fd, const void *data, size_t length) {
    REAL(write_fn, "write");
    return write_or_fail(fd, data, length, 0, NULL, real);
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t place) {
    REAL(pwrite_fn, "pwrite");
    return write_or_fail(fd, data, length, place, real, NULL);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off_t place) {
    REAL(pwrite_fn, "pwrite64");
    return write_or_fail(fd, data, length, place, real, NULL);
}

static int sync_or_fail(int fd, sync_fn sync_) {
    char path[PATH_MAX];
    if (!find_path(fd, path)) return sync_(fd);
    int is_file = is_ours(path);
    int is_directory = strlen(path) == directory_length && !strncmp(path, files, directory_length);
    if (!is_file && !is_directory) return sync_(fd);
    if (is_file && fails()) return failed();
    begin();
    int result = sync_(fd);
    if (result == 0) record(SYNCED, path, 0, NULL, 0);
    end();
    return result;
}

int fdatasync(int fd) {
    REAL(sync_fn, "fdatasync");
    return sync_or_fail(fd, real);
}

int fsync(int fd) {
    REAL(sync_fn, "fsync");
    return sync_or_fail(fd, real);
}

/* The calls below are recorded, but do not fail. */

static int truncate_open(int fd, off_t length, truncate_fn truncate_) {
    char path[PATH_MAX];
    if (!find_path(fd, path) || !is_ours(path)) return truncate_(fd, length);
    begin();
    int result = truncate_(fd, length);
    if (result == 0) record(TRUNCATED, path, length, NULL, 0);
    end();
    return result;
}

int ftruncate(int fd, off_t length) {
    REAL(truncate_fn, "ftruncate");
    return truncate_open(fd, length, real);
}

int ftruncate64(int fd, off_t length) {
    REAL(truncate_fn, "ftruncate64");
    return truncate_open(fd, length, real);
}

static int create(const char *path, int flags, mode_t mode, open_fn open_) {
    char found[PATH_MAX];
    if (recording < 0 || !(flags & O_CREAT)) return open_(path, flags, mode);
    begin();
    int is_new = access(path, F_OK) != 0;
    int fd = open_(path, flags, mode);
    if (fd >= 0 && is_new && find_path(fd, found) && is_ours(found)) {
        record(CREATED, found, 0, NULL, 0);
    }
    end();
    return fd;
}

/* The mode of a file that `open` may create, which is its third argument. */
#define MODE(mode, flags) \
    mode_t mode = 0; \
    if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE) { \
        va_list arguments; \
        va_start(arguments, flags); \
        mode = va_arg(arguments, mode_t); \
        va_end(arguments); \
    }

int open(const char *path, int flags, ...) {
    REAL(open_fn, "open");
    MODE(mode, flags);
    return create(path, flags, mode, real);
}

int open64(const char *path, int flags, ...) {
    REAL(open_fn, "open64");
    MODE(mode, flags);
    return create(path, flags, mode, real);
}

int unlink(const char *path) {
    char found[PATH_MAX];
    REAL(unlink_fn, "unlink");
    if (recording < 0 || !realpath(path, found) || !is_ours(found)) return real(path);
    begin();
    int result = real(path);
    if (result == 0) record(REMOVED, found, 0, NULL, 0);
    end();
    return result;
}

/* The data of the record is the new name. */
int rename(const char *from, const char *to) {
    char found[PATH_MAX], new[PATH_MAX];
    REAL(rename_fn, "rename");
    if (recording < 0 || !realpath(from, found) || !is_ours(found)) return real(from, to);
    begin();
    int result = real(from, to);
    if (result == 0 && realpath(to, new) && is_ours(new)) {
        const char *name = new + directory_length + 1;
        record(RENAMED, found, 0, name, strlen(name));
    }
    end();
    return result;
}
