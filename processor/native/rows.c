/* Write columns of texts as the rows of a binary COPY (PostgreSQL, COPY, "Binary Format"). */
#include "kernel.h"
#include "texts.h"
#include "values.h"

/* The binary form of a column's texts. */
typedef struct {
    int64_t form, precision, scale;
} binary_form;

/* Return the size of the longest text of a column that is not null. */
IJ_EXPORT int64_t ij_longest_text(const array *batch, int64_t column) {
    const texts values = texts_of(batch->children[column]);
    int64_t longest = 0;
    for (int64_t row = 0; row < batch->length; row++)
        if (values.views[row].length > longest && !is_null(&values, row)) longest = values.views[row].length;
    return longest;
}

/* Set mask[row] to whether the text of a column is null or has an exact value, and return how many have none.
 * `scratch` has room for the longest text and VALUE_OVERHEAD bytes. */
IJ_EXPORT int64_t ij_mark_exact_values(const array *batch, int64_t column, const binary_form *to, uint8_t *mask,
                                       uint8_t *scratch) {
    const texts values = texts_of(batch->children[column]);
    int64_t inexact = 0;
    for (int64_t row = 0; row < batch->length; row++) {
        mask[row] = is_null(&values, row) || read_value(to->form, to->precision, to->scale, text_at(&values, row),
                                                        values.views[row].length, scratch) >= 0;
        inexact += !mask[row];
    }
    return inexact;
}

static inline uint8_t *put_size(uint8_t *out, int64_t size) {
    uint32_t swapped = __builtin_bswap32((uint32_t)size);
    memcpy(out, &swapped, 4);
    return out + 4;
}

/* Copy a text. Up to 32 bytes are copied by two moves that may overlap; a call of memcpy takes longer than these. */
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

/* Return the most bytes that a row can take. */
static inline int64_t row_bytes(const texts *columns, const binary_form *forms, int64_t count, int64_t row) {
    int64_t bytes = 2 + count * (4 + VALUE_OVERHEAD);
    for (int64_t column = 0; column < count; column++)
        if (forms[column].form != WHOLE && !is_null(columns + column, row)) bytes += columns[column].views[row].length;
    return bytes;
}

/* Write one field, and return the place after it, or NULL if the text has no exact value. */
static inline uint8_t *put_field(uint8_t *out, const array *numbers, const texts *column, const binary_form *to,
                                 int64_t row) {
    if (is_null(column, row)) return put_size(out, -1);
    if (to->form == WHOLE) return put_number(out, ((const int64_t *)numbers->buffers[1])[numbers->offset + row]);
    int64_t size = column->views[row].length;
    if (to->form <= SAME) {
        out = put_size(out, size);
        put_text(out, text_at(column, row), size);
        return out + size;
    }
    size = read_value(to->form, to->precision, to->scale, text_at(column, row), size, out + 4);
    return size < 0 ? NULL : put_size(out, size) + size;
}

/* Write rows from `*row` on while they are certain to fit into `*room` bytes, and advance `*row`. Return the number of
 * bytes written, or -1 if a text has no exact value. If not even one row fits, write nothing and set `*room` to the
 * bytes that it needs. `columns` has room for one entry per column. */
IJ_EXPORT int64_t ij_copy_rows(const array *batch, const binary_form *forms, texts *columns, int64_t *row, uint8_t *out,
                               int64_t *room) {
    int64_t count = batch->n_children;
    uint8_t *at = out;
    const uint8_t *end = out + *room;
    for (int64_t column = 0; column < count; column++) columns[column] = texts_of(batch->children[column]);
    for (; *row < batch->length; ++*row) {
        int64_t needed = row_bytes(columns, forms, count, *row);
        if (end - at < needed) {
            if (at == out) *room = needed;
            break;
        }
        uint16_t fields = __builtin_bswap16((uint16_t)count);
        memcpy(at, &fields, 2);
        at += 2;
        for (int64_t column = 0; column < count; column++) {
            at = put_field(at, batch->children[column], columns + column, forms + column, *row);
            if (!at) return -1;
        }
    }
    return at - out;
}
