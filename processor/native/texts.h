/* Read Polars's columns where they are, by the Arrow C data interface.
 *
 * Sources: Arrow C data interface; Arrow columnar format, "Variable-size Binary View Layout". Both are stable.
 * Only 64-bit little-endian machines are supported. */
#ifndef IMPORT_JOBS_TEXTS_H
#define IMPORT_JOBS_TEXTS_H

#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the kernels read numbers and views in little-endian byte order"
#endif

#define INLINE_BYTES 12

typedef struct {
    int32_t length;
    union {
        uint8_t bytes[INLINE_BYTES]; /* a short text itself, padded with zeros */
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

typedef struct schema {
    const char *format, *name, *metadata;
    int64_t flags, n_children;
    struct schema **children;
    struct schema *dictionary;
    void (*release)(struct schema *);
    void *private_data;
} schema;

typedef struct stream {
    int (*get_schema)(struct stream *, schema *);
    int (*get_next)(struct stream *, array *);
    const char *(*get_last_error)(struct stream *);
    void (*release)(struct stream *);
    void *private_data;
} stream;

/* A column of texts. */
typedef struct {
    const uint8_t *validity; /* a bitmap; NULL if no row is null */
    int64_t first;           /* the bit of the first row in that bitmap */
    const view *views;       /* the view of the first row */
    const uint8_t *const *buffers;
} texts;

/* The sizes that batch.py, rows.py and split.py make room for. */
_Static_assert(sizeof(view) == 16 && sizeof(array) == 80 && sizeof(texts) == 32, "the kernels need a 64-bit machine");

static inline texts texts_of(const array *column) {
    return (texts){column->null_count ? column->buffers[0] : NULL, column->offset,
                   (const view *)column->buffers[1] + column->offset, (const uint8_t *const *)column->buffers + 2};
}

static inline int is_null(const texts *column, int64_t row) {
    int64_t bit = column->first + row;
    return column->validity && !(column->validity[bit >> 3] >> (bit & 7) & 1);
}

static inline const uint8_t *text_at(const texts *column, int64_t row) {
    const view *at = column->views + row;
    return at->length <= INLINE_BYTES ? at->bytes : column->buffers[at->buffer] + at->offset;
}

#endif
