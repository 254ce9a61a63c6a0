/* Refers to the entry point of a sanitizer without having its runtime. */
void __tsan_init(void);
int main(void)
{
    __tsan_init();
    return 0;
}
