/* Records of RFC 4180 become one column of string views per wanted field: the texts stay where they are.
 *
 * Only what had its doubled quotes undone is copied, one after the other, into a second buffer. */
#include "marks.h"
#include "texts.h"

typedef struct {
    marks found;
    const uint8_t *start, *end;
    uint8_t *unescaped; /* room for all of the data */
    int64_t used;
} source;

/* Read the rest of a field whose opening quote at `open` has been found; give its text, and whether that stands in the
 * second buffer. Return what is behind the closing quote; NULL: there is none. */
static const uint8_t *quoted(source *from, const uint8_t *open, const uint8_t **text, int64_t *size, int *copied) {
    const uint8_t *at = open + 1;
    int64_t first = from->used;
    *copied = 0;
    for (;;) {
        const uint8_t *quote;
        do quote = next_mark(&from->found);
        while (quote < from->end && *quote != '"');
        if (quote == from->end) return NULL;
        int doubled = quote + 1 < from->end && quote[1] == '"';
        if (*copied || doubled) {
            int64_t part = quote - at + doubled;
            memcpy(from->unescaped + from->used, at, (size_t)part);
            from->used += part;
            *copied = 1;
        }
        at = quote + 1 + doubled;
        if (!doubled) {
            *text = *copied ? from->unescaped + first : open + 1;
            *size = *copied ? from->used - first : quote - open - 1;
            return at;
        }
        next_mark(&from->found);
    }
}

/* Write a view; of a short text in the data all twelve bytes are read at once where there are as many. */
static inline void put_view(view *out, const source *from, const uint8_t *text, int64_t size, int copied) {
    out->length = (int32_t)size;
    if (size > INLINE_BYTES) {
        memcpy(out->prefix, text, 4);
        out->buffer = copied;
        out->offset = (int32_t)(text - (copied ? from->unescaped : from->start));
    } else if (!copied && from->end - text >= INLINE_BYTES) {
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

static inline int among(const words *of, const uint8_t *text, int64_t size) {
    for (int64_t word = 0; word < of->count; word++)
        if (of->sizes[word] == size && memcmp(of->texts[word], text, (size_t)size) == 0) return 1;
    return 0;
}

/* Split `rows` records of `width` fields each. `slots[field]` is the column that a field goes to, or -1; of column c,
 * views[c * rows + row] is written, valid[c * bitmap + row / 8] loses its bit where the field is empty without quotes
 * or one of the null markers, and nulls[c] counts those. `used` is set to the bytes of `unescaped` that were needed.
 * Return how many records there are, -1 where the bytes are not such records. A view's offset has 31 bits: `size` is
 * INT32_MAX at most. Each slot is a field's but once, and the delimiter is ASCII, so that texts of UTF-8 are UTF-8. */
int64_t split_records(const uint8_t *data, int64_t size, uint8_t delimiter, const int32_t *slots, int64_t width,
                      int64_t rows, view *views, uint8_t *valid, int64_t bitmap, int64_t *nulls, uint8_t *unescaped,
                      int64_t *used, const uint8_t *const *null_texts, const int64_t *null_sizes, int64_t null_count) {
    source from = {marks_of(data, size, delimiter, '"'), data, data + size, unescaped, 0};
    const words markers = {null_texts, null_sizes, null_count};
    const uint8_t *at = data;
    int64_t row = 0;
    while (at < from.end) {
        if (row == rows) return -1;
        for (int64_t field = 0; field < width; field++) {
            const uint8_t *text = at, *stop = next_mark(&from.found);
            int64_t length;
            int copied = 0, is_quoted = stop == at && at < from.end && *at == '"';
            if (is_quoted) {
                at = quoted(&from, at, &text, &length, &copied);
                if (!at) return -1;
                stop = next_mark(&from.found);
                int crlf = stop == at + 1 && stop < from.end && *at == '\r' && *stop == '\n';
                if (stop != at && !(crlf && field == width - 1)) return -1;
            } else {
                while (stop < from.end && *stop == '"') stop = next_mark(&from.found);
                length = stop - text;
                if (length && stop < from.end && *stop == '\n' && stop[-1] == '\r') length--;
            }
            at = stop;
            int last = at == from.end || *at == '\n';
            if (last != (field == width - 1)) return -1;
            at += at < from.end;
            int32_t slot = slots[field];
            if (slot < 0) continue;
            if ((!length && !is_quoted) || (markers.count && among(&markers, text, length))) {
                valid[slot * bitmap + (row >> 3)] &= (uint8_t)~(1 << (row & 7));
                nulls[slot]++;
                length = 0;
            }
            put_view(views + slot * rows + row, &from, text, length, copied);
        }
        row++;
    }
    *used = from.used;
    return row;
}
