/* Taking a batch of columns over from a library that speaks Arrow. */
#include "texts.h"

/* Take the first batch of a stream; `*batch` must be given back. Return 0, or an error's number. */
int take_batch(stream *from, array *batch) { return from->get_next(from, batch); }

void give_back(array *batch) {
    if (batch->release) batch->release(batch);
}
