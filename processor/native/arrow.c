/* Taking a batch of columns over from a library that speaks Arrow. */
#include "texts.h"

#define UNLIKE (-1)

/* Tell of each column whether it has texts or, if not, numbers of 64 bits; 0 where the columns are not `count`, or one
 * has anything else, which no kernel could read. */
static int known(const schema *of, int64_t count, uint8_t *are_texts) {
    if (of->n_children != count) return 0;
    for (int64_t place = 0; place < count; place++) {
        const char *format = of->children[place]->format;
        are_texts[place] = strcmp(format, "vu") == 0;
        if (!are_texts[place] && strcmp(format, "l") != 0) return 0;
    }
    return 1;
}

void give_back(array *batch) {
    if (batch->release) batch->release(batch);
}

/* Take the first batch of a stream; `are_texts` has room for `count` columns. Return 0: `*batch` must be given back;
 * UNLIKE where it is not `rows` rows of `count` columns of texts and numbers, else an error's number. */
int take_batch(stream *from, array *batch, int64_t count, int64_t rows, uint8_t *are_texts) {
    schema of;
    int failed = from->get_schema(from, &of);
    if (failed) return failed;
    int taken = known(&of, count, are_texts);
    of.release(&of);
    if (!taken) return UNLIKE;
    failed = from->get_next(from, batch);
    if (failed) return failed;
    if (batch->release && batch->length == rows && batch->n_children == count && !batch->offset) return 0;
    give_back(batch);
    return UNLIKE;
}
