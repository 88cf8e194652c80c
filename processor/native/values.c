/* What is read here is what Postgres surely reads alike, to the bit; everything else is left to it.
 *
 * Each form is tried against Postgres itself in tests/integration/test_binary_equals_text.py. */
#include "values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define UNSURE (-1)

/* Postgres takes numbers of 131,072 digits; longer ones than this are left to it. */
#define NUMBER_BYTES 200

/* Kept out of the function that chooses, which would else save every register for the shortest of numbers. */
#define APART __attribute__((noinline)) static

typedef struct {
    const uint8_t *at, *end;
} reader;

static inline int is_digit(uint8_t byte) { return (uint8_t)(byte - '0') < 10; }

static inline void put16(uint8_t *out, uint16_t value) {
    value = __builtin_bswap16(value);
    memcpy(out, &value, 2);
}

static inline int64_t put32(uint8_t *out, uint32_t value) {
    value = __builtin_bswap32(value);
    memcpy(out, &value, 4);
    return 4;
}

static inline int64_t put64(uint8_t *out, uint64_t value) {
    value = __builtin_bswap64(value);
    memcpy(out, &value, 8);
    return 8;
}

/* The bytes that continue no character. */
int64_t characters(const uint8_t *text, int64_t size) {
    int64_t count = 0;
    for (int64_t at = 0; at < size; at++) count += (text[at] & 0xC0) != 0x80;
    return count;
}

/* [+-]?[0-9]+ within 64 bits; no more zeros before it than Python's int() reads, which orders them in the report. */
int whole_number(const uint8_t *text, int64_t size, int64_t *value) {
    if (size > NUMBER_BYTES) return 0;
    const uint8_t *at = text, *end = text + size;
    int negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    if (at == end) return 0;
    uint64_t read = 0;
    for (; at < end && *at == '0'; at++) {}
    if (end - at > 19) return 0; /* 19 digits are less than 2^64 */
    for (; at < end; at++) {
        if (!is_digit(*at)) return 0;
        read = read * 10 + (uint64_t)(*at - '0');
    }
    if (read > (uint64_t)INT64_MAX + (uint64_t)negative) return 0;
    *value = (int64_t)(negative ? 0 - read : read);
    return 1;
}

APART int64_t read_integer(const uint8_t *text, int64_t size, int bytes, uint8_t *out) {
    int64_t value;
    if (!whole_number(text, size, &value)) return UNSURE;
    if (bytes == 8) return put64(out, (uint64_t)value);
    if (bytes == 4) return value == (int32_t)value ? put32(out, (uint32_t)value) : UNSURE;
    if (value != (int16_t)value) return UNSURE;
    put16(out, (uint16_t)value);
    return 2;
}

/* A decimal number cut into its parts: [+-]?[0-9]*(\.[0-9]*)?, with at least one digit. */
typedef struct {
    int negative;
    const uint8_t *whole, *fraction;
    int64_t wholes, fractions; /* digits; zeros at the start of the whole part are left out */
} decimal;

static int read_decimal(reader *from, decimal *number) {
    number->negative = from->at < from->end && *from->at == '-';
    if (from->at < from->end && (*from->at == '-' || *from->at == '+')) from->at++;
    const uint8_t *start = from->at;
    while (from->at < from->end && *from->at == '0') from->at++;
    number->whole = from->at;
    while (from->at < from->end && is_digit(*from->at)) from->at++;
    number->wholes = from->at - number->whole;
    int64_t digits = from->at - start;
    number->fraction = from->at;
    number->fractions = 0;
    if (from->at < from->end && *from->at == '.') {
        number->fraction = ++from->at;
        while (from->at < from->end && is_digit(*from->at)) from->at++;
        number->fractions = from->at - number->fraction;
    }
    return digits + number->fractions > 0;
}

/* The digit that counts ten to the `power`. */
static inline int digit_at(const decimal *number, int64_t power) {
    if (power >= 0) return power < number->wholes ? number->whole[number->wholes - 1 - power] - '0' : 0;
    return -power <= number->fractions ? number->fraction[-power - 1] - '0' : 0;
}

/* Tell whether a number is within precision and scale once it has been rounded. One of nothing but nines may carry. */
static int fits(const decimal *number, int64_t precision, int64_t scale) {
    int64_t room = precision - scale; /* digits before the point; below 0 zeros must follow it */
    if (number->wholes > (room > 0 ? room : 0)) return 0;
    for (int64_t power = -1; power >= room; power--)
        if (digit_at(number, power)) return 0;
    if (number->fractions <= scale) return 1;
    for (int64_t power = room - 1; power >= -scale; power--)
        if (digit_at(number, power) != 9) return 1;
    return 0;
}

/* Write the header of a numeric whose digits follow it, and return the size of both. */
static inline int64_t put_header(const decimal *number, int64_t count, int64_t weight, uint8_t *out) {
    put16(out, (uint16_t)count);
    put16(out + 2, (uint16_t)(count ? weight : 0));
    put16(out + 4, count && number->negative ? 0x4000 : 0);
    put16(out + 6, (uint16_t)number->fractions);
    return 8 + 2 * count;
}

/* Lay out a number of up to eight digits before and four behind the point: most are that small. */
static inline int64_t lay_out_small(const decimal *number, uint8_t *out) {
    static const uint16_t SHIFTS[] = {10000, 1000, 100, 10, 1};
    uint32_t whole = 0, fraction = 0;
    for (int64_t place = 0; place < number->wholes; place++) whole = whole * 10 + (uint32_t)(number->whole[place] - '0');
    for (int64_t place = 0; place < number->fractions; place++)
        fraction = fraction * 10 + (uint32_t)(number->fraction[place] - '0');
    const uint32_t digits[] = {whole / 10000, whole % 10000, fraction * SHIFTS[number->fractions]};
    int first = digits[0] ? 0 : digits[1] ? 1 : 2;
    int last = digits[2] ? 3 : digits[1] ? 2 : digits[0] ? 1 : first;
    for (int place = first; place < last; place++) put16(out + 8 + 2 * (place - first), (uint16_t)digits[place]);
    return put_header(number, last - first, 1 - first, out);
}

/* As numeric_send lays it out: count of digits, weight, sign, digits after the point, then digits of base 10,000. */
APART int64_t read_numeric(const uint8_t *text, int64_t size, int64_t precision, int64_t scale, uint8_t *out) {
    decimal number;
    reader from = {text, text + size};
    if (size > NUMBER_BYTES || !read_decimal(&from, &number) || from.at != from.end) return UNSURE;
    if (precision > 0 && !fits(&number, precision, scale)) return UNSURE;
    if (number.wholes <= 8 && number.fractions <= 4) return lay_out_small(&number, out);
    int64_t count = 0, weight = -1, pending = 0;
    uint8_t *digits = out + 8;
    int64_t above = (number.wholes + 3) / 4, below = (number.fractions + 3) / 4;
    const uint8_t *at = number.whole;
    for (int64_t group = above - 1; group >= -below; group--) {
        int value = 0;
        if (group >= 0) {
            int64_t stop = number.wholes - group * 4;
            for (; at < number.whole + stop; at++) value = value * 10 + (*at - '0');
        } else {
            int64_t start = (-group - 1) * 4;
            for (int64_t place = start; place < start + 4; place++)
                value = value * 10 + (place < number.fractions ? number.fraction[place] - '0' : 0);
        }
        if (value == 0 && count) {
            pending++; /* zeros at the end are not written */
        } else if (value) {
            if (!count) weight = group;
            for (; pending; pending--, count++) put16(digits + 2 * count, 0);
            put16(digits + 2 * count++, (uint16_t)value);
        }
    }
    return put_header(&number, count, weight, out);
}

/* A number in the notation that C and Postgres share, without white space, hexadecimal, infinity and NaN.
 * `mantissa` × 10^`power` is its value where `exact` holds: up to 19 digits were taken. */
typedef struct {
    int negative, exact, zero;
    uint64_t mantissa;
    int64_t power;
} scientific;

static int read_scientific(const uint8_t *text, int64_t size, scientific *number) {
    reader from = {text, text + size};
    decimal parts;
    if (size > NUMBER_BYTES || !read_decimal(&from, &parts)) return 0;
    int64_t exponent = 0;
    if (from.at < from.end && (*from.at | 0x20) == 'e') {
        from.at++;
        int below = from.at < from.end && *from.at == '-';
        if (from.at < from.end && (*from.at == '-' || *from.at == '+')) from.at++;
        if (from.at == from.end) return 0;
        for (; from.at < from.end && is_digit(*from.at); from.at++)
            if (exponent < 100000) exponent = exponent * 10 + (*from.at - '0');
        if (below) exponent = -exponent;
    }
    if (from.at != from.end) return 0;
    number->negative = parts.negative;
    number->mantissa = 0;
    number->zero = 1;
    for (int64_t place = 0; place < parts.wholes; place++)
        number->mantissa = number->mantissa * 10 + (uint64_t)(parts.whole[place] - '0');
    for (int64_t place = 0; place < parts.fractions; place++) {
        if (parts.fraction[place] != '0') number->zero = 0;
        number->mantissa = number->mantissa * 10 + (uint64_t)(parts.fraction[place] - '0');
    }
    if (parts.wholes) number->zero = 0;
    number->exact = parts.wholes + parts.fractions <= 19;
    number->power = exponent - parts.fractions;
    return 1;
}

static const double TENS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                              1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
static const float SMALL_TENS[] = {1e0f, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f, 1e6f, 1e7f, 1e8f, 1e9f, 1e10f};

static void terminated(const uint8_t *text, int64_t size, char *copy) {
    memcpy(copy, text, (size_t)size);
    copy[size] = 0;
}

/* Few digits are exact in one division or multiplication (W. Clinger, 1990); others go to strtod, which Postgres uses,
 * too. NAN where it stops early: under a locale whose decimal point is another. */
static double valued(const scientific *number, const uint8_t *text, int64_t size) {
    if (number->exact && number->mantissa <= 1ull << 53 && number->power >= -22 && number->power <= 22) {
        double value = (double)number->mantissa;
        value = number->power < 0 ? value / TENS[-number->power] : value * TENS[number->power];
        return number->negative ? -value : value;
    }
    char copy[NUMBER_BYTES + 1], *rest;
    terminated(text, size, copy);
    double value = strtod(copy, &rest);
    return *rest ? (double)NAN : value;
}

int number(const uint8_t *text, int64_t size, double *value) {
    scientific parts;
    if (!read_scientific(text, size, &parts)) return 0;
    *value = valued(&parts, text, size);
    return !isnan(*value);
}

/* What overflows is left to Postgres, and so is what is smaller than a normal number without being plain zero:
 * platforms differ about refusing it. */
APART int64_t read_float8(const uint8_t *text, int64_t size, uint8_t *out) {
    scientific number;
    if (!read_scientific(text, size, &number)) return UNSURE;
    double value = valued(&number, text, size);
    if (!isfinite(value) || (fabs(value) < 0x1p-1022 && !number.zero)) return UNSURE;
    uint64_t bits;
    memcpy(&bits, &value, 8);
    return put64(out, bits);
}

APART int64_t read_float4(const uint8_t *text, int64_t size, uint8_t *out) {
    scientific number;
    if (!read_scientific(text, size, &number)) return UNSURE;
    float value;
    if (number.exact && number.mantissa <= 1ull << 24 && number.power >= -10 && number.power <= 10) {
        value = (float)number.mantissa;
        value = number.power < 0 ? value / SMALL_TENS[-number.power] : value * SMALL_TENS[number.power];
        if (number.negative) value = -value;
    } else {
        char copy[NUMBER_BYTES + 1], *rest;
        terminated(text, size, copy);
        value = strtof(copy, &rest);
        if (*rest) return UNSURE;
    }
    if (!isfinite(value) || (fabsf(value) < 0x1p-126f && !number.zero)) return UNSURE;
    uint32_t bits;
    memcpy(&bits, &value, 4);
    return put32(out, bits);
}

/* The words that people write, in any case; Postgres takes beginnings of them as well. */
APART int64_t read_boolean(const uint8_t *text, int64_t size, uint8_t *out) {
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
    return UNSURE;
}

static inline int hexadecimal(uint8_t byte) {
    if (is_digit(byte)) return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* 01234567-89ab-cdef-0123-456789abcdef, in either case. */
APART int64_t read_uuid(const uint8_t *text, int64_t size, uint8_t *out) {
    if (size != 36) return UNSURE;
    for (int64_t at = 0, written = 0; at < size;) {
        if (at == 8 || at == 13 || at == 18 || at == 23) {
            if (text[at++] != '-') return UNSURE;
            continue;
        }
        int high = hexadecimal(text[at]), low = hexadecimal(text[at + 1]);
        if (high < 0 || low < 0) return UNSURE;
        out[written++] = (uint8_t)(high << 4 | low);
        at += 2;
    }
    return 16;
}

/* \xc0ffee; what does not begin so is in the older escape form. */
APART int64_t read_bytea(const uint8_t *text, int64_t size, uint8_t *out) {
    if (size < 2 || size % 2 || text[0] != '\\' || text[1] != 'x') return UNSURE;
    for (int64_t at = 2; at < size; at += 2) {
        int high = hexadecimal(text[at]), low = hexadecimal(text[at + 1]);
        if (high < 0 || low < 0) return UNSURE;
        out[at / 2 - 1] = (uint8_t)(high << 4 | low);
    }
    return size / 2 - 1;
}

/* Read two digits; what is none of them leaves something in `wrong`. */
static inline int two_digits(const uint8_t *at, unsigned *wrong) {
    unsigned high = at[0] - (unsigned)'0', low = at[1] - (unsigned)'0';
    *wrong |= (high > 9) | (low > 9);
    return (int)(high * 10 + low);
}

static inline int skip(reader *from, uint8_t mark) {
    if (from->at == from->end || *from->at != mark) return 0;
    from->at++;
    return 1;
}

/* yyyy-mm-dd of the years 1000 to 9999, as days from 2000-01-01 (H. Hinnant, days_from_civil). */
static inline int read_day(reader *from, int64_t *days) {
    static const uint8_t LENGTHS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (from->end - from->at < 10) return 0;
    const uint8_t *at = from->at;
    unsigned wrong = (at[4] != '-') | (at[7] != '-');
    int year = two_digits(at, &wrong) * 100 + two_digits(at + 2, &wrong);
    int month = two_digits(at + 5, &wrong), day = two_digits(at + 8, &wrong);
    if (wrong || year < 1000 || month < 1 || month > 12 || day < 1) return 0;
    if (day > LENGTHS[month - 1] && !(month == 2 && day == 29 && year % 4 == 0 && (year % 100 || year % 400 == 0)))
        return 0;
    unsigned counted = (unsigned)(year - (month <= 2)); /* years begin in March */
    unsigned of_year = (153 * (unsigned)(month + (month > 2 ? -3 : 9)) + 2) / 5 + (unsigned)day - 1;
    *days = (int64_t)counted * 365 + counted / 4 - counted / 100 + counted / 400 + of_year - 730425;
    from->at += 10;
    return 1;
}

/* hh:mm(:ss(.fraction)?)?, in microseconds; a fraction has up to nine digits, and is rounded as Postgres does it:
 * rint(strtod(".123456789") * 1000000) (ParseFractionalSecond). */
static inline int read_clock(reader *from, int64_t *clock) {
    if (from->end - from->at < 5) return 0;
    unsigned wrong = from->at[2] != ':';
    int hour = two_digits(from->at, &wrong), minute = two_digits(from->at + 3, &wrong), second = 0;
    from->at += 5;
    int64_t fraction = 0;
    if (skip(from, ':')) {
        if (from->end - from->at < 2) return 0;
        second = two_digits(from->at, &wrong);
        from->at += 2;
        if (skip(from, '.')) {
            int64_t value = 0, digits = 0;
            for (; from->at < from->end && is_digit(*from->at); from->at++, digits++)
                if (digits < 9) value = value * 10 + (*from->at - '0');
            if (digits < 1 || digits > 9) return 0;
            fraction = (int64_t)rint((double)value / TENS[digits] * 1000000);
        }
    }
    if (wrong || hour > 23 || minute > 59 || second > 59) return 0;
    *clock = ((hour * 60 + minute) * 60 + second) * (int64_t)1000000 + fraction;
    return 1;
}

/* Z, UTC behind a space, or a displacement of up to 14:59; how far it is ahead of UTC, in microseconds. */
static inline int read_zone(reader *from, int64_t *ahead) {
    *ahead = 0;
    if (skip(from, 'Z')) return 1;
    if (from->end - from->at == 4 && memcmp(from->at, " UTC", 4) == 0) {
        from->at = from->end;
        return 1;
    }
    skip(from, ' ');
    int behind = from->at < from->end && *from->at == '-';
    if (!skip(from, '-') && !skip(from, '+')) return 0;
    if (from->end - from->at < 2) return 0;
    unsigned wrong = 0;
    int hours = two_digits(from->at, &wrong), minutes = 0;
    from->at += 2;
    if (from->at < from->end) {
        skip(from, ':');
        if (from->end - from->at < 2) return 0;
        minutes = two_digits(from->at, &wrong);
        from->at += 2;
    }
    if (wrong || hours > 14 || minutes > 59) return 0;
    *ahead = (hours * 60 + minutes) * 60 * (int64_t)1000000;
    if (behind) *ahead = -*ahead;
    return 1;
}

/* A timestamptz must name its displacement: without one it is the session's time zone that counts. A timestamp's is
 * passed over, as Postgres does. */
APART int64_t read_moment(const uint8_t *text, int64_t size, int64_t form, uint8_t *out) {
    reader from = {text, text + size};
    int64_t days = 0, clock = 0, ahead = 0;
    if (form != TIME && !read_day(&from, &days)) return UNSURE;
    if (form == DATE) return from.at == from.end ? put32(out, (uint32_t)days) : UNSURE;
    int zoned = 0;
    if (form == TIME) {
        if (!read_clock(&from, &clock)) return UNSURE;
    } else if (from.at < from.end) {
        if ((!skip(&from, ' ') && !skip(&from, 'T')) || !read_clock(&from, &clock)) return UNSURE;
        if (from.at < from.end && !(zoned = read_zone(&from, &ahead))) return UNSURE;
    }
    if (from.at != from.end || (form == TIMESTAMPTZ && !zoned)) return UNSURE;
    int64_t moment = days * 86400000000 + clock - (form == TIMESTAMPTZ ? ahead : 0);
    return put64(out, (uint64_t)moment);
}

int64_t read_value(int64_t form, int64_t precision, int64_t scale, const uint8_t *text, int64_t size, uint8_t *out) {
    switch (form) {
        case TEXT:
            if (precision > 0 && size > precision && characters(text, size) > precision) return UNSURE;
            /* fall through */
        case SAME:
            memcpy(out, text, (size_t)size);
            return size;
        case JSONB:
            out[0] = 1; /* the version of jsonb_recv */
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
        case TIMESTAMPTZ: return read_moment(text, size, form, out);
    }
    return UNSURE;
}
