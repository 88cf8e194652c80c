/* The records of a window whose quotes are all regular: each opens a field, and closes before its end. */
#include "marks.h"

#define IRREGULAR (-1)

/* Tell whether each CR stands before an LF. */
static int all_crlf(const uint8_t *data, int64_t size) {
    const uint8_t *end = data + size;
    for (const uint8_t *at = data; (at = memchr(at, '\r', (size_t)(end - at))); at++)
        if (end - at < 2 || at[1] != '\n') return 0;
    return 1;
}

/* Find the records that end in the window; the last one ends with the data where `final` holds. Per record, `ends` is
 * set to the place behind its last field, `nexts` to the one behind its line end, `fields` to how many it has (0: the
 * line is empty) and `lines` to the line ends up to and with its own. Each has room for `room` records. `quote` is the
 * delimiter where nothing quotes. Return how many records there are, IRREGULAR where a quote stands anywhere else or a
 * CR without its LF, and -2 where there is no room. */
int64_t find_records(const uint8_t *data, int64_t size, int64_t final, uint8_t delimiter, uint8_t quote, int64_t *ends,
                     int64_t *nexts, int32_t *fields, int64_t *lines, int64_t room) {
    if (!all_crlf(data, size)) return IRREGULAR;
    marks found = marks_of(data, size, delimiter, quote);
    const uint8_t *end = data + size, *start = data, *field = data;
    int64_t count = 0, line = 0;
    int32_t delimiters = 0;
    for (;;) {
        const uint8_t *at = next_mark(&found);
        if (at == end) {
            if (!final || start == end) return count;
        } else if (*at == delimiter) {
            delimiters++;
            field = at + 1;
            continue;
        } else if (*at == quote) {
            if (at != field) return IRREGULAR;
            for (;;) { /* to the quote that closes */
                at = next_mark(&found);
                if (at == end) return count;
                if (*at == '\n') line++;
                if (*at != quote) continue;
                if (at + 1 == end || at[1] == delimiter || at[1] == '\n' || at[1] == '\r') break;
                if (at[1] != quote) return IRREGULAR;
                next_mark(&found);
            }
            continue;
        }
        if (count == room) return -2;
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
