/* Import the columns of a frame through the Arrow C stream interface. */
#include "kernel.h"
#include "texts.h"

#define UNSUPPORTED (-1)

/* Check that a schema has `count` columns, each of texts ("vu", string views) or of 64-bit integers ("l"), and set
 * `are_texts` for each column. Return 0 for any other schema, whose columns no kernel could read. */
static int is_supported(const schema *columns, int64_t count, uint8_t *are_texts) {
    if (columns->n_children != count) return 0;
    for (int64_t column = 0; column < count; column++) {
        const char *format = columns->children[column]->format;
        are_texts[column] = strcmp(format, "vu") == 0;
        if (!are_texts[column] && strcmp(format, "l") != 0) return 0;
    }
    return 1;
}

/* Return a batch to the library that it was imported from. */
IJ_EXPORT void ij_release_batch(array *batch) {
    if (batch->release) batch->release(batch);
}

/* Import the first batch of a stream. `are_texts` has room for `count` columns. Return 0 if `*batch` was imported: the
 * caller must release it. Return UNSUPPORTED if it is not `rows` rows of `count` columns of texts and integers, or else
 * the error number of the stream. */
IJ_EXPORT int ij_import_batch(stream *source, array *batch, int64_t count, int64_t rows, uint8_t *are_texts) {
    schema columns;
    int error = source->get_schema(source, &columns);
    if (error) return error;
    int supported = is_supported(&columns, count, are_texts);
    columns.release(&columns);
    if (!supported) return UNSUPPORTED;
    error = source->get_next(source, batch);
    if (error) return error;
    if (batch->release && batch->length == rows && batch->n_children == count && !batch->offset) return 0;
    ij_release_batch(batch);
    return UNSUPPORTED;
}
