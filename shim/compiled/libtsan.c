/*
 * Stands in for gcc's runtime libtsan.so.2 under programs that gcc linked with -fsanitize=thread:
 * by its SONAME, and with nothing inside. What it is an auxiliary library of, libholdfast.so in the
 * folder above, comes before it in the loader's scope, so there is one copy of that, however the
 * program is started: by `holdfast run`, by a preload, or with this folder in LD_LIBRARY_PATH.
 */
extern const int holdfast_stands_in;
__attribute__((visibility("hidden"))) const int holdfast_stands_in = 1;
