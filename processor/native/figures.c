/* Measure one column of a chunk: nulls, lengths, minimum, maximum, and a sketch of its distinct texts. */
#include "kernel.h"
#include "texts.h"
#include "values.h"

/* The order is that of `Order` in figures.py. */
enum order { BY_BYTES, BY_WHOLE_NUMBER, BY_NUMBER };

/* `characters` counts those of all texts. `least` and `greatest` are rows, or -1 if no text can be ordered. */
typedef struct {
    int64_t nulls, characters, shortest, longest, least, greatest;
} figures;

/* The keys of the rows `least` and `greatest`, in the representation that the order compares. */
typedef struct {
    int64_t least_whole, greatest_whole;
    double least_number, greatest_number;
    uint64_t least_prefix, greatest_prefix;
} extremes;

/* Multiply to 128 bits and fold, so that each bit of the result depends on all bits of both (W. Yi, wyhash). */
static inline uint64_t mix(uint64_t one, uint64_t other) {
    __uint128_t product = (__uint128_t)one * other;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t word_at(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, 8);
    return word;
}

static uint64_t hash_of(const texts *column, int64_t row) {
    const view *at = column->views + row;
    uint64_t hash = 0xa0761d6478bd642full;
    if (at->length <= INLINE_BYTES) {
        uint32_t tail;
        memcpy(&tail, at->bytes + 8, 4);
        hash = mix(hash ^ word_at(at->bytes), tail ^ 0xe7037ed1a0b428dbull);
    } else {
        const uint8_t *text = text_at(column, row), *end = text + at->length;
        for (; end - text > 16; text += 16)
            hash = mix(hash ^ word_at(text), word_at(text + 8) ^ 0x8ebc6af09c88c6e3ull);
        /* The text has more than 12 bytes: a word may begin before `text` and overlap the one before it. */
        hash = mix(hash ^ word_at(end - text >= 8 ? text : end - 8), word_at(end - 8) ^ 0x589965cc75374cc3ull);
    }
    /* The length is mixed in last: mixed in with the first bytes, these could cancel out a difference in length. */
    return mix(hash ^ 0x1d8e4e27c47d124full, (uint64_t)at->length ^ 0xeb44accab455d165ull);
}

/* Insert a hash into the sketch, which holds the `*filled` smallest distinct hashes in order, and at most `room`. */
static void insert_hash(uint64_t hash, uint64_t *sketch, int64_t *filled, int64_t room) {
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

/* Return the first eight bytes of a text, padded with zeros, as a number that sorts as the bytes do. */
static inline uint64_t prefix_of(const view *at, const uint8_t *text) {
    return __builtin_bswap64(word_at(at->length <= INLINE_BYTES ? at->bytes : text));
}

/* The hash of a text, the first row that has it, and the number of rows that have it; `count` is 0 in a free slot. */
typedef struct {
    uint64_t hash;
    int64_t row, count;
} counted;

static inline int ranks_before(const counted *one, const counted *other) {
    return one->count > other->count || (one->count == other->count && one->row < other->row);
}

/* Count the texts of a column, without nulls. Write the `wanted` (at least one) most frequent texts to `best`, the most
 * frequent first and, among equally frequent ones, the earlier first. Return how many were written. `table` has `slots`
 * zeroed slots: a power of two, and at least twice the number of rows. */
IJ_EXPORT int64_t ij_most_frequent_texts(const array *batch, int64_t column, counted *table, int64_t slots,
                                         counted *best, int64_t wanted) {
    const texts values = texts_of(batch->children[column]);
    for (int64_t row = 0; row < batch->length; row++) {
        if (is_null(&values, row)) continue;
        uint64_t hash = hash_of(&values, row);
        int64_t slot = (int64_t)(hash & (uint64_t)(slots - 1));
        while (table[slot].count && table[slot].hash != hash) slot = (slot + 1) & (slots - 1);
        if (!table[slot].count) table[slot] = (counted){hash, row, 0};
        table[slot].count++;
    }
    int64_t written = 0;
    for (int64_t slot = 0; slot < slots; slot++) {
        if (!table[slot].count || (written == wanted && !ranks_before(table + slot, best + written - 1))) continue;
        int64_t rank = written < wanted ? written++ : written - 1;
        for (; rank && ranks_before(table + slot, best + rank - 1); rank--) best[rank] = best[rank - 1];
        best[rank] = table[slot];
    }
    return written;
}

static int sorts_before(const texts *column, int64_t one, int64_t other) {
    int64_t length = column->views[one].length, other_length = column->views[other].length;
    int64_t shared = length < other_length ? length : other_length;
    int order = memcmp(text_at(column, one), text_at(column, other), (size_t)shared);
    return order ? order < 0 : length < other_length;
}

/* Compare a text with the minimum and the maximum so far, and replace them. A text that is not a number has no place in
 * an order of numbers. */
static inline void compare_text(const texts *column, int64_t row, int64_t order, const uint8_t *text, int64_t size,
                                figures *result, extremes *keys) {
    if (order == BY_WHOLE_NUMBER) {
        int64_t value;
        if (!whole_number(text, size, &value)) return;
        if (result->least < 0 || value < keys->least_whole) result->least = row, keys->least_whole = value;
        if (result->greatest < 0 || value > keys->greatest_whole) result->greatest = row, keys->greatest_whole = value;
    } else if (order == BY_NUMBER) {
        double value;
        if (!number(text, size, &value)) return;
        if (result->least < 0 || value < keys->least_number) result->least = row, keys->least_number = value;
        if (result->greatest < 0 || value > keys->greatest_number)
            result->greatest = row, keys->greatest_number = value;
    } else {
        uint64_t prefix = prefix_of(column->views + row, text);
        if (result->least < 0 || (prefix <= keys->least_prefix && sorts_before(column, row, result->least)))
            result->least = row, keys->least_prefix = prefix;
        if (result->greatest < 0 || (prefix >= keys->greatest_prefix && sorts_before(column, result->greatest, row)))
            result->greatest = row, keys->greatest_prefix = prefix;
    }
}

/* Measure a column: fill `into`, and insert the hashes of its texts into `sketch`, which has room for `room` hashes and
 * already holds `*filled`. `ascii` says that all texts are ASCII. */
IJ_EXPORT void ij_measure_column(const array *batch, int64_t column, int64_t order, int64_t ascii, figures *into,
                                 uint64_t *sketch, int64_t *filled, int64_t room) {
    enum { RECENT = 2048 };
    uint64_t recent[RECENT] = {0}; /* hashes inserted lately: a column of few distinct texts finds most of them here */
    const texts values = texts_of(batch->children[column]);
    figures result = {0, 0, -1, -1, -1, -1};
    extremes keys = {0};
    for (int64_t row = 0; row < batch->length; row++) {
        if (is_null(&values, row)) {
            result.nulls++;
            continue;
        }
        int64_t size = values.views[row].length;
        const uint8_t *text = text_at(&values, row);
        int64_t length = ascii ? size : characters(text, size);
        result.characters += length;
        if (result.shortest < 0 || length < result.shortest) result.shortest = length;
        if (length > result.longest) result.longest = length;

        uint64_t hash = hash_of(&values, row);
        if ((*filled < room || hash < sketch[room - 1]) && recent[hash % RECENT] != hash) {
            insert_hash(hash, sketch, filled, room);
            recent[hash % RECENT] = hash;
        }
        compare_text(&values, row, order, text, size, &result, &keys);
    }
    *into = result;
}
