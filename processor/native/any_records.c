/* Find the records of any text by the rules of Python's csv reader, one byte at a time, in memory of a fixed size.
 *
 * The reader keeps its state between calls, so that a record may be larger than any window. */
#include "kernel.h"
#include "reading.h"

/* The bits of `marks`: only a lenient reader accepts the record's quotes, or their number is odd. */
#define IRREGULAR 1
#define ODD_QUOTES 2
/* The records that are read at once to judge a quote. */
#define BATCH 32
/* So many delimiters in rows of the right width show that their lines are not the text of a field. */
#define ENOUGH 4

typedef struct {
    int64_t *ends, *nexts;
    int32_t *fields;
    int64_t *lines, *longest;
    uint8_t *marks;
    int32_t *faults;
    int64_t count, room;
} found;

/* No place, and a place in the bytes of an earlier call. */
#define NONE (-1)
#define ELSEWHERE (-2)

/* The bytes of one call, with the start of the field, and the first line end in its quotes: `first_end` is its place,
 * `first_next` that of the next line, and `first_lines` the number of lines up to there. */
typedef struct {
    const uint8_t *data;
    int64_t size, next, final, field, first_end, first_next, first_lines;
} text;

static void end_field(reading *now, const dialect *of, const text *from, int64_t end) {
    int64_t size = now->field_bytes + end - from->field;
    if (now->stray || now->is_closed) judge_field(now, of, from->data + from->field, end - from->field);
    if (size > now->longest) now->longest = size;
    now->field_bytes = now->stray = now->is_closed = 0;
    now->opened = now->lines;
}

static void end_record(reading *now, const dialect *of, found *out, int64_t end, int64_t next) {
    int32_t count = now->place == RECORD_START ? 0 : (int32_t)(now->delimiters + 1);
    out->ends[out->count] = end;
    out->nexts[out->count] = next;
    out->fields[out->count] = now->place >= COMMENT ? -count : count;
    out->lines[out->count] = now->lines;
    out->longest[out->count] = now->longest;
    out->marks[out->count] = (uint8_t)(now->is_irregular | (now->quotes & 1) * ODD_QUOTES);
    out->faults[out->count++] = (int32_t)(of->care == STRICT && now->first ? now->first : now->fault);
    now->place = RECORD_START;
    now->delimiters = now->longest = now->is_irregular = 0;
    now->quotes = now->first = now->behind = now->doubtful = now->fault = 0;
    now->opened = now->lines;
}

/* Return the place of the reader after a byte that ends neither a field nor a record. */
static enum place after_byte(reading *now, const dialect *of, uint8_t byte) {
    switch (now->place) {
    case RECORD_START:
    case FIELD_START:
    case SPACES:
        if (of->skips_space && is_white(byte, of)) return SPACES;
        now->is_irregular |= now->place == SPACES && byte == of->quote;
        return byte == of->quote ? QUOTED : byte == of->escape ? ESCAPED : PLAIN;
    case PLAIN:
        return byte == of->escape ? ESCAPED : PLAIN;
    case QUOTED:
        return byte == of->escape ? QUOTED_ESCAPED : byte == of->quote ? AFTER_QUOTE : QUOTED;
    case QUOTED_ESCAPED:
        return QUOTED;
    case AFTER_QUOTE:
        if (byte == of->quote) return QUOTED;
        now->is_irregular = now->is_closed = 1;
        set_first(&now->first, now);
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

static void read_records(text *from, const dialect *of, found *out, reading *now);

/* What the following lines say about a quoted field that goes on over a line end and behind its closing quote. */
enum verdict { CLOSED, DOUBTFUL, UNCLOSED, UNKNOWN };

/* Return whether a record has the width of a row, apart from delimiters at its end. */
static int has_width(const uint8_t *data, int64_t end, int64_t fields, const dialect *of) {
    int64_t more = fields - of->width;
    if (of->more || more < 0 || more > end) return more == 0;
    for (int64_t place = 1; place <= more; place++)
        if (data[end - place] != of->delimiter) return 0;
    return 1;
}

/* Judge by the lines from `start` on to that of the quote at `close`, which seems to close a field. It is unclosed if the
 * last line, read on its own, is a row whose quotes are in pairs: otherwise the quote would be the odd one there. Lines
 * before that must be rows as well; of more than two fields, they may be the rest of the field, which are no rows. The
 * last line may also be one that goes on, or any, if there are enough rows before it. */
static enum verdict judge_lines(const text *all, const dialect *of, int64_t start, int64_t close) {
    int64_t stop = close;
    while (stop < all->size && !is_line_end(all->data[stop])) stop++;
    if (stop == all->size && !all->final) return UNKNOWN;
    int64_t ends[BATCH], nexts[BATCH], lines[BATCH], longest[BATCH], rows = 0, others = 0;
    int32_t fields[BATCH], faults[BATCH];
    uint8_t marks[BATCH];
    dialect own = *of;
    own.width = own.care = 0;
    reading inner = {0};
    while (start < stop) {
        text part = {all->data + start, stop - start, -1, 1, 0, NONE, 0, 0};
        found out = {ends, nexts, fields, lines, longest, marks, faults, 0, BATCH};
        read_records(&part, &own, &out, &inner);
        for (int64_t place = 0; place < out.count; place++) {
            int is_row = has_width(part.data, ends[place], fields[place], of);
            if (start + nexts[place] > close) {
                int is_paired = is_row && !(marks[place] & ODD_QUOTES) && !is_letter(all->data[close - 1]) &&
                                (!others || of->width > 2);
                return is_paired || (!others && (of->width - 1) * rows >= ENOUGH) ? UNCLOSED : DOUBTFUL;
            }
            rows += is_row;
            others += fields[place] > 0 && !is_row;
        }
        start += inner.used;
        if (out.count < BATCH) break;
    }
    int may_go_on = !others && inner.delimiters < of->width && of->width > 1 && (inner.delimiters || rows);
    return may_go_on ? UNCLOSED : DOUBTFUL;
}

/* Judge the quote before data[at], behind which the text of a field goes on. */
static enum verdict judge_closing(const text *from, const dialect *of, int64_t at) {
    int64_t behind = at;
    while (behind < from->size && is_white(from->data[behind], of)) behind++;
    if (behind == from->size) return from->final ? CLOSED : UNKNOWN;
    if (is_line_end(from->data[behind]) || from->data[behind] == of->delimiter) return CLOSED;
    return of->width ? judge_lines(from, of, from->first_next, at - 1) : DOUBTFUL;
}

/* End the record at the first line end in the quotes of its last field, and go on with the next line. */
static int64_t end_at_first_line(text *from, const dialect *of, found *out, reading *now) {
    set_first(&now->fault, now);
    now->lines = from->first_lines;
    end_field(now, of, from, from->first_end);
    end_record(now, of, out, from->first_end, from->first_next);
    from->field = from->first_next;
    return from->first_next;
}

/* Count a line end at data[at] that is part of the text, and remember the first one in quotes. */
static void pass_line_end(text *from, reading *now, int64_t at, int64_t after) {
    if (from->first_end != NONE || now->place == ESCAPED) return;
    from->first_end = at;
    from->first_next = at + 1 + (from->data[at] == '\r' && after == '\n');
    from->first_lines = now->lines;
}

static int is_open(const reading *now) { return now->place == QUOTED || now->place == QUOTED_ESCAPED; }

static void read_records(text *from, const dialect *of, found *out, reading *now) {
    const uint8_t *data = from->data;
    const int64_t size = from->size;
    uint8_t is_mark[256] = {['\n'] = 1, ['\r'] = 1};
    const int64_t marks[] = {of->delimiter, of->quote, of->escape};
    for (int mark = 0; mark < 3; mark++)
        if (marks[mark] >= 0) is_mark[marks[mark]] = 1;
    if (is_open(now) || now->place == AFTER_QUOTE) from->first_end = ELSEWHERE;
    int64_t at = 0;
    for (; at < size && out->count < out->room; at++) {
        uint8_t byte = data[at];
        if ((now->place == PLAIN || now->place == QUOTED || now->place == COMMENT) && !is_mark[byte]) continue;
        if (now->place == RECORD_START && byte == of->comment) {
            now->place = COMMENT;
            continue;
        }
        int is_text = now->place == QUOTED || now->place == QUOTED_ESCAPED || now->place == ESCAPED;
        if (is_line_end(byte)) {
            int follows_cr = (at ? data[at - 1] : now->last) == '\r';
            int is_last = at + 1 == size;
            int64_t after = is_last ? from->next : data[at + 1];
            if (!is_text && byte == '\r' && is_last && !from->final && (after < 0 || after == '\n')) break;
            now->lines += byte == '\r' || !follows_cr;
            if (!is_text) {
                int64_t stop = at;
                at += byte == '\r' && !is_last && after == '\n';
                end_field(now, of, from, stop);
                end_record(now, of, out, stop, at + 1);
                from->field = at + 1;
                continue;
            }
            pass_line_end(from, now, at, after);
        }
        if (byte == of->delimiter && !is_text && now->place != COMMENT_QUOTED) {
            enum match match = match_delimiter(data + at, size - at, of);
            if (match == CUT_OFF && !from->final) break;
            if (match == DELIMITER) {
                if (now->place >= COMMENT) {
                    now->delimiters++;
                    now->place = COMMENT_FIELD;
                    at += of->more;
                    continue;
                }
                end_field(now, of, from, at);
                now->delimiters++;
                now->place = FIELD_START;
                at += of->more;
                from->field = at + 1;
                continue;
            }
        }
        if (byte == of->quote && now->place < COMMENT) {
            now->quotes += now->place != ESCAPED && now->place != QUOTED_ESCAPED;
            if (now->place == PLAIN) judge_stray(now, of, data, at, size);
            if (now->place == RECORD_START || now->place == FIELD_START || now->place == SPACES) from->first_end = NONE;
        } else if (now->place == AFTER_QUOTE && from->first_end >= 0) {
            enum verdict verdict = judge_closing(from, of, at);
            if (verdict == UNKNOWN) break;
            if (verdict == DOUBTFUL) set_first(&now->fault, now);
            if (verdict == UNCLOSED) {
                at = end_at_first_line(from, of, out, now) - 1;
                continue;
            }
        }
        now->place = after_byte(now, of, byte);
    }
    now->used = at;
    if (at) now->last = data[at - 1];
    if (from->final && at == size && out->count < out->room && now->place != RECORD_START && !is_open(now)) {
        now->lines++; /* the line end that the last record lacks counts as well */
        end_field(now, of, from, at);
        end_record(now, of, out, size, size);
    } else {
        now->field_bytes += at - from->field;
    }
}

/* Find records in `size` bytes, from the state in `now` on, which is zero at the start of a record. `next` is the byte
 * after them, -1 if it is not known yet; with `final`, the text ends here. A CR at the end whose LF may follow, and a
 * part of a delimiter, are not read. For each record, set `ends` to the place after its last field, `nexts` to the place
 * after its line end, `fields` to its number of fields (0: an empty line; negative: those that a comment would have),
 * `lines` to the number of line ends up to and including its own, `longest` to the size of its longest field, `marks` to
 * IRREGULAR and ODD_QUOTES, and `faults` to the number of the field whose quotes are at fault (0: none is). Return the
 * number of records, at most `room`. */
IJ_EXPORT int64_t ij_read_records(const uint8_t *data, int64_t size, int64_t next, int64_t final, const dialect *of,
                                  int64_t *ends, int64_t *nexts, int32_t *fields, int64_t *lines, int64_t *longest,
                                  uint8_t *marks, int32_t *faults, int64_t room, reading *now) {
    found out = {ends, nexts, fields, lines, longest, marks, faults, 0, room};
    text from = {data, size, next, final, 0, NONE, 0, 0};
    read_records(&from, of, &out, now);
    return out.count;
}
