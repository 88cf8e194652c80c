/* Split records of RFC 4180 into one column of string views for each wanted field, without copying the texts.
 *
 * Only fields with doubled quotes are copied, without the doubling, one after the other into a second buffer. */
#include "kernel.h"
#include "marks.h"
#include "texts.h"

typedef struct {
    marks cursor;
    const uint8_t *start, *end;
    uint8_t *unescaped; /* the second buffer: room for all of the data */
    int64_t used;
} source;

/* A field: its text, whether that is in the second buffer, and whether it was enclosed in quotes. */
typedef struct {
    const uint8_t *text;
    int64_t size;
    int is_copied, is_quoted;
} field;

/* Read the rest of a field whose opening quote is at `open`. Return the place after the closing quote, or NULL if
 * there is none. */
static const uint8_t *read_quoted(source *from, const uint8_t *open, field *into) {
    const uint8_t *at = open + 1;
    int64_t first = from->used;
    into->is_copied = 0;
    for (;;) {
        const uint8_t *quote;
        do quote = next_mark(&from->cursor);
        while (quote < from->end && *quote != '"');
        if (quote == from->end) return NULL;
        int is_doubled = quote + 1 < from->end && quote[1] == '"';
        if (into->is_copied || is_doubled) {
            int64_t part = quote - at + is_doubled;
            memcpy(from->unescaped + from->used, at, (size_t)part);
            from->used += part;
            into->is_copied = 1;
        }
        at = quote + 1 + is_doubled;
        if (!is_doubled) {
            into->text = into->is_copied ? from->unescaped + first : open + 1;
            into->size = into->is_copied ? from->used - first : quote - open - 1;
            return at;
        }
        next_mark(&from->cursor);
    }
}

/* Read the field at `at`, the last of its record if `is_last`. Return the place after the field and its delimiter or
 * line end, or NULL if the bytes are not such a field. */
static inline const uint8_t *read_field(source *from, const uint8_t *at, int is_last, field *into) {
    const uint8_t *stop = next_mark(&from->cursor);
    into->text = at;
    into->is_copied = 0;
    into->is_quoted = stop == at && at < from->end && *at == '"';
    if (into->is_quoted) {
        at = read_quoted(from, at, into);
        if (!at) return NULL;
        stop = next_mark(&from->cursor);
        int crlf = stop == at + 1 && stop < from->end && *at == '\r' && *stop == '\n';
        if (stop != at && !(crlf && is_last)) return NULL;
    } else {
        while (stop < from->end && *stop == '"') stop = next_mark(&from->cursor);
        into->size = stop - into->text;
        if (into->size && stop < from->end && *stop == '\n' && stop[-1] == '\r') into->size--;
    }
    int ends_record = stop == from->end || *stop == '\n';
    if (ends_record != is_last) return NULL;
    return stop + (stop < from->end);
}

/* Write a view. If the data has 12 bytes from a short text on, all of them are read at once. */
static inline void put_view(view *out, const source *from, const field *of) {
    const uint8_t *text = of->text;
    int64_t size = of->size;
    out->length = (int32_t)size;
    if (size > INLINE_BYTES) {
        memcpy(out->prefix, text, 4);
        out->buffer = of->is_copied;
        out->offset = (int32_t)(text - (of->is_copied ? from->unescaped : from->start));
    } else if (!of->is_copied && from->end - text >= INLINE_BYTES) {
        uint64_t low;
        uint32_t high;
        memcpy(&low, text, 8);
        memcpy(&high, text + 8, 4);
        uint64_t bits = (uint64_t)size * 8;
        low &= bits >= 64 ? ~0ull : (1ull << bits) - 1;
        high &= bits <= 64 ? 0 : (uint32_t)((1ull << (bits - 64)) - 1);
        memcpy(out->bytes, &low, 8);
        memcpy(out->bytes + 8, &high, 4);
    } else {
        memset(out->bytes, 0, INLINE_BYTES);
        memcpy(out->bytes, text, (size_t)size);
    }
}

typedef struct {
    const uint8_t *const *texts;
    const int64_t *sizes;
    int64_t count;
} words;

static inline int is_among(const words *list, const field *of) {
    for (int64_t word = 0; word < list->count; word++)
        if (list->sizes[word] == of->size && memcmp(list->texts[word], of->text, (size_t)of->size) == 0) return 1;
    return 0;
}

/* Split `rows` records of `width` fields each. `slots[place]` is the column that the field at that place goes to, or
 * -1. For column c, write views[c * rows + row], clear the bit of valid[c * bitmap + row / 8] if the field is empty
 * without quotes or a null marker, and count these in nulls[c]. Set `used` to the number of bytes written to
 * `unescaped`. Return the number of records, or -1 if the bytes are not such records.
 *
 * `size` is at most INT32_MAX, because the offset of a view has 31 bits. No two places share a column. The delimiter is
 * ASCII, so that the texts are UTF-8 if the data is. */
IJ_EXPORT int64_t ij_split_records(const uint8_t *data, int64_t size, uint8_t delimiter, const int32_t *slots,
                                   int64_t width, int64_t rows, view *views, uint8_t *valid, int64_t bitmap,
                                   int64_t *nulls, uint8_t *unescaped, int64_t *used, const uint8_t *const *null_texts,
                                   const int64_t *null_sizes, int64_t null_count) {
    source from = {marks_of(data, size, delimiter, '"'), data, data + size, unescaped, 0};
    const words markers = {null_texts, null_sizes, null_count};
    const uint8_t *at = data;
    int64_t row = 0;
    while (at < from.end) {
        if (row == rows) return -1;
        for (int64_t place = 0; place < width; place++) {
            field of;
            at = read_field(&from, at, place == width - 1, &of);
            if (!at) return -1;
            int32_t slot = slots[place];
            if (slot < 0) continue;
            if ((!of.size && !of.is_quoted) || (markers.count && is_among(&markers, &of))) {
                valid[slot * bitmap + (row >> 3)] &= (uint8_t)~(1 << (row & 7));
                nulls[slot]++;
                of.size = 0;
            }
            put_view(views + slot * rows + row, &from, &of);
        }
        row++;
    }
    *used = from.used;
    return row;
}
