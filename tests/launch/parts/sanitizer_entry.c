/* A library with the entry point that compiled code calls, which is no sanitizer's runtime. */
void __tsan_init(void);
void __tsan_init(void)
{
}
