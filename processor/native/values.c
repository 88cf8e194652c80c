/* Choose the reader of a text by the form that it is to have.
 *
 * The readers accept only texts that Postgres certainly reads as the same value, to the bit; all others are left to
 * Postgres. tests/integration/test_binary_equals_text.py compares each form with Postgres itself. */
#include "values.h"

#include "kernel.h"
#include "reader.h"

/* Count the bytes that do not continue a character. */
int64_t characters(const uint8_t *text, int64_t size) {
    int64_t count = 0;
    for (int64_t at = 0; at < size; at++) count += (text[at] & 0xC0) != 0x80;
    return count;
}

/* The usual words in upper or lower case. Postgres accepts abbreviations as well; these are left to it. */
SEPARATE static int64_t read_boolean(const uint8_t *text, int64_t size, uint8_t *out) {
    static const char *const WORDS[] = {"t", "true", "y", "yes", "on", "1", "f", "false", "n", "no", "off", "0"};
    for (int word = 0; word < 12; word++) {
        if ((int64_t)strlen(WORDS[word]) != size) continue;
        int64_t at = 0;
        while (at < size && (is_digit(text[at]) ? text[at] : text[at] >= 'A' ? text[at] | 0x20 : 0) == WORDS[word][at])
            at++;
        if (at == size) {
            *out = word < 6;
            return 1;
        }
    }
    return NOT_EXACT;
}

static inline int hex_digit(uint8_t byte) {
    if (is_digit(byte)) return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* 01234567-89ab-cdef-0123-456789abcdef, in either case. */
SEPARATE static int64_t read_uuid(const uint8_t *text, int64_t size, uint8_t *out) {
    if (size != 36) return NOT_EXACT;
    for (int64_t at = 0, written = 0; at < size;) {
        if (at == 8 || at == 13 || at == 18 || at == 23) {
            if (text[at++] != '-') return NOT_EXACT;
            continue;
        }
        int high = hex_digit(text[at]), low = hex_digit(text[at + 1]);
        if (high < 0 || low < 0) return NOT_EXACT;
        out[written++] = (uint8_t)(high << 4 | low);
        at += 2;
    }
    return 16;
}

/* The hex format, \xc0ffee. Any other text is in the older escape format. */
SEPARATE static int64_t read_bytea(const uint8_t *text, int64_t size, uint8_t *out) {
    if (size < 2 || size % 2 || text[0] != '\\' || text[1] != 'x') return NOT_EXACT;
    for (int64_t at = 2; at < size; at += 2) {
        int high = hex_digit(text[at]), low = hex_digit(text[at + 1]);
        if (high < 0 || low < 0) return NOT_EXACT;
        out[at / 2 - 1] = (uint8_t)(high << 4 | low);
    }
    return size / 2 - 1;
}

int64_t read_value(int64_t form, int64_t precision, int64_t scale, const uint8_t *text, int64_t size, uint8_t *out) {
    switch (form) {
        case TEXT:
            if (precision > 0 && size > precision && characters(text, size) > precision) return NOT_EXACT;
            /* fall through */
        case SAME:
            memcpy(out, text, (size_t)size);
            return size;
        case JSONB:
            out[0] = 1; /* the version number that jsonb_recv expects */
            memcpy(out + 1, text, (size_t)size);
            return size + 1;
        case BOOLEAN: return read_boolean(text, size, out);
        case BYTEA: return read_bytea(text, size, out);
        case UUID: return read_uuid(text, size, out);
        case INT2: return read_integer(text, size, 2, out);
        case INT4: return read_integer(text, size, 4, out);
        case INT8: return read_integer(text, size, 8, out);
        case FLOAT4: return read_float4(text, size, out);
        case FLOAT8: return read_float8(text, size, out);
        case NUMERIC: return read_numeric(text, size, precision, scale, out);
        case DATE:
        case TIME:
        case TIMESTAMP:
        case TIMESTAMPTZ: return read_date_or_time(text, size, form, out);
    }
    return NOT_EXACT;
}

/* Call read_value with a text that is not in a view; the tests put one at the end of a page. */
IJ_EXPORT int64_t ij_read_value(int64_t form, int64_t precision, int64_t scale, const uint8_t *text, int64_t size,
                                uint8_t *out) {
    return read_value(form, precision, scale, text, size, out);
}
