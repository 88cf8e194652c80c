/* Join the records of a chunk as RFC 4180: some are copied, those with irregular quotes or escapes are rewritten. */
#include "kernel.h"
#include "reading.h"

/* What happens to a record. */
enum action { DROP, COPY, REWRITE };

/* Where values are written: the canonical delimiter, the next place, and whether the value needs quotes. */
typedef struct {
    uint8_t delimiter, *at;
    int needs_quotes;
} writer;

static inline void put(writer *to, uint8_t byte) {
    if (byte == '"') *to->at++ = byte;
    to->needs_quotes |= byte == '"' || is_line_end(byte) || byte == to->delimiter;
    *to->at++ = byte;
}

static inline int is_delimiter(const uint8_t *at, const uint8_t *end, const dialect *of) {
    if (*at != of->delimiter || end - at <= of->more) return 0;
    for (int64_t more = 0; more < of->more; more++)
        if (at[1 + more] != of->rest[more]) return 0;
    return 1;
}

/* Write what an escape and the byte behind it mean: it acts before a mark, and is text before anything else. */
static inline const uint8_t *put_escaped(writer *to, const uint8_t *at, const dialect *of) {
    uint8_t next = at[1];
    int acts = next == of->delimiter || next == of->quote || next == of->escape || is_line_end(next);
    if (!acts) put(to, at[0]);
    put(to, next);
    return at + 2;
}

/* Write the text in quotes from `at` on, and return the place behind the closing quote. */
static const uint8_t *put_quoted(writer *to, const uint8_t *at, const uint8_t *end, const dialect *of) {
    while (at < end) {
        if (*at == of->quote) {
            if (at + 1 == end || at[1] != of->quote) return at + 1;
            put(to, *at);
            at += 2;
        } else if (*at == of->escape && at + 1 < end) {
            at = put_escaped(to, at, of);
        } else {
            put(to, *at++);
        }
    }
    return at;
}

/* Write the field at `at`, in quotes if it has some or needs them, and return the place behind it. */
static const uint8_t *put_field(writer *to, const uint8_t *at, const uint8_t *end, const dialect *of) {
    const uint8_t *text = at;
    while (of->skips_space && text < end && is_white(*text, of)) text++;
    int is_quoted = text < end && *text == of->quote;
    uint8_t *first = to->at;
    *to->at++ = '"';
    to->needs_quotes = is_quoted;
    if (is_quoted) {
        at = put_quoted(to, text + 1, end, of);
        if (at < end && *at == of->escape) put(to, *at++); /* behind a quote it is text */
    }
    while (at < end && !is_delimiter(at, end, of)) {
        if (*at == of->escape && at + 1 < end)
            at = put_escaped(to, at, of);
        else
            put(to, *at++);
    }
    if (to->needs_quotes) {
        *to->at++ = '"';
    } else {
        memmove(first, first + 1, (size_t)(to->at - first - 1));
        to->at--;
    }
    return at;
}

static void put_record(writer *to, const uint8_t *at, const uint8_t *end, const dialect *of) {
    for (;;) {
        at = put_field(to, at, end, of);
        if (at == end) break;
        *to->at++ = to->delimiter;
        at += 1 + of->more;
    }
    *to->at++ = '\n';
}

static void put_kept(writer *to, const uint8_t *data, const uint8_t *removed, int64_t start, int64_t stop) {
    if (!removed) {
        memcpy(to->at, data + start, (size_t)(stop - start));
        to->at += stop - start;
        return;
    }
    for (int64_t at = start; at < stop; at++) {
        *to->at = data[at];
        to->at += !removed[at];
    }
}

/* Write `rows` records to `out`, and return the number of bytes. A record to COPY is changed[starts, nexts) without the
 * bytes that `removed` marks (NULL: none), one to REWRITE is made of data[starts, ends) and ends with LF. `delimiter` is
 * the canonical one. `out` has room for the records that are copied, and for 3 bytes and 4 times the size of each other
 * one: each byte may be a quote to double, or a field to enclose. */
IJ_EXPORT int64_t ij_join_records(const uint8_t *data, const uint8_t *changed, const uint8_t *removed,
                                  const int64_t *starts, const int64_t *ends, const int64_t *nexts,
                                  const uint8_t *actions, int64_t rows, const dialect *of, uint8_t delimiter,
                                  uint8_t *out) {
    writer to = {delimiter, out, 0};
    for (int64_t row = 0; row < rows; row++) {
        if (actions[row] == REWRITE) {
            put_record(&to, data + starts[row], data + ends[row], of);
        } else if (actions[row] == COPY) {
            int64_t first = row;
            while (row + 1 < rows && actions[row + 1] == COPY) row++;
            put_kept(&to, changed, removed, starts[first], nexts[row]);
        }
    }
    return to.at - out;
}
