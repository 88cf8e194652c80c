/* Columns of texts become rows of a binary COPY (PostgreSQL, "Binary Format" of COPY). */
#include "texts.h"
#include "values.h"

/* What a column's texts become. */
typedef struct {
    int64_t form, precision, scale;
} kind;

/* Return the length of the longest text of a column that is not null. */
int64_t longest_text(const array *batch, int64_t place) {
    const texts of = texts_of(batch->children[place]);
    int64_t longest = 0;
    for (int64_t row = 0; row < batch->length; row++)
        if (of.views[row].length > longest && !is_null(&of, row)) longest = of.views[row].length;
    return longest;
}

/* Set mask[row] where the text of a column is null or has a sure value; return how many have none.
 * `scratch` has room for the longest text and VALUE_OVERHEAD bytes. */
int64_t sure_values(const array *batch, int64_t place, const kind *as, uint8_t *mask, uint8_t *scratch) {
    const texts of = texts_of(batch->children[place]);
    int64_t unsure = 0;
    for (int64_t row = 0; row < batch->length; row++) {
        mask[row] = is_null(&of, row) || read_value(as->form, as->precision, as->scale, text_at(&of, row),
                                                    of.views[row].length, scratch) >= 0;
        unsure += !mask[row];
    }
    return unsure;
}

static inline uint8_t *put_size(uint8_t *out, int64_t size) {
    uint32_t swapped = __builtin_bswap32((uint32_t)size);
    memcpy(out, &swapped, 4);
    return out + 4;
}

/* Copy a text; up to 32 bytes in two moves that may overlap, where a call of memcpy takes longer than they do. */
static inline void put_text(uint8_t *out, const uint8_t *text, int64_t size) {
    if (size > 32) {
        memcpy(out, text, (size_t)size);
    } else if (size > 16) {
        memcpy(out, text, 16);
        memcpy(out + size - 16, text + size - 16, 16);
    } else if (size >= 8) {
        memcpy(out, text, 8);
        memcpy(out + size - 8, text + size - 8, 8);
    } else {
        for (int64_t at = 0; at < size; at++) out[at] = text[at];
    }
}

static inline uint8_t *put_number(uint8_t *out, int64_t number) {
    uint64_t swapped = __builtin_bswap64((uint64_t)number);
    out = put_size(out, 8);
    memcpy(out, &swapped, 8);
    return out + 8;
}

/* Write rows from `*row` on while they surely fit into `*room` bytes, advance `*row`, and return the bytes written; -1
 * where a text has no sure value. Where not even one row fits nothing is written: `*room` is then what it needs.
 * `columns` has room for one entry per column. */
int64_t copy_rows(const array *batch, const kind *as, texts *columns, int64_t *row, uint8_t *out, int64_t *room) {
    int64_t count = batch->n_children;
    uint8_t *at = out;
    const uint8_t *end = out + *room;
    for (int64_t place = 0; place < count; place++) columns[place] = texts_of(batch->children[place]);
    for (; *row < batch->length; ++*row) {
        int64_t needed = 2 + count * (4 + VALUE_OVERHEAD);
        for (int64_t place = 0; place < count; place++)
            if (as[place].form != WHOLE && !is_null(columns + place, *row)) needed += columns[place].views[*row].length;
        if (end - at < needed) {
            if (at == out) *room = needed;
            break;
        }
        uint16_t fields = __builtin_bswap16((uint16_t)count);
        memcpy(at, &fields, 2);
        at += 2;
        for (int64_t place = 0; place < count; place++) {
            const texts *of = columns + place;
            if (is_null(of, *row)) {
                at = put_size(at, -1);
            } else if (as[place].form == WHOLE) {
                const array *numbers = batch->children[place];
                at = put_number(at, ((const int64_t *)numbers->buffers[1])[numbers->offset + *row]);
            } else if (as[place].form <= SAME) {
                int64_t size = of->views[*row].length;
                at = put_size(at, size);
                put_text(at, text_at(of, *row), size);
                at += size;
            } else {
                const kind *to = as + place;
                int64_t size = read_value(to->form, to->precision, to->scale, text_at(of, *row),
                                          of->views[*row].length, at + 4);
                if (size < 0) return -1;
                at = put_size(at, size) + size;
            }
        }
    }
    return at - out;
}
