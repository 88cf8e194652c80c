/* What the reader of any_records.c knows of a text, and how it judges quotes that do not stand in order.
 *
 * A quote is stray in a field that does not begin with one, and behind the quote that closes a field. A lenient reader
 * takes it for text, as Python's csv reader does. It is at fault where it may have moved values between fields. */
#ifndef IMPORT_JOBS_READING_H
#define IMPORT_JOBS_READING_H

#include <stdint.h>
#include <string.h>

/* The most bytes that a delimiter may have after its first. */
#define MOST_MORE 7

/* Where the reader is. A record and a field begin with the next byte; in a plain field; after its escape; in quotes;
 * after an escape there; after a quote that closes the field or is the first half of a doubled one; in the white space
 * before a field; in a comment; there behind a delimiter; and there in quotes, which end with the line. */
enum place {
    RECORD_START,
    FIELD_START,
    PLAIN,
    ESCAPED,
    QUOTED,
    QUOTED_ESCAPED,
    AFTER_QUOTE,
    SPACES,
    COMMENT,
    COMMENT_FIELD,
    COMMENT_QUOTED
};

/* `delimiters`, `longest` (bytes of a field with its quotes), `is_irregular` and `quotes` are of the record so far,
 * `field_bytes` of the field; `lines` counts the line ends so far, `opened` those before the field; `last` is the last
 * byte, and `used` the number of bytes that were read.
 *
 * `stray` counts the stray quotes of the field, and `is_closed` says that it was closed by a quote and goes on. The
 * fields of the record count from 1, 0 is none: `first` is irregular, `behind` has text behind its closing quote,
 * `doubtful` may have lost a delimiter before a quote, `fault` is at fault. */
typedef struct {
    int64_t place, delimiters, longest, field_bytes, is_irregular, lines, opened, last, used;
    int64_t quotes, stray, is_closed, first, behind, doubtful, fault;
} reading;

/* How much is believed of stray quotes: they are text; the file's quotes stand in order; nearly all of them do; none may
 * be stray. */
enum care { LENIENT, IN_ORDER, WELL_IN_ORDER, STRICT };

/* `delimiter` is the first byte of the delimiter, which has `more` bytes, those in `rest`. With `skips_space`, white
 * space before an opening quote is passed over. `width` is the number of fields that a row has, 0 if it is not known. */
typedef struct {
    int64_t delimiter, quote, escape, comment; /* -1: there is no such mark */
    int64_t more, rest[MOST_MORE];
    int64_t care, skips_space, width;
} dialect;

static inline int is_line_end(int64_t byte) { return byte == '\n' || byte == '\r'; }

static inline int is_white(uint8_t byte, const dialect *of) {
    return (byte == ' ' || byte == '\t') && byte != of->delimiter;
}

static inline void set_first(int64_t *field, const reading *now) {
    if (!*field) *field = now->delimiters + 1;
}

/* Judge a stray quote, which stands at data[at]. An apostrophe is text, unless it ends a field. */
static inline void judge_stray(reading *now, const dialect *of, const uint8_t *data, int64_t at, int64_t size) {
    now->is_irregular = 1;
    now->stray++;
    set_first(&now->first, now);
    int ends_field = at + 1 == size || is_line_end(data[at + 1]) || data[at + 1] == of->delimiter;
    if (of->quote == '\'' && !ends_field) return;
    if (now->is_closed) set_first(&now->fault, now);
    if (now->behind && !now->fault) now->fault = now->behind;
}

static inline int is_letter(uint8_t byte) {
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte >= 0x80;
}

static inline int may_be_digit(uint8_t byte) { return (byte >= '0' && byte <= '9') || byte >= 0x80; }

/* Return whether one of the quotes of a field may be that of inches: behind a number or a fraction, and before no word. */
static inline int has_inches(const uint8_t *field, int64_t size, uint8_t quote) {
    for (int64_t at = 1; at < size; at++) {
        if (field[at] != quote) continue;
        if (at + 1 < size && (is_letter(field[at + 1]) || may_be_digit(field[at + 1]))) continue;
        int64_t before = at - 1;
        while (before > 0 && field[before] == ' ') before--;
        if (may_be_digit(field[before])) return 1;
    }
    return 0;
}

/* Judge a field that has ended, whose bytes are `field`: one with text behind its closing quote, or with stray quotes. */
static inline void judge_field(reading *now, const dialect *of, const uint8_t *field, int64_t size) {
    int64_t text = size;
    if (now->is_closed) {
        while (text && is_white(field[text - 1], of)) text--;
        int has_text = text && field[text - 1] != of->quote;
        int is_empty = size > 2 && field[0] == of->quote && field[1] == of->quote && field[2] != of->quote;
        if (has_text && is_empty && of->care >= IN_ORDER) set_first(&now->fault, now);
        set_first(has_text ? &now->behind : &now->doubtful, now);
    } else if (now->stray % 2) {
        int ends_with_quote = size && field[size - 1] == of->quote;
        if (ends_with_quote && of->care >= IN_ORDER && now->doubtful && !now->fault) now->fault = now->doubtful;
        if (!ends_with_quote) set_first(&now->doubtful, now);
        int is_text = of->quote == '\'' ? !ends_with_quote : has_inches(field, size, (uint8_t)of->quote);
        if (of->care >= WELL_IN_ORDER && !is_text) set_first(&now->fault, now);
    }
}

#endif
