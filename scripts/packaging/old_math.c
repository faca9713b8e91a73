// The runtime calls pow and log. What a newer glibc offers under these names differs from the old in how errors are told, which
// nobody here asks; bound to the old ones, the binary runs wherever there is a glibc of the last ten years and more.
double old_pow(double, double);
double old_log(double);
#if defined(__x86_64__)
__asm__(".symver old_pow, pow@GLIBC_2.2.5\n.symver old_log, log@GLIBC_2.2.5");
#elif defined(__aarch64__)
__asm__(".symver old_pow, pow@GLIBC_2.17\n.symver old_log, log@GLIBC_2.17");
#endif

double __wrap_pow(double x, double y) { return old_pow(x, y); }
double __wrap_log(double x) { return old_log(x); }
