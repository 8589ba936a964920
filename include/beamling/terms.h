/* terms.h - immutable data: building terms, asking what they are, taking them apart.
 * Included by beamling.h.
 *
 * Terms that do not fit into a word live on the heap of the process that builds or
 * receives them, and are garbage collected: whatever a process can still reach from its
 * C stack (local variables, arguments) or from its state stays. A term kept anywhere
 * else (a static variable, memory from malloc) is not seen, and must not be used after
 * the next call that builds terms or receives, unless it is a bl_literal(). (AddressSanitizer may keep variables away
 * from the stack: run with ASAN_OPTIONS=detect_stack_use_after_return=0.) A thread that is no process has a heap of
 * its own, which is never collected: bl_forget() gives it back.
 *
 * All functions here may be called by anybody [any]. Building functions return "no term"
 * when there is no memory or when one of their arguments is "no term", so a chain of
 * them needs one check, at its end; bl_send() refuses "no term" with BL_EINVAL. */
#ifndef BEAMLING_TERMS_H
#define BEAMLING_TERMS_H

#ifndef BEAMLING_BEAMLING_H
#error "include beamling/beamling.h instead"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what is it? (erlang:is_integer/1 and so on) ---- */

BL_API bool bl_is_integer(bl_term t); /* of 64 bits; those of 62 can be told by their word */
BL_API bool bl_is_float(bl_term t);
BL_API bool bl_is_tuple(bl_term t);
BL_API bool bl_is_map(bl_term t);
BL_API bool bl_is_binary(bl_term t);
BL_API bool bl_is_function(bl_term t);

static inline bool bl_is_nil(bl_term t)
{
    return t.word == 0x2bu;
}
static inline bool bl_is_cons(bl_term t) /* a list of at least one element */
{
    return (t.word & 7u) == 6u;
}
static inline bool bl_is_list(bl_term t)
{
    return bl_is_nil(t) || bl_is_cons(t);
}
static inline bool bl_is_reference(bl_term t)
{
    return (t.word & 15u) == 15u;
}

/* ---- order ----
 * Deep terms need memory to be walked; if there is none, a process ends with `no_memory`,
 * and a thread ends the program. Costs a few nanoseconds a word up to the first difference. */

/* Erlang's order of all terms, in which 1 and 1.0 are equal: less than 0, 0 or greater. */
BL_API int bl_compare(bl_term a, bl_term b);
/* Equal in that order (==); bl_same() is (=:=). */
BL_API bool bl_equal(bl_term a, bl_term b);
/* A number that is the same for terms that are the same (=:=), in this OS process. */
BL_API uint64_t bl_hash(bl_term t);

/* ---- numbers ---- */

/* Any 64-bit integer: a word if it has 62 bits, else two words of heap. */
BL_API bl_term bl_integer(int64_t n);
/* A float; "no term" for NaN and infinities, which Erlang does not have. Two words. */
BL_API bl_term bl_float(double d);
/* True, and the number in *n: t is an integer; a float. */
BL_API bool bl_get_integer(bl_term t, int64_t *n);
BL_API bool bl_get_float(bl_term t, double *d);

/* ---- tuples ---- */

/* {e0, e1, ..}: at most 2^24 - 1 elements, else "no term". 1 + n words. */
BL_API bl_term bl_tuple(const bl_term *elements, size_t n);
/* Its element i, counted from 0; "no term" if t is no tuple or has no such element. */
BL_API bl_term bl_element(bl_term t, size_t i);
/* How many it has; 0 if t is no tuple. */
BL_API size_t bl_tuple_size(bl_term t);

/* BL_TUPLE(a, b, c), and BL_LIST(a, b, c): see below */
#ifndef __cplusplus
#define BL_TUPLE(...)                                                                              \
    bl_tuple((const bl_term[]){__VA_ARGS__}, sizeof((const bl_term[]){__VA_ARGS__}) / sizeof(bl_term))
#define BL_LIST(...)                                                                               \
    bl_list((const bl_term[]){__VA_ARGS__}, sizeof((const bl_term[]){__VA_ARGS__}) / sizeof(bl_term))
#endif

/* ---- lists ---- */

static inline bl_term bl_nil(void)
{
    bl_term nil = {0x2bu};
    return nil;
}
/* [head | tail]; the tail may be any term. Two words. */
BL_API bl_term bl_cons(bl_term head, bl_term tail);
/* "No term" if t is no such list. */
BL_API bl_term bl_head(bl_term t);
BL_API bl_term bl_tail(bl_term t);
/* [e0, e1, ..] */
BL_API bl_term bl_list(const bl_term *elements, size_t n);
/* True, and its length in *n: t is a proper list. Walks it. (erlang:length/1) */
BL_API bool bl_length(bl_term t, size_t *n);

/* ---- binaries ---- */

/* A copy of n bytes. Up to 64 are kept on the heap and copied with it; more are kept
 * outside, counted, and shared by all processes they are sent to. `bytes` NULL: zeroes. */
BL_API bl_term bl_binary(const void *bytes, size_t n);
/* Where the bytes of t are, and how many in *n (may be NULL); NULL if t is no binary. They
 * stay there as long as a variable of a function that has not returned holds t, or an
 * address of one of these bytes. */
BL_API const void *bl_bytes(bl_term t, size_t *n);
/* n bytes of t from byte `from`; more than 64 are shared with t. "No term" if they are not
 * there. (binary:part/3) */
BL_API bl_term bl_binary_part(bl_term t, size_t from, size_t n);

/* ---- maps ---- */

/* #{}: grows by bl_map_put(). Up to 32 keys are kept in order, and each change copies
 * them; more in a tree, where a change costs some hundred bytes. Keys are the same if
 * bl_same() says so: 1 and 1.0 are two. */
BL_API bl_term bl_map(void);
/* The map with this key and value; "no term" if it is no map. (maps:put/3) */
BL_API bl_term bl_map_put(bl_term map, bl_term key, bl_term value);
/* The map without this key, if it had it. (maps:remove/2) */
BL_API bl_term bl_map_remove(bl_term map, bl_term key);
/* The value of a key; "no term" if there is none. (maps:get/2) */
BL_API bl_term bl_map_get(bl_term map, bl_term key);
/* How many keys; 0 if it is no map. (map_size/1) */
BL_API size_t bl_map_size(bl_term map);
/* All pairs as a list of {Key, Value}, in the order of the keys. (maps:to_list/1, sorted) */
BL_API bl_term bl_map_pairs(bl_term map);

/* ---- text ---- */

/* Write t as io:format("~p") would, with lines of at most `columns` characters where that
 * is possible; 0: on one line (~0p). At most size - 1 bytes and a NUL are written; the
 * result is the length of the whole text, as of snprintf(); SIZE_MAX: no memory. */
BL_API size_t bl_print(bl_term t, unsigned columns, char *buffer, size_t size);

/* What was wrong with a text or with bytes. */
typedef struct bl_parse_error {
    bl_error error;       /* BL_EINVAL: see the sentence; BL_ENOMEM; BL_ELIMIT: no more atoms */
    size_t offset;        /* the byte where it is */
    const char *sentence; /* what is wrong, and what would be right */
} bl_parse_error;

/* The term that this text is, in Erlang's syntax: what bl_print() writes can be read.
 * "No term": *error (may be NULL) says why. Makes atoms, which are never freed: beware of
 * texts of strangers. */
BL_API bl_term bl_parse(const char *text, size_t length, bl_parse_error *error);

/* The binary that term_to_binary(T) makes, in Erlang's external term format, and back.
 * "No term": *error says why; BL_ESTATE if the library was built without it (CMake:
 * BEAMLING_EXTERNAL). Bytes may come from anybody: nothing bad happens but that atoms are
 * made. */
BL_API bl_term bl_encode(bl_term t, bl_parse_error *error);
BL_API bl_term bl_decode(const void *bytes, size_t n, bl_parse_error *error);

/* ---- references and functions ---- */

/* A reference that nobody else was or will be given. (erlang:make_ref/0) */
BL_API bl_term bl_make_reference(void);

/* A C function as a term, with n terms that it captured: called by bl_call(). The address
 * means something in this OS process only. (a fun) */
typedef bl_term bl_callback(const bl_term *captured, size_t n, bl_term arg);
BL_API bl_term bl_function_of(bl_callback *function, const bl_term *captured, size_t n);
/* Call it; "no term" if t is no function. */
BL_API bl_term bl_call(bl_term t, bl_term arg);

/* ---- memory ---- */

/* A copy of t that is never collected. It is sent, stored and compared by any process without
 * being copied again: for what is made once and read by all, such as tables. (persistent_term)
 * Nothing gives it back but the end of the OS process. All of them together may have 1 GiB:
 * "no term" if there is no room for it, or no memory. */
BL_API bl_term bl_literal(bl_term t);

/* Collect the garbage of this process now. (erlang:garbage_collect/0) */
BL_API void bl_collect(void);

/* Memory that is no term, and belongs to this process: freed by bl_free(), or when the
 * process ends. Not scanned for terms. NULL: no memory, or called from a thread, which
 * has malloc(). */
BL_API void *bl_alloc(size_t size);
BL_API void bl_free(void *memory);

/* An object of yours inside a term, as ErlNifResource: `size` zeroed bytes, shared by all
 * processes that the term is sent to. When the last term that holds it is gone (collected,
 * or its process has ended), `destroy` is called with it, once, on any thread; it must not
 * call this library. */
typedef void bl_destructor(void *object);
BL_API bl_term bl_resource(size_t size, bl_destructor *destroy);
/* The object; NULL if t is no resource with this destructor. Valid as long as t is kept. */
BL_API void *bl_resource_object(bl_term t, bl_destructor *destroy);

/* What the heap of this process, or thread, takes: bytes of its blocks, and words in use. */
typedef struct bl_heap_info {
    size_t bytes, words, collections;
} bl_heap_info;
BL_API bl_heap_info bl_get_heap_info(void);

/* Go to sleep without a stack, keeping one term in a block of exactly its size; when a
 * message is there, go on in `function` with that term. Wakes at once if the mailbox is
 * not empty. Does not return. Without a function, or with "no term", it is an error,
 * {badarg, []}, as of bl_error_exit(). [process]; from a thread the program is aborted.
 * (erlang:hibernate/3) */
BL_NORETURN BL_API void bl_hibernate(bl_function *function, bl_term kept);

/* A thread that is no process forgets all terms it has built or was given; a process
 * need not, and nothing happens. */
BL_API void bl_forget(void);

#ifdef __cplusplus
}

template <typename... Terms> inline bl_term BL_TUPLE(bl_term first, Terms... others)
{
    const bl_term elements[] = {first, others...};
    return bl_tuple(elements, 1 + sizeof...(others));
}

template <typename... Terms> inline bl_term BL_LIST(bl_term first, Terms... others)
{
    const bl_term elements[] = {first, others...};
    return bl_list(elements, 1 + sizeof...(others));
}
#endif
#endif
