/* Read dates and times: only texts that Postgres certainly reads as the same value, whatever the session's settings. */
#include "reader.h"
#include "values.h"

#include <math.h>

/* Read yyyy-mm-dd in the years 1000 to 9999, as days since 2000-01-01 (H. Hinnant, days_from_civil). */
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
    unsigned years = (unsigned)(year - (month <= 2)); /* counted from March */
    unsigned of_year = (153 * (unsigned)(month + (month > 2 ? -3 : 9)) + 2) / 5 + (unsigned)day - 1;
    *days = (int64_t)years * 365 + years / 4 - years / 100 + years / 400 + of_year - 730425;
    from->at += 10;
    return 1;
}

/* 10 to the number of digits of a fraction. */
static const double TENS[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

/* Read hh:mm(:ss(.fraction)?)? as microseconds. A fraction has up to nine digits and is rounded as Postgres rounds it:
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

/* Read Z, UTC after a space, or a UTC offset of up to 14:59, as microseconds ahead of UTC. */
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

/* A timestamptz needs an offset: without one, its value depends on the session's time zone. The offset of a timestamp
 * is ignored, as Postgres ignores it. */
SEPARATE int64_t read_date_or_time(const uint8_t *text, int64_t size, int64_t form, uint8_t *out) {
    reader from = {text, text + size};
    int64_t days = 0, clock = 0, ahead = 0;
    if (form != TIME && !read_day(&from, &days)) return NOT_EXACT;
    if (form == DATE) return from.at == from.end ? put32(out, (uint32_t)days) : NOT_EXACT;
    int zoned = 0;
    if (form == TIME) {
        if (!read_clock(&from, &clock)) return NOT_EXACT;
    } else if (from.at < from.end) {
        if ((!skip(&from, ' ') && !skip(&from, 'T')) || !read_clock(&from, &clock)) return NOT_EXACT;
        if (from.at < from.end && !(zoned = read_zone(&from, &ahead))) return NOT_EXACT;
    }
    if (from.at != from.end || (form == TIMESTAMPTZ && !zoned)) return NOT_EXACT;
    int64_t moment = days * 86400000000 + clock - (form == TIMESTAMPTZ ? ahead : 0);
    return put64(out, (uint64_t)moment);
}
