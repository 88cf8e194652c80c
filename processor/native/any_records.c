/* Find the records of any text by the rules of Python's csv reader, one byte at a time, in memory of a fixed size.
 *
 * The reader keeps its state between calls, so that a record may be larger than any window. */
#include <stdint.h>
#include <string.h>

#include "kernel.h"

/* The most bytes that a delimiter may have after its first. */
#define MOST_MORE 7

/* Where the reader is. A record and a field begin with the next byte; in a plain field; after its escape; in quotes;
 * after an escape there; after a quote that closes the field or is the first half of a doubled one; in a comment; there
 * behind a delimiter; and there in quotes, which end with the line. */
enum place {
    RECORD_START,
    FIELD_START,
    PLAIN,
    ESCAPED,
    QUOTED,
    QUOTED_ESCAPED,
    AFTER_QUOTE,
    COMMENT,
    COMMENT_FIELD,
    COMMENT_QUOTED
};

/* `delimiters`, `longest` (bytes of a field with its quotes) and `is_irregular` are of the record so far,
 * `field_bytes` of the field; `lines` counts the line ends so far, `opened` those before the field; `last` is the last
 * byte, and `used` the number of bytes that were read. */
typedef struct {
    int64_t place, delimiters, longest, field_bytes, is_irregular, lines, opened, last, used;
} reading;

/* `delimiter` is the first byte of the delimiter, which has `more` bytes, those in `rest`. */
typedef struct {
    int64_t delimiter, quote, escape, comment; /* -1: there is no such mark */
    int64_t more, rest[MOST_MORE];
} dialect;

typedef struct {
    int64_t *ends, *nexts;
    int32_t *fields;
    int64_t *lines, *longest;
    uint8_t *irregular;
    int64_t count, room;
} found;

static void end_field(reading *now, int64_t size) {
    if (size > now->longest) now->longest = size;
    now->field_bytes = 0;
    now->opened = now->lines;
}

static void end_record(reading *now, found *out, int64_t end, int64_t next) {
    int32_t count = now->place == RECORD_START ? 0 : (int32_t)(now->delimiters + 1);
    out->ends[out->count] = end;
    out->nexts[out->count] = next;
    out->fields[out->count] = now->place >= COMMENT ? -count : count;
    out->lines[out->count] = now->lines;
    out->longest[out->count] = now->longest;
    out->irregular[out->count++] = (uint8_t)now->is_irregular;
    now->place = RECORD_START;
    now->delimiters = now->longest = now->is_irregular = 0;
    now->opened = now->lines;
}

/* Return the place of the reader after a byte that ends neither a field nor a record. */
static enum place after_byte(reading *now, const dialect *of, uint8_t byte) {
    switch (now->place) {
    case RECORD_START:
    case FIELD_START:
        return byte == of->quote ? QUOTED : byte == of->escape ? ESCAPED : PLAIN;
    case PLAIN:
        now->is_irregular |= byte == of->quote;
        return byte == of->escape ? ESCAPED : PLAIN;
    case QUOTED:
        return byte == of->escape ? QUOTED_ESCAPED : byte == of->quote ? AFTER_QUOTE : QUOTED;
    case QUOTED_ESCAPED:
        return QUOTED;
    case AFTER_QUOTE:
        if (byte == of->quote) return QUOTED;
        now->is_irregular = 1;
        return PLAIN; /* even an escape is text here */
    case COMMENT:
        return COMMENT;
    case COMMENT_FIELD:
        return byte == of->quote ? COMMENT_QUOTED : COMMENT;
    case COMMENT_QUOTED:
        return byte == of->quote ? COMMENT : COMMENT_QUOTED;
    default:
        return PLAIN;
    }
}

/* What the bytes say that follow the first one of a delimiter. */
enum match { OTHER, DELIMITER, CUT_OFF };

/* Compare the `size` bytes from the first one of a delimiter on with the whole of it. */
static enum match match_delimiter(const uint8_t *data, int64_t size, const dialect *of) {
    for (int64_t more = 0; more < of->more; more++) {
        if (1 + more == size) return CUT_OFF;
        if (data[1 + more] != of->rest[more]) return OTHER;
    }
    return DELIMITER;
}

/* Find records in `size` bytes, from the state in `now` on, which is zero at the start of a record. `next` is the byte
 * after them, -1 if it is not known yet; with `final`, the text ends here. A CR at the end whose LF may follow, and a
 * part of a delimiter, are not read. For each record, set `ends` to the place after its last field, `nexts` to the place
 * after its line end, `fields` to its number of fields (0: an empty line; negative: those that a comment would have),
 * `lines` to the number of line ends up to and including its own, `longest` to the size of its longest field, and
 * `irregular` if only a lenient reader accepts its quotes. Return the number of records, at most `room`. */
IJ_EXPORT int64_t ij_read_records(const uint8_t *data, int64_t size, int64_t next, int64_t final, const dialect *of,
                                  int64_t *ends, int64_t *nexts, int32_t *fields, int64_t *lines, int64_t *longest,
                                  uint8_t *irregular, int64_t room, reading *now) {
    found out = {ends, nexts, fields, lines, longest, irregular, 0, room};
    uint8_t is_mark[256] = {['\n'] = 1, ['\r'] = 1};
    const int64_t marks[] = {of->delimiter, of->quote, of->escape};
    for (int mark = 0; mark < 3; mark++)
        if (marks[mark] >= 0) is_mark[marks[mark]] = 1;
    int64_t at = 0, field = 0;
    for (; at < size && out.count < room; at++) {
        uint8_t byte = data[at];
        if ((now->place == PLAIN || now->place == QUOTED || now->place == COMMENT) && !is_mark[byte]) continue;
        if (now->place == RECORD_START && byte == of->comment) {
            now->place = COMMENT;
            continue;
        }
        int is_text = now->place == QUOTED || now->place == QUOTED_ESCAPED || now->place == ESCAPED;
        if (byte == '\n' || byte == '\r') {
            int follows_cr = (at ? data[at - 1] : now->last) == '\r';
            int is_last = at + 1 == size;
            int64_t after = is_last ? next : data[at + 1];
            if (!is_text && byte == '\r' && is_last && !final && (after < 0 || after == '\n')) break;
            now->lines += byte == '\r' || !follows_cr;
            if (!is_text) {
                int64_t stop = at;
                at += byte == '\r' && !is_last && after == '\n';
                end_field(now, now->field_bytes + stop - field);
                end_record(now, &out, stop, at + 1);
                field = at + 1;
                continue;
            }
        }
        if (byte == of->delimiter && !is_text && now->place != COMMENT_QUOTED) {
            enum match match = match_delimiter(data + at, size - at, of);
            if (match == CUT_OFF && !final) break;
            if (match == DELIMITER) {
                now->delimiters++;
                if (now->place >= COMMENT) {
                    now->place = COMMENT_FIELD;
                    at += of->more;
                    continue;
                }
                end_field(now, now->field_bytes + at - field);
                now->place = FIELD_START;
                at += of->more;
                field = at + 1;
                continue;
            }
        }
        now->place = after_byte(now, of, byte);
    }
    now->used = at;
    if (at) now->last = data[at - 1];
    now->field_bytes += at - field;
    int is_open = now->place == QUOTED || now->place == QUOTED_ESCAPED;
    if (final && at == size && out.count < room && now->place != RECORD_START && !is_open) {
        now->lines++; /* the line end that the last record lacks counts as well */
        end_field(now, now->field_bytes);
        end_record(now, &out, size, size);
    }
    return out.count;
}
