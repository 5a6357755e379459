/* llama_bench: mainline llama.cpp, measured as ModelPack is measured.
 *
 *   llama_bench info   LIBRARY_FOLDER
 *   llama_bench speed  BACKEND MODEL THREADS PREFILL DECODE     -> {"prefill_tps":…,"decode_tps":…}
 *   llama_bench first  BACKEND MODEL THREADS CONTEXT PROMPT [N] -> N tokens (1) of the greedy continuation, as text, flushed one by one
 *
 * BACKEND is one libggml-cpu-*.so, or a folder of them, from which ggml picks. `info` says which one it picks: naming it spares the peer
 * the time of trying the others, as a build from source for this machine would. Memory-mapped weights, repacking on, batches of 512, flash
 * attention automatic: the library's defaults but for the batch.
 *
 * The few declarations below describe the library's C interface as far as it is used here. Parameter structures are passed by value; only their
 * first members are named, the rest is room to spare, which the x86-64 and arm64 calling conventions allow; `check_defaults` fails when
 * the layout has moved. Written for the llama.cpp inside node-llama-cpp 3.22.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct model_params { uint64_t room[64]; };
struct context_params {
    uint32_t context, batch, micro_batch, sequences, unused[3];
    int32_t threads, batch_threads;
    uint64_t room[60];
};
struct batch {
    int32_t count;
    int32_t *tokens;
    void *embeddings, *positions, *sequence_counts, *sequence_ids, *outputs;
};

void llama_log_set(void (*log)(int, const char *, void *), void *user);
void llama_backend_init(void);
struct model_params llama_model_default_params(void);
struct context_params llama_context_default_params(void);
void *llama_model_load_from_file(const char *path, struct model_params parameters);
void *llama_init_from_model(void *model, struct context_params parameters);
const void *llama_model_get_vocab(const void *model);
int32_t llama_vocab_n_tokens(const void *vocabulary);
int32_t llama_tokenize(const void *vocabulary, const char *text, int32_t length, int32_t *ids, int32_t capacity, bool special, bool parse);
int32_t llama_token_to_piece(const void *vocabulary, int32_t id, char *text, int32_t capacity, int32_t strip, bool special);
struct batch llama_batch_get_one(int32_t *ids, int32_t count);
int32_t llama_decode(void *context, struct batch batch);
float *llama_get_logits_ith(void *context, int32_t index);
void *llama_get_memory(const void *context);
void llama_memory_clear(void *memory, bool data);
void *ggml_backend_load(const char *path);
void ggml_backend_load_all_from_path(const char *folder);

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    fprintf(stderr, "llama_bench: %s\n", what);
    exit(1);
}

static void quiet(int level, const char *text, void *user)
{
    (void)user;
    if (level == 4 || getenv("LLAMA_BENCH_VERBOSE")) fputs(text, stderr);
}

static void check_defaults(struct context_params p)
{
    if (p.context != 512 || p.batch != 2048 || p.micro_batch != 512 || p.sequences != 1 || p.threads != 4 || p.batch_threads != 4)
        fail("the library's context parameters are not laid out as this program expects; adapt struct context_params to its version");
}

static void load_backend(const char *path)
{
    struct stat s;
    if (stat(path, &s) != 0) fail("no such backend library or folder");
    if (S_ISDIR(s.st_mode)) ggml_backend_load_all_from_path(path);
    else if (!ggml_backend_load(path)) fail("the backend library cannot be loaded here");
}

static void *model;
static const void *vocabulary;

static void *open_context(const char *backend, const char *path, int threads, int length)
{
    llama_log_set(quiet, NULL);
    load_backend(backend);
    llama_backend_init();
    model = llama_model_load_from_file(path, llama_model_default_params());
    if (!model) fail("cannot load the model");
    vocabulary = llama_model_get_vocab(model);
    struct context_params p = llama_context_default_params();
    check_defaults(p);
    p.context = length;
    p.batch = 512;
    p.threads = p.batch_threads = threads;
    void *context = llama_init_from_model(model, p);
    if (!context) fail("cannot create a context");
    return context;
}

static void evaluate(void *context, int32_t *ids, int count)
{
    if (llama_decode(context, llama_batch_get_one(ids, count)) != 0) fail("decode failed");
}

/* Seconds for `prefill` ids at once into an empty context; then, into an empty one again, for `decode` ids one by one. No sampling, as in ours. */
static void run_once(void *context, int32_t *ids, int prefill, int decode, double *prefill_s, double *decode_s)
{
    volatile float sink;
    llama_memory_clear(llama_get_memory(context), true);
    double start = now();
    for (int i = 0; i < prefill; i += 512) evaluate(context, ids + i, prefill - i < 512 ? prefill - i : 512);
    sink = llama_get_logits_ith(context, -1)[0];
    *prefill_s = now() - start;
    llama_memory_clear(llama_get_memory(context), true);
    start = now();
    for (int i = 0; i < decode; i++) {
        evaluate(context, ids + i, 1);
        sink = llama_get_logits_ith(context, -1)[0];
    }
    *decode_s = now() - start;
    (void)sink;
}

static int speed(const char *backend, const char *path, int threads, int prefill, int decode)
{
    int most = prefill > decode ? prefill : decode;
    if (most < 1) fail("nothing to measure");
    void *context = open_context(backend, path, threads, most);
    int32_t *ids = malloc(sizeof(int32_t) * most);
    int32_t words = llama_vocab_n_tokens(vocabulary);
    for (int i = 0; i < most; i++) ids[i] = (int32_t)((i * 7919u + 13u) % words);
    double prefill_s, decode_s;
    run_once(context, ids, prefill < 64 ? prefill : 64, decode < 8 ? decode : 8, &prefill_s, &decode_s);
    run_once(context, ids, prefill, decode, &prefill_s, &decode_s);
    printf("{\"prefill_tps\":%.2f,\"decode_tps\":%.2f}\n", prefill / prefill_s, decode / decode_s);
    return 0;
}

static int first(const char *backend, const char *path, int threads, int length, const char *prompt, int count)
{
    void *context = open_context(backend, path, threads, length);
    int32_t *ids = malloc(sizeof(int32_t) * length);
    int given = llama_tokenize(vocabulary, prompt, strlen(prompt), ids, length, true, false);
    if (given <= 0) fail("the prompt does not fit the context");
    evaluate(context, ids, given);
    int32_t words = llama_vocab_n_tokens(vocabulary);
    for (int made = 0; made < count; made++) {
        const float *logits = llama_get_logits_ith(context, -1);
        int32_t best = 0;
        for (int32_t i = 1; i < words; i++) if (logits[i] > logits[best]) best = i;
        char text[256];
        int bytes = llama_token_to_piece(vocabulary, best, text, sizeof text, 0, false);
        if (bytes > 0 && write(1, text, bytes) < 0) return 1;
        if (made + 1 < count) evaluate(context, &best, 1);
    }
    fprintf(stderr, "%d prompt tokens\n", given);
    _exit(0);
}

static void show(int level, const char *text, void *user)
{
    (void)level; (void)user;
    fputs(text, stdout);
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "info")) {
        llama_log_set(show, NULL);
        load_backend(argv[2]);
        return 0;
    }

    if (argc == 7 && !strcmp(argv[1], "speed")) return speed(argv[2], argv[3], atoi(argv[4]), atoi(argv[5]), atoi(argv[6]));
    if ((argc == 7 || argc == 8) && !strcmp(argv[1], "first"))
        return first(argv[2], argv[3], atoi(argv[4]), atoi(argv[5]), argv[6], argc == 8 ? atoi(argv[7]) : 1);
    fprintf(stderr, "usage: llama_bench info FOLDER | speed BACKEND MODEL THREADS PREFILL DECODE | first BACKEND MODEL THREADS CONTEXT PROMPT [N]\n");
    return 2;
}
