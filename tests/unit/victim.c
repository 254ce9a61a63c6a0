/* A function to be rewritten by test_rewrite.c, alone on its pages: eax = edi + 6, and then what
   rsi points to. A library of its own, because its text is not executable while it is patched. */
__asm__(".text\n"
        ".balign 4096\n"
        ".globl victim\n"
        ".type victim, @function\n"
        "victim: lea 1(%rdi), %eax\n" /* 0, 3 bytes */
        "add $2, %eax\n"              /* 3, 3 bytes */
        "add $3, %eax\n"              /* 6, 3 bytes */
        "add (%rsi), %eax\n"          /* 9, 2 bytes */
        "ret\n"                       /* 11 */
        ".balign 4096\n");
