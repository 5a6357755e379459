/* launch: cold start of a program, from execve to the first byte on its standard output.
 *
 *   launch PROGRAM [ARGUMENTS …]
 *
 * Prints one JSON line:
 *   first_byte_ms  execve to the first byte read from the child's stdout
 *   total_ms       execve to the child's end
 *   cpu_ms         user + system time of the child
 *   peak_rss_mb    the child's largest resident set, MB of 10^6 bytes
 *   exit           its exit status (128 + signal when killed)
 *   output         the first line that it wrote, at most 200 bytes
 *
 * The child finds the moment of its start in the environment: MODELPACK_LAUNCHED_NS, nanoseconds of CLOCK_MONOTONIC.
 *
 * The child itself takes the time, on a page shared with us, as its last act before execve: fork costs nothing here.
 * Linux counts the image before execve towards ru_maxrss too, which is why this is a small C program and not a script.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static double ms(struct timeval t)
{
    return t.tv_sec * 1e3 + t.tv_usec / 1e3;
}

/* The text as the inside of a JSON string; bytes above 127 pass, an incomplete last character may be cut. */
static void print_json_text(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = text[i];
        if (c == '"' || c == '\\') printf("\\%c", c);
        else if (c < 0x20) printf("\\u%04x", c);
        else putchar(c);
    }
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: launch PROGRAM [ARGUMENTS ...]\n");
        return 2;
    }

    volatile double *started = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int ends[2];
    if (started == MAP_FAILED || pipe(ends) != 0) {
        perror("launch");
        return 1;
    }

    pid_t child = fork();
    if (child < 0) {
        perror("launch: fork");
        return 1;
    }

    if (child == 0) {
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        char launched[32];
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        snprintf(launched, sizeof launched, "%lld", t.tv_sec * 1000000000LL + t.tv_nsec);
        setenv("MODELPACK_LAUNCHED_NS", launched, 1);
        *started = now_ms();
        execvp(argv[1], argv + 1);
        fprintf(stderr, "launch: %s: %s\n", argv[1], strerror(errno));
        _exit(127);
    }

    close(ends[1]);
    char head[200], rest[65536];
    size_t held = 0;
    double first = 0;
    for (;;) {
        ssize_t got = read(ends[0], rest, sizeof rest);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        if (first == 0) first = now_ms();
        size_t kept = (size_t)got < sizeof head - held ? (size_t)got : sizeof head - held;
        memcpy(head + held, rest, kept);
        held += kept;
    }

    int status;
    struct rusage usage;
    while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR) { }
    double ended = now_ms();
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    char *line = memchr(head, '\n', held);
    printf("{\"first_byte_ms\":%.2f,\"total_ms\":%.2f,\"cpu_ms\":%.2f,\"peak_rss_mb\":%.1f,\"exit\":%d,\"output\":\"",
        first == 0 ? -1 : first - *started, ended - *started, ms(usage.ru_utime) + ms(usage.ru_stime), usage.ru_maxrss * 1024 / 1e6, code);
    print_json_text(head, line ? (size_t)(line - head) : held);
    printf("\"}\n");
    return code;
}
