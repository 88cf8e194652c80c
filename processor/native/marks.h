/* Find line feeds and two more marks (such as the delimiter and the quote), 64 bytes at a time. */
#ifndef IMPORT_JOBS_MARKS_H
#define IMPORT_JOBS_MARKS_H

#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* A cursor over the marks of some bytes. */
typedef struct {
    const uint8_t *block, *end;
    uint64_t pending; /* one bit for each mark of the block that next_mark has not returned yet */
    uint8_t one, other;
} marks;

/* Return one bit for each of 64 bytes, set if the byte is a line feed or one of the two marks. */
static inline uint64_t marks_in(const uint8_t *at, uint8_t one, uint8_t other) {
    uint64_t bits = 0;
#ifdef __SSE2__
    const __m128i line = _mm_set1_epi8('\n'), first = _mm_set1_epi8((char)one), second = _mm_set1_epi8((char)other);
    for (int part = 0; part < 4; part++) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(at + 16 * part));
        __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(bytes, line),
                                   _mm_or_si128(_mm_cmpeq_epi8(bytes, first), _mm_cmpeq_epi8(bytes, second)));
        bits |= (uint64_t)(uint32_t)_mm_movemask_epi8(hit) << 16 * part;
    }
#else
    for (int place = 0; place < 64; place++)
        bits |= (uint64_t)(at[place] == '\n' || at[place] == one || at[place] == other) << place;
#endif
    return bits;
}

/* The same for the last block, which may have fewer than 64 bytes. */
static inline uint64_t marks_up_to(const uint8_t *at, const uint8_t *end, uint8_t one, uint8_t other) {
    if (end - at >= 64) return marks_in(at, one, other);
    if (end <= at) return 0;
    uint8_t rest[64];
    memset(rest, 0, sizeof rest);
    memcpy(rest, at, (size_t)(end - at));
    return marks_in(rest, one, other) & ((1ull << (end - at)) - 1);
}

static inline marks marks_of(const uint8_t *data, int64_t size, uint8_t one, uint8_t other) {
    return (marks){data, data + size, marks_up_to(data, data + size, one, other), one, other};
}

/* Return the place of the next mark, or the end of the data if there is none. */
static inline const uint8_t *next_mark(marks *cursor) {
    while (!cursor->pending) {
        if (cursor->end - cursor->block <= 64) return cursor->end;
        cursor->block += 64;
        cursor->pending = marks_up_to(cursor->block, cursor->end, cursor->one, cursor->other);
    }
    const uint8_t *mark = cursor->block + __builtin_ctzll(cursor->pending);
    cursor->pending &= cursor->pending - 1;
    return mark;
}

#endif
