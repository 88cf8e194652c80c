/* Columns as Arrow lays them out, and as Polars hands them over without a copy.
 *
 * Sources: Arrow C data interface; Arrow columnar format, "Variable-size Binary View Layout". Both are stable.
 * Little-endian machines only. */
#ifndef IMPORT_JOBS_TEXTS_H
#define IMPORT_JOBS_TEXTS_H

#include <stdint.h>
#include <string.h>

#define INLINE_BYTES 12

typedef struct {
    int32_t length;
    union {
        uint8_t bytes[INLINE_BYTES]; /* the text itself, with zeros behind it */
        struct {
            uint8_t prefix[4];
            int32_t buffer, offset;
        };
    };
} view;

typedef struct array {
    int64_t length, null_count, offset, n_buffers, n_children;
    const void **buffers;
    struct array **children;
    struct array *dictionary;
    void (*release)(struct array *);
    void *private_data;
} array;

typedef struct stream {
    int (*get_schema)(struct stream *, void *);
    int (*get_next)(struct stream *, array *);
    const char *(*get_last_error)(struct stream *);
    void (*release)(struct stream *);
    void *private_data;
} stream;

/* A column of texts. */
typedef struct {
    const uint8_t *validity; /* a bitmap; NULL: no row is null */
    int64_t first;           /* the bit of the first row in it */
    const view *views;       /* of the first row */
    const uint8_t *const *buffers;
} texts;

static inline texts texts_of(const array *column) {
    return (texts){column->null_count ? column->buffers[0] : NULL, column->offset,
                   (const view *)column->buffers[1] + column->offset, (const uint8_t *const *)column->buffers + 2};
}

static inline int is_null(const texts *of, int64_t row) {
    int64_t bit = of->first + row;
    return of->validity && !(of->validity[bit >> 3] >> (bit & 7) & 1);
}

static inline const uint8_t *text_at(const texts *of, int64_t row) {
    const view *at = of->views + row;
    return at->length <= INLINE_BYTES ? at->bytes : of->buffers[at->buffer] + at->offset;
}

#endif
