/* Find the records of a window whose quotes are regular: each quoted field is quoted from its start to its end. */
#include "kernel.h"
#include "marks.h"

#define IRREGULAR (-1)
#define NO_ROOM (-2)

/* Check that each CR stands before an LF. */
static int all_crlf(const uint8_t *data, int64_t size) {
    const uint8_t *end = data + size;
    for (const uint8_t *at = data; (at = memchr(at, '\r', (size_t)(end - at))); at++)
        if (end - at < 2 || at[1] != '\n') return 0;
    return 1;
}

/* What the marks after an opening quote say about the field. */
enum quoted { CLOSED, STILL_OPEN, NOT_REGULAR };

/* Move the cursor past the quote that closes a field, and count the line feeds before it in `*lines`. */
static inline enum quoted skip_quoted(marks *cursor, const uint8_t *end, uint8_t delimiter, uint8_t quote,
                                      int64_t *lines) {
    for (;;) {
        const uint8_t *at = next_mark(cursor);
        if (at == end) return STILL_OPEN;
        if (*at == '\n') ++*lines;
        if (*at != quote) continue;
        if (at + 1 == end || at[1] == delimiter || at[1] == '\n' || at[1] == '\r') return CLOSED;
        if (at[1] != quote) return NOT_REGULAR;
        next_mark(cursor); /* the second half of a doubled quote */
    }
}

/* Find the records that end in the window. With `final`, the last record ends with the data. For each record, set
 * `ends` to the place after its last field, `nexts` to the place after its line end, `fields` to its number of fields
 * (0: the line is empty) and `lines` to the number of line ends up to and including its own. Each array has room for
 * `room` records. `quote` is the delimiter if no character quotes. Return the number of records, IRREGULAR if a quote
 * stands anywhere else or a CR stands without its LF, or NO_ROOM. */
IJ_EXPORT int64_t ij_find_records(const uint8_t *data, int64_t size, int64_t final, uint8_t delimiter, uint8_t quote,
                                  int64_t *ends, int64_t *nexts, int32_t *fields, int64_t *lines, int64_t room) {
    if (!all_crlf(data, size)) return IRREGULAR;
    marks cursor = marks_of(data, size, delimiter, quote);
    const uint8_t *end = data + size, *start = data, *field = data;
    int64_t count = 0, line = 0;
    int32_t delimiters = 0;
    for (;;) {
        const uint8_t *at = next_mark(&cursor);
        if (at == end) {
            if (!final || start == end) return count;
        } else if (*at == delimiter) {
            delimiters++;
            field = at + 1;
            continue;
        } else if (*at == quote) {
            if (at != field) return IRREGULAR;
            enum quoted state = skip_quoted(&cursor, end, delimiter, quote, &line);
            if (state != CLOSED) return state == STILL_OPEN ? count : IRREGULAR;
            continue;
        }
        if (count == room) return NO_ROOM;
        int64_t stop = at - data - (at < end && at > start && at[-1] == '\r');
        ends[count] = stop;
        nexts[count] = at < end ? at - data + 1 : size;
        fields[count] = stop == start - data ? 0 : delimiters + 1;
        lines[count++] = ++line;
        if (at == end) return count;
        start = field = at + 1;
        delimiters = 0;
    }
}
