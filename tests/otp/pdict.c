/* pdict.c - cases of pdict_SUITE. */
#include "otp/otp.h"
#include "support/random.h"

static const char letters[] = "abcdefghijklmnopqrstuvxyzABCD";

static void clear(void)
{
    for (bl_term keys = bl_get_keys(); bl_is_cons(keys); keys = bl_tail(keys))
        bl_erase(bl_head(keys));
    CLAIM(bl_is_nil(bl_get_all()));
}

static bl_term letter_atom(char c)
{
    return bl_atom_n(&c, 1);
}

static bl_term letter_text(char c)
{
    return bl_cons(bl_int(c), bl_nil());
}

static size_t length(bl_term list)
{
    size_t n = 0;
    CLAIM(bl_length(list, &n));
    return n;
}

/* get() and get_keys() know the same keys. */
static void match_keys(void)
{
    bl_term all = bl_get_all(), keys = bl_get_keys();
    CLAIM(length(all) == length(keys));
    for (; bl_is_cons(all) && bl_is_cons(keys); all = bl_tail(all), keys = bl_tail(keys))
        CLAIM(bl_same(bl_element(bl_head(all), 0), bl_head(keys)));
}

/* Under each letter the text of the letter. */
static void put_texts(void)
{
    for (const char *c = letters; *c; c++)
        bl_put(letter_atom(*c), letter_text(*c));
}

CASE(pdict, simple)
{
    const int64_t n = sizeof letters - 1;
    match_keys();
    clear();
    for (const char *c = letters; *c; c++)
        CLAIM(is_atom(bl_put(letter_atom(*c), letter_atom(*c)), "undefined"));
    for (const char *c = letters; *c; c++)
        CLAIM(bl_same(bl_put(letter_atom(*c), letter_text(*c)), letter_atom(*c)));
    CLAIM(length(bl_get_all()) == (size_t)n);
    for (const char *c = letters; *c; c++)
        CLAIM(is_atom(bl_put(bl_int(*c - 'a'), letter_text(*c)), "undefined"));
    CLAIM(length(bl_get_all()) == (size_t)(2 * n));
    for (const char *c = letters; *c; c++) {
        bl_term keys = bl_get_keys_of(letter_text(*c)), number = bl_int(*c - 'a');
        CLAIM(bl_same(keys, BL_LIST(number, letter_atom(*c))) || bl_same(keys, BL_LIST(letter_atom(*c), number)));
        CLAIM(bl_same(bl_get(number), letter_text(*c)) && bl_same(bl_get(letter_atom(*c)), letter_text(*c)));
    }
    clear();
}

static bl_term key(int64_t n)
{
    return BL_TERM("{key, %i}", n);
}

static bl_term value(int64_t n)
{
    return BL_TERM("{value, %i}", n);
}

/* Half a million, each put twice, listed, and erased. */
CASE(pdict, complicated)
{
    const int64_t n = full(500000, 200000);
    int64_t sum = 0, k, v;
    clear();
    for (int64_t i = n; i > 0; i--)
        CLAIM(is_atom(bl_put(key(i), value(i)), "undefined"));
    for (int64_t i = n; i > 0; i--)
        CLAIM(bl_same(bl_put(key(i), value(i * i)), value(i)));
    bl_term all = bl_get_all();
    CLAIM(length(all) == (size_t)n);
    match_keys();
    for (; bl_is_cons(all); all = bl_tail(all)) {
        CLAIM(BL_MATCH(bl_head(all), "{{key, %i}, {value, %i}}", &k, &v) && v == k * k);
        CLAIM(bl_same(bl_erase(bl_element(bl_head(all), 0)), bl_element(bl_head(all), 1)));
        sum += k;
    }
    CLAIM(sum == n * (n + 1) / 2);
    CLAIM(bl_is_nil(bl_get_all()) && bl_is_nil(bl_get_keys()));
}

/* A text of its own for each number: "b", "c", ... */
static bl_term text_key(int64_t n)
{
    bl_term text = bl_nil();
    for (n++; n > 0; n = (n - 1) / 26)
        text = bl_cons(bl_int((n - 1) % 26 + 'a'), text);
    return text;
}

static bl_term object_of(bl_term k)
{
    return BL_TERM("{%t, %t, [%t, %t, {%t, banan}]}", k, k, k, k, k);
}

static void use_heavily(int64_t n)
{
    for (int64_t i = n; i > 0; i--)
        bl_put(text_key(i), object_of(text_key(i)));
    CLAIM(length(bl_get_keys()) == (size_t)n);
    for (int64_t i = n; i > 0; i--)
        CLAIM(bl_same(bl_get(text_key(i)), object_of(text_key(i))));
    for (int64_t i = n; i > 0; i--) {
        CLAIM(bl_same(bl_erase(text_key(i)), object_of(text_key(i))));
        CLAIM(is_atom(bl_get(text_key(i)), "undefined"));
    }
    CLAIM(bl_is_nil(bl_get_all()));
}

CASE(pdict, heavy)
{
    clear();
    use_heavily(50);
    use_heavily(500);
    use_heavily(5000);
    use_heavily(full(50000, 50000));
}

CASE(pdict, simple_all_keys)
{
    clear();
    for (int64_t i = full(1000, 1000); i > 0; i--) {
        bl_put(text_key(i), atom("value"));
        match_keys();
    }
    for (bl_term keys = bl_get_keys(); bl_is_cons(keys); keys = bl_tail(keys)) {
        CLAIM(is_atom(bl_erase(bl_head(keys)), "value"));
        match_keys();
    }
    CLAIM(bl_is_nil(bl_get_keys()) && bl_is_nil(bl_get_all()));
}

static void have_a_dictionary(bl_term parent)
{
    clear();
    put_texts();
    BL_SEND(bl_to_pid(parent), "{%p, %t}", bl_self(), bl_get_all());
    BL_RECEIVE {
        BL_ON("bye") {}
    }
}

/* Another sees it by process_info(). */
CASE(pdict, info)
{
    bl_term dictionary = {0};
    bl_trap_exit(true);
    bl_pid p = bl_spawn_link(have_a_dictionary, bl_from_pid(bl_self()));
    BL_RECEIVE {
        BL_ON("{%=p, %t}", p, &dictionary) {}
    }
    CLAIM(length(dictionary) == sizeof letters - 1);
    CLAIM(bl_same(bl_process_info(p, atom("dictionary")), BL_TUPLE(atom("dictionary"), dictionary)));
    bl_send(p, atom("bye"));
    BL_RECEIVE {
        BL_ON("{'EXIT', %=p, normal}", p) {}
    }
}

enum { KEYS = 10000, MOST_KEYS = 1024 };

struct mixture {
    struct random random;
    int64_t keys[MOST_KEYS]; /* that are in the dictionary */
    int64_t last_put[KEYS];
    int64_t n, steps;
};

static void grow(struct mixture *m)
{
    int64_t k = random_below(&m->random, KEYS);
    bl_term old = bl_put(bl_int(k), BL_TUPLE(bl_int(k), bl_int(m->steps)));
    if (is_atom(old, "undefined"))
        m->keys[m->n++] = k;
    else
        CLAIM(bl_same(old, BL_TUPLE(bl_int(k), bl_int(m->last_put[k]))));
    m->last_put[k] = m->steps;
}

static void shrink(struct mixture *m)
{
    unsigned i = random_below(&m->random, (unsigned)m->n);
    int64_t k = m->keys[i];
    if (m->steps % 16 == 0)
        bl_collect();
    CLAIM(bl_same(bl_erase(bl_int(k)), BL_TUPLE(bl_int(k), bl_int(m->last_put[k]))));
    m->keys[i] = m->keys[--m->n];
}

static struct mixture mixture;

/* Up and down at random, and in between it is collected. */
CASE(pdict, mixed)
{
    static const int64_t goals[] = {10, 0, 100, 50, 1000, 500, 600, 100, 150, 1, 11, 2, 30, 0};
    struct mixture *m = &mixture;
    *m = (struct mixture){.random.state = random_seed("mixed")};
    clear();
    for (unsigned g = 0; g < sizeof goals / sizeof goals[0]; g++)
        for (; m->n != goals[g]; m->steps++) {
            unsigned percent = m->n == 0 ? 100 : goals[g] > m->n ? 75 : 25;
            if (random_below(&m->random, 100) < percent)
                grow(m);
            else
                shrink(m);
            CLAIM(m->steps % 64 || length(bl_get_keys()) == (size_t)m->n);
        }
    CLAIM(bl_is_nil(bl_get_all()));
}

/* What was listed before is not changed by a put or an erase that comes later; nor is what was sent
 * or built of it. (Theirs: the tuple in the table is overwritten when nobody can see it.) */
CASE(pdict, destructive)
{
    clear();
    bl_term before = bl_nil();
    for (int64_t i = 0; i < 100; i++) {
        for (int64_t k = 0; k < 10; k++)
            bl_put(bl_int(k), bl_int(i * 10 + k));
        before = bl_cons(bl_get_all(), before);
        if (i % 7 == 0)
            bl_collect();
    }
    for (int64_t k = 0; k < 10; k++)
        bl_erase(bl_int(k));
    for (int64_t i = 99; i >= 0; i--, before = bl_tail(before)) {
        bl_term all = bl_head(before);
        for (int64_t k = 0; k < 10; k++, all = bl_tail(all))
            CLAIM(bl_same(bl_head(all), BL_TUPLE(bl_int(k), bl_int(i * 10 + k))));
        CLAIM(bl_is_nil(all));
    }
}
