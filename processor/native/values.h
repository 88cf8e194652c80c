/* Texts become the binary forms that Postgres's receive functions take. */
#ifndef IMPORT_JOBS_VALUES_H
#define IMPORT_JOBS_VALUES_H

#include <stdint.h>

/* The order is that of `Form` in library.py. */
enum form {
    TEXT, SAME, JSONB, BOOLEAN, BYTEA, UUID, INT2, INT4, INT8, FLOAT4, FLOAT8, NUMERIC, DATE, TIME, TIMESTAMP, TIMESTAMPTZ,
    WHOLE /* no text, but a number of 64 bits */
};

/* No value takes more than its text and this: the four bytes of its length, and a numeric's header. */
#define VALUE_OVERHEAD 24

/* Write a text's value and return its size; -1 where the text is in no form of which the value is sure.
 * `precision` is below 1 where a numeric or a TEXT has no limit (of digits, of characters). `out` has room for `size` + VALUE_OVERHEAD bytes. */
int64_t read_value(int64_t form, int64_t precision, int64_t scale, const uint8_t *text, int64_t size, uint8_t *out);

/* Read a number of up to 64 bits, or any number as a float, to order texts by; 0 where a text is none. */
int whole_number(const uint8_t *text, int64_t size, int64_t *value);
int number(const uint8_t *text, int64_t size, double *value);

/* Count the characters of UTF-8. */
int64_t characters(const uint8_t *text, int64_t size);

#endif
