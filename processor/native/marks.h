/* The places of line feeds and two more marks, found 64 bytes at a time. */
#ifndef IMPORT_JOBS_MARKS_H
#define IMPORT_JOBS_MARKS_H

#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef struct {
    const uint8_t *block, *end;
    uint64_t left; /* a bit for each mark of the block that has not been given out */
    uint8_t one, other;
} marks;

/* Give a bit for each of 64 bytes: whether it is a line feed or one of the two. */
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

/* Return the next place with a mark; the end where there is none. */
static inline const uint8_t *next_mark(marks *of) {
    while (!of->left) {
        if (of->end - of->block <= 64) return of->end;
        of->block += 64;
        of->left = marks_up_to(of->block, of->end, of->one, of->other);
    }
    const uint8_t *found = of->block + __builtin_ctzll(of->left);
    of->left &= of->left - 1;
    return found;
}

#endif
