/* The stamp of the sources that this library was compiled from; library.py refuses a library of other sources. */
#include "kernel.h"

#ifndef IJ_SOURCES
#error "compile with -DIJ_SOURCES=\"<stamp of the sources>\", as hatch_build.py does"
#endif

IJ_EXPORT const char *ij_sources(void) { return IJ_SOURCES; }
