/* What Python calls is marked IJ_EXPORT and begins with ij_; -fvisibility=hidden hides everything else. */
#ifndef IMPORT_JOBS_KERNEL_H
#define IMPORT_JOBS_KERNEL_H

#define IJ_EXPORT __attribute__((visibility("default")))

#endif
