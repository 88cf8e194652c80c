/* Convert texts to the binary forms that Postgres's receive functions accept. */
#ifndef IMPORT_JOBS_VALUES_H
#define IMPORT_JOBS_VALUES_H

#include <stdint.h>

/* The order is that of `Form` in values.py. */
enum form {
    TEXT, SAME, JSONB, BOOLEAN, BYTEA, UUID, INT2, INT4, INT8, FLOAT4, FLOAT8, NUMERIC, DATE, TIME, TIMESTAMP,
    TIMESTAMPTZ, WHOLE /* a column of 64-bit integers instead of texts */
};

/* The most bytes that a value takes beyond those of its text: the four bytes of its length, and a numeric's header. */
#define VALUE_OVERHEAD 24

/* Write the binary form of a text and return its size, or -1 if the text has no exact value: if it is not in a form
 * that Postgres certainly reads as the same value. A `precision` below 1 means no limit on the digits of a numeric, or
 * on the characters of a TEXT. `out` has room for `size` + VALUE_OVERHEAD bytes. */
int64_t read_value(int64_t form, int64_t precision, int64_t scale, const uint8_t *text, int64_t size, uint8_t *out);

/* Read an integer of up to 64 bits, or any number as a double, to order texts by. Return 0 if a text is none. */
int whole_number(const uint8_t *text, int64_t size, int64_t *value);
int number(const uint8_t *text, int64_t size, double *value);

/* Count the characters of UTF-8 text. */
int64_t characters(const uint8_t *text, int64_t size);

#endif
