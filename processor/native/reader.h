/* Read a text from its start to its end, and write numbers in network byte order. */
#ifndef IMPORT_JOBS_READER_H
#define IMPORT_JOBS_READER_H

#include <stdint.h>
#include <string.h>

#define NOT_EXACT (-1)

/* Keeps a reader out of read_value, which would otherwise save every register even for the shortest number. */
#define SEPARATE __attribute__((noinline))

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

/* Read two digits, and set `wrong` if either byte is not a digit. */
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

/* The readers of one type or a few. Each writes the binary form of a text and returns its size, or NOT_EXACT. */
int64_t read_integer(const uint8_t *text, int64_t size, int bytes, uint8_t *out);
int64_t read_numeric(const uint8_t *text, int64_t size, int64_t precision, int64_t scale, uint8_t *out);
int64_t read_float4(const uint8_t *text, int64_t size, uint8_t *out);
int64_t read_float8(const uint8_t *text, int64_t size, uint8_t *out);
int64_t read_date_or_time(const uint8_t *text, int64_t size, int64_t form, uint8_t *out);

#endif
