/* membw: read bandwidth of this machine, GB/s (10^9): the line that decoding is measured against.
 *
 *   membw [MEGABYTES=1000] [THREADS=1] [SECONDS=2]      -> {"mb":…,"threads":…,"median_gbs":…,"best_gbs":…}
 *
 * Every thread reads its own part of one array over and over and adds the words up; a pass ends when the last thread is through it.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { MaxPasses = 100000 };

static uint64_t *array;
static size_t words;
static int threads;
static double seconds;
static volatile int stop;
static pthread_barrier_t barrier;
static double passes[MaxPasses];
static int passCount;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static uint64_t sum(const uint64_t *data, size_t count)
{
    uint64_t s[16] = {0};
    for (size_t i = 0; i + 16 <= count; i += 16)
        for (int j = 0; j < 16; j++) s[j] += data[i + j];
    for (int j = 1; j < 16; j++) s[0] += s[j];
    return s[0];
}

static void *work(void *argument)
{
    size_t id = (size_t)argument, share = words / threads;
    const uint64_t *mine = array + id * share;
    memset((void *)mine, 1, share * 8);
    double begun = now();
    volatile uint64_t sink;
    for (;;) {
        pthread_barrier_wait(&barrier);
        if (stop) break;
        double start = now();
        sink = sum(mine, share);
        pthread_barrier_wait(&barrier);
        if (id == 0) {
            double end = now();
            passes[passCount++] = end - start;
            if (end - begun > seconds || passCount == MaxPasses) stop = 1;
        }
    }
    (void)sink;
    return NULL;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    size_t mb = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000;
    threads = argc > 2 ? atoi(argv[2]) : 1;
    seconds = argc > 3 ? atof(argv[3]) : 2;
    if (mb < 1 || threads < 1 || threads > 64) return 2;
    words = mb * 1000000 / 8;
    array = mmap(NULL, words * 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (array == MAP_FAILED) return 1;
    madvise(array, words * 8, MADV_HUGEPAGE);
    pthread_barrier_init(&barrier, NULL, threads);
    pthread_t others[64];
    for (int i = 1; i < threads; i++) pthread_create(&others[i], NULL, work, (void *)(size_t)i);
    work((void *)0);
    for (int i = 1; i < threads; i++) pthread_join(others[i], NULL);
    qsort(passes, passCount, sizeof *passes, ascending);
    printf("{\"mb\":%zu,\"threads\":%d,\"median_gbs\":%.1f,\"best_gbs\":%.1f}\n", mb, threads, words * 8 / passes[passCount / 2] / 1e9, words * 8 / passes[0] / 1e9);
    return 0;
}
