/* The figures of one column of a chunk: nulls, lengths, the ends of its order, and a sketch of its distinct texts. */
#include "texts.h"
#include "values.h"

enum order { BY_BYTES, BY_WHOLE_NUMBER, BY_NUMBER };

/* `characters` of all texts; `least` and `greatest` are rows, or -1 where no text has a place in the order. */
typedef struct {
    int64_t nulls, characters, shortest, longest, least, greatest;
} figures;

/* Multiply to 128 bits and fold: each bit of the result depends on all of both (W. Yi, wyhash). */
static inline uint64_t mixed(uint64_t one, uint64_t other) {
    __uint128_t product = (__uint128_t)one * other;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t word_at(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, 8);
    return word;
}

static uint64_t hashed(const texts *of, int64_t row) {
    const view *at = of->views + row;
    uint64_t hash = 0xa0761d6478bd642full;
    if (at->length <= INLINE_BYTES) {
        uint32_t tail;
        memcpy(&tail, at->bytes + 8, 4);
        hash = mixed(hash ^ word_at(at->bytes), tail ^ 0xe7037ed1a0b428dbull);
    } else {
        const uint8_t *text = text_at(of, row), *end = text + at->length;
        for (; end - text > 16; text += 16)
            hash = mixed(hash ^ word_at(text), word_at(text + 8) ^ 0x8ebc6af09c88c6e3ull);
        /* more than 12 bytes are there: what is read may begin before `text`, or overlap */
        hash = mixed(hash ^ word_at(end - text >= 8 ? text : end - 8), word_at(end - 8) ^ 0x589965cc75374cc3ull);
    }
    /* the length comes last: beside the first bytes, one of them could make up for another length */
    return mixed(hash ^ 0x1d8e4e27c47d124full, (uint64_t)at->length ^ 0xeb44accab455d165ull);
}

/* Enter a hash among the `*filled` least ones, which are sorted and different; `room` of them are kept. */
static void enter(uint64_t hash, uint64_t *sketch, int64_t *filled, int64_t room) {
    int64_t low = 0, high = *filled;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (sketch[middle] < hash) low = middle + 1;
        else high = middle;
    }
    if (low < *filled && sketch[low] == hash) return;
    int64_t moved = (*filled < room ? *filled : room - 1) - low;
    memmove(sketch + low + 1, sketch + low, (size_t)moved * sizeof *sketch);
    sketch[low] = hash;
    *filled += *filled < room;
}

/* The first eight bytes of a text as a number that is ordered as they are; zeros stand for those it does not have. */
static inline uint64_t prefix_of(const view *at, const uint8_t *text) {
    return __builtin_bswap64(word_at(at->length <= INLINE_BYTES ? at->bytes : text));
}

/* A text's hash, the first row that has it, and how many have; none has an empty place. */
typedef struct {
    uint64_t hash;
    int64_t row, count;
} counted;

static inline int comes_before(const counted *one, const counted *other) {
    return one->count > other->count || (one->count == other->count && one->row < other->row);
}

/* Count the texts of a column, nulls left out. The `wanted` (one at least) most frequent are written to `best` in
 * order, of those alike in that the earlier first; return how many there are. `table` has `places` of zeros, a power
 * of two and twice as many as there are rows, or more. */
int64_t most_frequent(const array *batch, int64_t place, counted *table, int64_t places, counted *best, int64_t wanted) {
    const texts of = texts_of(batch->children[place]);
    for (int64_t row = 0; row < batch->length; row++) {
        if (is_null(&of, row)) continue;
        uint64_t hash = hashed(&of, row);
        int64_t at = (int64_t)(hash & (uint64_t)(places - 1));
        while (table[at].count && table[at].hash != hash) at = (at + 1) & (places - 1);
        if (!table[at].count) table[at] = (counted){hash, row, 0};
        table[at].count++;
    }
    int64_t found = 0;
    for (int64_t at = 0; at < places; at++) {
        if (!table[at].count || (found == wanted && !comes_before(table + at, best + found - 1))) continue;
        int64_t to = found < wanted ? found++ : found - 1;
        for (; to && comes_before(table + at, best + to - 1); to--) best[to] = best[to - 1];
        best[to] = table[at];
    }
    return found;
}

static int precedes(const texts *of, int64_t one, int64_t other) {
    int64_t length = of->views[one].length, against = of->views[other].length;
    int order = memcmp(text_at(of, one), text_at(of, other), (size_t)(length < against ? length : against));
    return order ? order < 0 : length < against;
}

/* Measure a column: `into` is filled, `sketch` (of `room` hashes, `*filled` of them there) takes the hashes in.
 * `ascii`: no text has another character. */
void measure(const array *batch, int64_t place, int64_t order, int64_t ascii, figures *into, uint64_t *sketch,
             int64_t *filled, int64_t room) {
    enum { RECENT = 2048 };
    uint64_t recent[RECENT] = {0}; /* hashes entered lately: of few distinct texts most are here */
    const texts of = texts_of(batch->children[place]);
    figures found = {0, 0, -1, -1, -1, -1};
    int64_t least_whole = 0, greatest_whole = 0;
    double least = 0, greatest = 0;
    uint64_t least_prefix = 0, greatest_prefix = 0;
    for (int64_t row = 0; row < batch->length; row++) {
        if (is_null(&of, row)) {
            found.nulls++;
            continue;
        }
        int64_t size = of.views[row].length;
        const uint8_t *text = text_at(&of, row);
        int64_t length = ascii ? size : characters(text, size);
        found.characters += length;
        if (found.shortest < 0 || length < found.shortest) found.shortest = length;
        if (length > found.longest) found.longest = length;

        uint64_t hash = hashed(&of, row);
        if ((*filled < room || hash < sketch[room - 1]) && recent[hash % RECENT] != hash) {
            enter(hash, sketch, filled, room);
            recent[hash % RECENT] = hash;
        }

        if (order == BY_WHOLE_NUMBER) {
            int64_t value;
            if (!whole_number(text, size, &value)) continue;
            if (found.least < 0 || value < least_whole) found.least = row, least_whole = value;
            if (found.greatest < 0 || value > greatest_whole) found.greatest = row, greatest_whole = value;
        } else if (order == BY_NUMBER) {
            double value;
            if (!number(text, size, &value)) continue;
            if (found.least < 0 || value < least) found.least = row, least = value;
            if (found.greatest < 0 || value > greatest) found.greatest = row, greatest = value;
        } else {
            uint64_t prefix = prefix_of(of.views + row, text);
            if (found.least < 0 || (prefix <= least_prefix && precedes(&of, row, found.least)))
                found.least = row, least_prefix = prefix;
            if (found.greatest < 0 || (prefix >= greatest_prefix && precedes(&of, found.greatest, row)))
                found.greatest = row, greatest_prefix = prefix;
        }
    }
    *into = found;
}
