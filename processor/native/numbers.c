/* Read integers, numerics and floats: only texts that Postgres certainly reads as the same value, to the bit. */
#include "reader.h"
#include "values.h"

#include <math.h>
#include <stdlib.h>

/* Postgres accepts numbers of 131,072 digits; a text longer than this is left to it. */
#define NUMBER_BYTES 200

/* Read [+-]?[0-9]+ within 64 bits. NUMBER_BYTES also limits leading zeros: the report orders these texts with Python's
 * int(), which reads at most 4,300 digits. */
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

SEPARATE int64_t read_integer(const uint8_t *text, int64_t size, int bytes, uint8_t *out) {
    int64_t value;
    if (!whole_number(text, size, &value)) return NOT_EXACT;
    if (bytes == 8) return put64(out, (uint64_t)value);
    if (bytes == 4) return value == (int32_t)value ? put32(out, (uint32_t)value) : NOT_EXACT;
    if (value != (int16_t)value) return NOT_EXACT;
    put16(out, (uint16_t)value);
    return 2;
}

/* The parts of a decimal number: [+-]?[0-9]*(\.[0-9]*)?, with at least one digit. */
typedef struct {
    int negative;
    const uint8_t *whole, *fraction;
    int64_t wholes, fractions; /* the numbers of digits, without leading zeros of the whole part */
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

/* Return the digit at the place of ten to the `power`. */
static inline int digit_at(const decimal *number, int64_t power) {
    if (power >= 0) return power < number->wholes ? number->whole[number->wholes - 1 - power] - '0' : 0;
    return -power <= number->fractions ? number->fraction[-power - 1] - '0' : 0;
}

/* Check that a number is within precision and scale after rounding. A number of nothing but nines may carry, and is
 * left to Postgres. */
static int fits(const decimal *number, int64_t precision, int64_t scale) {
    int64_t room = precision - scale; /* digits before the point; if negative, as many zeros must follow it */
    if (number->wholes > (room > 0 ? room : 0)) return 0;
    for (int64_t power = -1; power >= room; power--)
        if (digit_at(number, power)) return 0;
    if (number->fractions <= scale) return 1;
    for (int64_t power = room - 1; power >= -scale; power--)
        if (digit_at(number, power) != 9) return 1;
    return 0;
}

/* Write the header of a numeric whose digits are already in place, and return the size of both. */
static inline int64_t put_header(const decimal *number, int64_t count, int64_t weight, uint8_t *out) {
    put16(out, (uint16_t)count);
    put16(out + 2, (uint16_t)(count ? weight : 0));
    put16(out + 4, count && number->negative ? 0x4000 : 0);
    put16(out + 6, (uint16_t)number->fractions);
    return 8 + 2 * count;
}

/* Write a numeric of up to eight digits before the point and four after it, as most are. */
static inline int64_t write_small_numeric(const decimal *number, uint8_t *out) {
    static const uint16_t SHIFTS[] = {10000, 1000, 100, 10, 1};
    uint32_t whole = 0, fraction = 0;
    for (int64_t place = 0; place < number->wholes; place++)
        whole = whole * 10 + (uint32_t)(number->whole[place] - '0');
    for (int64_t place = 0; place < number->fractions; place++)
        fraction = fraction * 10 + (uint32_t)(number->fraction[place] - '0');
    const uint32_t digits[] = {whole / 10000, whole % 10000, fraction * SHIFTS[number->fractions]};
    int first = digits[0] ? 0 : digits[1] ? 1 : 2;
    int last = digits[2] ? 3 : digits[1] ? 2 : digits[0] ? 1 : first;
    for (int place = first; place < last; place++) put16(out + 8 + 2 * (place - first), (uint16_t)digits[place]);
    return put_header(number, last - first, 1 - first, out);
}

/* Write a numeric as numeric_send does: number of base-10,000 digits, weight, sign, decimal digits after the point,
 * then the base-10,000 digits. */
SEPARATE int64_t read_numeric(const uint8_t *text, int64_t size, int64_t precision, int64_t scale, uint8_t *out) {
    decimal number;
    reader from = {text, text + size};
    if (size > NUMBER_BYTES || !read_decimal(&from, &number) || from.at != from.end) return NOT_EXACT;
    if (precision > 0 && !fits(&number, precision, scale)) return NOT_EXACT;
    if (number.wholes <= 8 && number.fractions <= 4) return write_small_numeric(&number, out);
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
            pending++; /* trailing zeros are not written */
        } else if (value) {
            if (!count) weight = group;
            for (; pending; pending--, count++) put16(digits + 2 * count, 0);
            put16(digits + 2 * count++, (uint16_t)value);
        }
    }
    return put_header(&number, count, weight, out);
}

/* A number in the notation that C and Postgres share, without white space, hexadecimal digits, infinity and NaN. With
 * `exact` (at most 19 digits), its value is `mantissa` × 10^`power`. */
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
static const float FLOAT_TENS[] = {1e0f, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f, 1e6f, 1e7f, 1e8f, 1e9f, 1e10f};

static void copy_terminated(const uint8_t *text, int64_t size, char *copy) {
    memcpy(copy, text, (size_t)size);
    copy[size] = 0;
}

/* Return the value of a number. A short one takes a single exact division or multiplication (W. Clinger, 1990); others
 * go to strtod, which Postgres uses as well. Return NAN if strtod stops early, as in a locale with another decimal
 * point. */
static double value_of(const scientific *number, const uint8_t *text, int64_t size) {
    if (number->exact && number->mantissa <= 1ull << 53 && number->power >= -22 && number->power <= 22) {
        double value = (double)number->mantissa;
        value = number->power < 0 ? value / TENS[-number->power] : value * TENS[number->power];
        return number->negative ? -value : value;
    }
    char copy[NUMBER_BYTES + 1], *rest;
    copy_terminated(text, size, copy);
    double value = strtod(copy, &rest);
    return *rest ? (double)NAN : value;
}

int number(const uint8_t *text, int64_t size, double *value) {
    scientific parts;
    if (!read_scientific(text, size, &parts)) return 0;
    *value = value_of(&parts, text, size);
    return !isnan(*value);
}

/* Overflow and subnormal numbers other than plain zero are left to Postgres: whether it accepts subnormal numbers
 * depends on the platform. */
SEPARATE int64_t read_float8(const uint8_t *text, int64_t size, uint8_t *out) {
    scientific number;
    if (!read_scientific(text, size, &number)) return NOT_EXACT;
    double value = value_of(&number, text, size);
    if (!isfinite(value) || (fabs(value) < 0x1p-1022 && !number.zero)) return NOT_EXACT;
    uint64_t bits;
    memcpy(&bits, &value, 8);
    return put64(out, bits);
}

SEPARATE int64_t read_float4(const uint8_t *text, int64_t size, uint8_t *out) {
    scientific number;
    if (!read_scientific(text, size, &number)) return NOT_EXACT;
    float value;
    if (number.exact && number.mantissa <= 1ull << 24 && number.power >= -10 && number.power <= 10) {
        value = (float)number.mantissa;
        value = number.power < 0 ? value / FLOAT_TENS[-number.power] : value * FLOAT_TENS[number.power];
        if (number.negative) value = -value;
    } else {
        char copy[NUMBER_BYTES + 1], *rest;
        copy_terminated(text, size, copy);
        value = strtof(copy, &rest);
        if (*rest) return NOT_EXACT;
    }
    if (!isfinite(value) || (fabsf(value) < 0x1p-126f && !number.zero)) return NOT_EXACT;
    uint32_t bits;
    memcpy(&bits, &value, 4);
    return put32(out, bits);
}
